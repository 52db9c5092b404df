-- The units that claimed: grouped by unit over the claims, never over the fleet.
-- Side 0 is the first claim (a claim of another fault than asked for takes its unit away), side 1 takes the unclaimed
-- exit back; sides 2 and 3 move the end of cover of a unit that was exchanged.
WITH known AS ($known), firsts AS (
  SELECT unit, $any_by, min(start_day) AS start_day, min(returned_day) AS returned_day, min(own_end) AS own_end,
    min(opened_day) AS first_day, min(CASE WHEN wanted THEN opened_day END) AS wanted_day,
    min(exchange_day) AS exchange_day
  FROM known GROUP BY unit
), exits AS (
  SELECT $by, start_day, first_day, exchange_day, $exit_day AS own_day, $exit_why AS own_why,
    CASE WHEN wanted_day = first_day THEN 'claimed' ELSE 'gone' END AS first_why
  FROM firsts
), all_sides AS (
  SELECT $by, start_day,
    CASE side WHEN 0 THEN first_day WHEN 3 THEN exchange_day ELSE own_day END AS on_day,
    CASE side WHEN 0 THEN first_why WHEN 1 THEN own_why ELSE 'covered_out' END AS why,
    CASE WHEN side IN (0, 3) THEN 1 ELSE -1 END AS units
  FROM exits CROSS JOIN (
    SELECT 0 AS side UNION ALL SELECT 1 AS side UNION ALL SELECT 2 AS side UNION ALL SELECT 3 AS side
  ) AS sides
  WHERE side < 2 OR exchange_day < own_day
)
SELECT $by, $axis AS place, why, CAST(sum(units) AS BIGINT) AS units FROM all_sides GROUP BY $by, $axis, why
