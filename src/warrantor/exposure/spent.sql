-- Claims of a trial's units as known at each look (`looks`), opened by the end of the longer promise in either arm.
WITH paid AS ($paid), drawn AS ($drawn), known AS (
  SELECT d.unit, $by_of_d, d.arm, l.look, p.cents, p.fault, p.payer,
    CASE WHEN p.opened_day > m.short_day THEN 1 ELSE 0 END AS late
  FROM paid AS p JOIN drawn AS d ON d.unit = p.mine JOIN matures AS m ON m.start_day = d.start_day
  JOIN looks AS l ON p.reported_day <= l.day AND p.known_day <= l.day
    AND (p.replaced_day IS NULL OR p.replaced_day > l.day)
  WHERE p.opened_day BETWEEN d.start_day AND m.long_day
)
SELECT $by, arm, look, count(*) AS known, count(DISTINCT unit) AS claimants, CAST(sum(late) AS BIGINT) AS late,
  sum(CASE WHEN payer = 'goodwill' THEN 1 ELSE 0 END) AS goodwill, CAST(coalesce(sum(cents), 0) AS BIGINT) AS spent,
  CAST(coalesce(sum(CASE WHEN payer = 'goodwill' THEN cents END), 0) AS BIGINT) AS goodwill_spent, $counted, $claim_stakes
FROM known GROUP BY $by, arm, look
