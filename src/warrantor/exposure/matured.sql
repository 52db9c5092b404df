-- Totals of units whose cohort has matured, as known on the day it did: one row a unit with a claim, then sums of what
-- each unit adds to the evidence at every stake. Decimals, so that no order of adding shows.
-- `matures` has a row a start day: cohort, both ends, the day of maturity; `weights` a row an arm and cohort.
WITH paid AS ($paid), drawn AS ($drawn), totals AS (
  SELECT d.unit, $any_by, d.arm, m.cohort, count(*) AS claims, coalesce(sum(p.cents), 0) AS cents,
    sum(CASE WHEN p.cents IS NULL THEN 1 ELSE 0 END) AS unpriced
  FROM paid AS p JOIN drawn AS d ON d.unit = p.mine JOIN matures AS m ON m.start_day = d.start_day
  WHERE m.mature_day <= $as_of AND p.opened_day BETWEEN d.start_day AND m.long_day
    AND p.reported_day <= m.mature_day AND p.known_day <= m.mature_day
    AND (p.replaced_day IS NULL OR p.replaced_day > m.mature_day)
  GROUP BY d.unit, d.arm, m.cohort
), staked AS (
  SELECT t.*, CASE WHEN t.arm = 1 THEN -w.weight ELSE w.weight END * least(CAST(t.cents AS DOUBLE) / 1e2, $cap) AS y
  FROM totals AS t JOIN weights AS w ON w.arm = t.arm AND w.cohort = t.cohort
)
SELECT $by, arm, cohort, count(*) AS claimed, CAST(sum(claims) AS BIGINT) AS claims, CAST(sum(cents) AS BIGINT) AS cents,
  sum(CAST(cents AS DOUBLE) * cents) AS squared, CAST(sum(unpriced) AS BIGINT) AS unpriced,
  sum(CASE WHEN CAST(cents AS DOUBLE) / 1e2 > $cap THEN 1 ELSE 0 END) AS over_cap, $unit_stakes
FROM staked GROUP BY $by, arm, cohort
