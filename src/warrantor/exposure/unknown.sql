-- Units whose start is not known: no age, in no tally.
SELECT count(*) AS units FROM units WHERE start_day IS NULL
