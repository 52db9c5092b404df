-- Every known claim under cover, repeats included.
WITH known AS ($known)
SELECT $by, opened_day - start_day AS place, count(*) AS claims, count(cost) AS priced,
  sum(cost) AS cost, sum(cost * cost) AS cost_squared
FROM known WHERE wanted GROUP BY $by, opened_day - start_day
