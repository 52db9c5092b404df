-- The few units that left otherwise than start day and calendar tell: returned, or with an end of their own.
-- Side 0 takes their plain exit back, side 1 puts the real one in its place.
WITH few AS (
  SELECT $by_of_u, u.start_day, u.returned_day, k.end_day AS plain_end, k.end_day + u.end_shift AS own_end
  FROM units AS u JOIN calendar AS k ON k.guarantee = u.guarantee AND k.start_day = u.start_day
  WHERE u.start_day <= $as_of AND (u.end_shift <> 0 OR u.returned_day <= $as_of)
), exits AS (
  SELECT $by, start_day,
    CASE WHEN plain_end <= $as_of THEN plain_end ELSE $as_of END AS plain_day,
    CASE WHEN plain_end <= $as_of THEN 'expired' ELSE 'open' END AS plain_why,
    $exit_day AS own_day, $exit_why AS own_why
  FROM few
), both_sides AS (
  SELECT $by, start_day,
    CASE WHEN side = 0 THEN plain_day ELSE own_day END AS on_day,
    CASE WHEN side = 0 THEN plain_why ELSE own_why END AS why,
    CASE WHEN side = 0 THEN -1 ELSE 1 END AS units
  FROM exits CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1 AS side) AS sides
)
SELECT $by, $axis AS place, why, CAST(sum(units) AS BIGINT) AS units FROM both_sides GROUP BY $by, $axis, why
