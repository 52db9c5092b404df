-- Units of a trial by arm and the day on which their cover began; of them those whose start is not known, and those
-- whose promise is not the one of their arm.
WITH drawn AS ($drawn)
SELECT $by, arm, start_day, count(*) AS units, CAST(sum(unstarted) AS BIGINT) AS unstarted,
  CAST(sum(CASE WHEN granted = CASE WHEN arm = 1 THEN $extended ELSE $conventional END THEN 0 ELSE 1 END) AS BIGINT)
    AS mistaken
FROM drawn GROUP BY $by, arm, start_day
