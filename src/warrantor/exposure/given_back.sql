-- Units of a trial given back without a fault while both promises covered them, as known at each look.
WITH drawn AS ($drawn)
SELECT $by_of_d, d.arm, l.look, count(*) AS events
FROM drawn AS d JOIN matures AS m ON m.start_day = d.start_day JOIN looks AS l ON d.returned_day <= l.day
WHERE d.returned_day <= m.short_day GROUP BY $by_of_d, d.arm, l.look
