-- Claims under cover of the units whose cover had begun by a day, by age: first claims, and all with their costs.
WITH known AS ($known), mine AS (
  SELECT * FROM known WHERE wanted AND start_day <= $since
), firsts AS (
  SELECT unit, $any_by, min(start_day) AS start_day, min(opened_day) AS first_day FROM mine GROUP BY unit
), counted AS (
  SELECT $by, first_day - start_day AS place, 1 AS units, 0 AS claims, 0 AS priced, CAST(NULL AS DOUBLE) AS cost
  FROM firsts
  UNION ALL
  SELECT $by, opened_day - start_day AS place, 0 AS units, 1 AS claims,
    CASE WHEN cost IS NULL THEN 0 ELSE 1 END AS priced, CAST(cost AS DOUBLE) AS cost
  FROM mine
)
SELECT $by, place, CAST(sum(units) AS BIGINT) AS units, CAST(sum(claims) AS BIGINT) AS claims,
  CAST(sum(priced) AS BIGINT) AS priced, coalesce(sum(cost), 0) AS cost, coalesce(sum(cost * cost), 0) AS cost_squared
FROM counted GROUP BY $by, place
