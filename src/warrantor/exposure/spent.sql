-- Claims of a trial's units as known at each look (`looks`), opened by the end of the longer promise in either arm.
-- Logarithms are taken once a claim, then summed at each look that knew it.
WITH paid AS ($paid), drawn AS ($drawn), mine AS (
  SELECT d.unit, $by_of_d, d.arm, p.cents, p.fault, p.payer, p.reported_day, p.known_day, p.replaced_day,
    CASE WHEN p.opened_day > m.short_day THEN 1 ELSE 0 END AS late, $claim_logs
  FROM paid AS p JOIN drawn AS d ON d.unit = p.mine JOIN matures AS m ON m.start_day = d.start_day
  WHERE p.opened_day BETWEEN d.start_day AND m.long_day
), known AS (
  SELECT c.*, l.look FROM mine AS c JOIN looks AS l ON c.reported_day <= l.day AND c.known_day <= l.day
    AND (c.replaced_day IS NULL OR c.replaced_day > l.day)
)
SELECT $by, arm, look, count(*) AS known, count(DISTINCT unit) AS claimants, CAST(sum(late) AS BIGINT) AS late,
  sum(CASE WHEN payer = 'goodwill' THEN 1 ELSE 0 END) AS goodwill, CAST(coalesce(sum(cents), 0) AS BIGINT) AS spent,
  CAST(coalesce(sum(CASE WHEN payer = 'goodwill' THEN cents END), 0) AS BIGINT) AS goodwill_spent, $counted,
  $claim_stakes
FROM known GROUP BY $by, arm, look
