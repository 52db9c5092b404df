-- Every known claim under cover with its unit, and the age at which the cover of that unit ends; an exchange ends it.
-- Over the claims only, never over the fleet.
WITH known AS ($known), ends AS (
  SELECT unit, $by, start_day, returned_day, own_end, opened_day, cost,
    min(exchange_day) OVER (PARTITION BY unit) AS exchange_day
  FROM known
), exits AS (
  SELECT unit, $by, start_day, opened_day, cost, exchange_day, $exit_day AS own_day FROM ends
)
SELECT unit, $by, opened_day - start_day AS place,
  CASE WHEN exchange_day < own_day THEN exchange_day ELSE own_day END - start_day AS leaves, cost
FROM exits
