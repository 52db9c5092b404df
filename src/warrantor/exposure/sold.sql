-- Units of a trial by arm and the day on which their cover began.
WITH drawn AS ($drawn)
SELECT $by, arm, start_day, count(*) AS units FROM drawn GROUP BY $by, arm, start_day
