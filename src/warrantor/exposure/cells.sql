-- The same claims by cohort, whole month of age (30.4375 days) and report lag.
WITH known AS ($known), ends AS (
  SELECT unit, min(exchange_day) AS last_day FROM known WHERE exchange_day IS NOT NULL GROUP BY unit
), aged AS (
  SELECT $by, start_day, CAST(floor((opened_day - start_day) * 16 / 487) AS BIGINT) AS age_month,
    reported_day - opened_day AS lag, cost
  FROM known LEFT JOIN ends ON ends.unit = known.unit
  WHERE wanted AND (ends.last_day IS NULL OR opened_day <= ends.last_day)
)
SELECT $by, start_day, age_month, lag, count(*) AS claims, count(cost) AS priced, sum(cost) AS cost
FROM aged GROUP BY $by, start_day, age_month, lag
