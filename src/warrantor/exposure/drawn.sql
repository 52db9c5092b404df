-- Units of a trial with their arm: the rule of `terms.allocation`. Part of other questions.
-- `allotment` has one row: salt and digits. A unit whose cover has no known start stands at its sale day.
SELECT u.unit, $by_of_u, coalesce(u.start_day, u.sold_day) AS start_day, u.returned_day,
  u.guarantee AS granted, CASE WHEN u.start_day IS NULL THEN 1 ELSE 0 END AS unstarted,
  CASE WHEN substr(sha256_hex(concat(a.salt, '|', u.$key)), 1, 13) < a.digits THEN 1 ELSE 0 END AS arm
FROM units AS u CROSS JOIN allotment AS a
WHERE u.origin = 'sold' AND u.product IN ($products) AND u.$key IS NOT NULL
  AND coalesce(u.start_day, u.sold_day) BETWEEN $first_day AND $last_day AND $among
