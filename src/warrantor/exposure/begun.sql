-- First claims under cover of the units whose cover had begun by a day, by age. Over the claims only.
WITH known AS ($known), firsts AS (
  SELECT unit, $any_by, min(start_day) AS start_day, min(opened_day) AS first_day
  FROM known WHERE wanted AND start_day <= $since GROUP BY unit
)
SELECT $by, first_day - start_day AS place, count(*) AS units FROM firsts GROUP BY $by, first_day - start_day
