-- First and last start day: how far the calendar must reach.
SELECT min(start_day) AS first_day, max(start_day) AS last_day FROM units
