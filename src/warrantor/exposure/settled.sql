-- Claims under cover that became known after one day and by the other, by whether cover had begun by the first day.
-- A unit with a claim known by the first day claims again; another's first claim was opened by that day, or later.
WITH known AS ($known), late AS (
  SELECT unit, min(start_day) AS start_day, min(opened_day) AS first_day, min(reported_day) AS first_known,
    sum(CASE WHEN reported_day > $since THEN 1 ELSE 0 END) AS claims,
    sum(CASE WHEN reported_day > $since AND cost IS NOT NULL THEN 1 ELSE 0 END) AS priced,
    sum(CASE WHEN reported_day > $since THEN cost END) AS cost
  FROM known WHERE wanted GROUP BY unit
), named AS (
  SELECT CASE WHEN start_day <= $since THEN 1 ELSE 0 END AS sold_before,
    CASE WHEN first_known <= $since THEN 'again' WHEN first_day <= $since THEN 'come' ELSE 'fresh' END AS kind,
    claims, priced, cost
  FROM late WHERE claims > 0
)
SELECT sold_before, kind, count(*) AS units, CAST(sum(claims) AS BIGINT) AS claims,
  CAST(sum(priced) AS BIGINT) AS priced, sum(cost) AS cost
FROM named GROUP BY sold_before, kind
