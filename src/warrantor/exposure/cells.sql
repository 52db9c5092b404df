-- The same claims by cohort, whole month of age (30.4375 days) and report lag.
WITH known AS ($known), aged AS (
  SELECT $by, start_day, CAST(floor((opened_day - start_day) * 16 / 487) AS BIGINT) AS age_month,
    reported_day - opened_day AS lag, cost
  FROM known WHERE wanted
)
SELECT $by, start_day, age_month, lag, count(*) AS claims, count(cost) AS priced, sum(cost) AS cost
FROM aged GROUP BY $by, start_day, age_month, lag
