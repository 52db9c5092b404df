-- Every known claim under cover, repeats included, until its unit was exchanged.
WITH known AS ($known), ends AS (
  SELECT unit, min(exchange_day) AS last_day FROM known WHERE exchange_day IS NOT NULL GROUP BY unit
)
SELECT $by, opened_day - start_day AS place, count(*) AS claims, count(cost) AS priced,
  sum(cost) AS cost, sum(cost * cost) AS cost_squared
FROM known LEFT JOIN ends ON ends.unit = known.unit
WHERE wanted AND (ends.last_day IS NULL OR opened_day <= ends.last_day)
GROUP BY $by, opened_day - start_day
