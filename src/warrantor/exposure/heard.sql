-- Unclaimed units still with their owners on the day: by whole months of age (30.4375 days), whether cover has ended,
-- and how many times $within days they have been silent; the days of age, of cover and of silence are summed.
WITH known AS ($known), claimed AS (SELECT DISTINCT unit FROM known), living AS (
  SELECT $by_of_u, $as_of - u.start_day AS age, $as_of - u.seen_day AS silent,
    k.end_day + u.end_shift - u.start_day AS cover,
    CASE WHEN k.end_day + u.end_shift < $as_of THEN 1 ELSE 0 END AS past
  FROM units AS u JOIN calendar AS k ON k.guarantee = u.guarantee AND k.start_day = u.start_day
  LEFT JOIN claimed AS f ON f.unit = u.unit
  WHERE u.start_day <= $as_of AND (u.returned_day IS NULL OR u.returned_day > $as_of) AND f.unit IS NULL
), counted AS (
  SELECT $by, age, past, silent, cover, CAST(floor(age * 16 / 487) AS BIGINT) AS age_month,
    CASE WHEN silent < 0 THEN -2 ELSE CAST(coalesce(floor(silent / $within), -1) AS BIGINT) END AS spell
  FROM living
)
SELECT $by, age_month, past, spell, count(*) AS units, CAST(sum(age) AS BIGINT) AS age_days,
  CAST(sum(cover) AS BIGINT) AS cover_days, CAST(coalesce(sum(silent), 0) AS BIGINT) AS silent_days
FROM counted GROUP BY $by, age_month, past, spell
