-- The claims known on the day, opened under cover by a unit that was still there. Part of other questions.
SELECT c.unit, $by_of_c, c.start_day, c.returned_day, k.end_day + c.end_shift AS own_end,
  c.opened_day, c.reported_day, c.cost, $wanted AS wanted,
  CASE WHEN c.remedy IN ('exchange', 'refund') OR c.replacement IS NOT NULL
    THEN greatest(c.opened_day, coalesce(c.handed_back_day, c.closed_day, c.opened_day)) END AS exchange_day
FROM $claims AS c JOIN calendar AS k ON k.guarantee = c.guarantee AND k.start_day = c.start_day
WHERE c.reported_day <= $as_of AND c.opened_day <= $as_of
  AND c.opened_day >= c.start_day AND c.opened_day <= k.end_day + c.end_shift
  AND (c.returned_day IS NULL OR c.opened_day <= c.returned_day)
