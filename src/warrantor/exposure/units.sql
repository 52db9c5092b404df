-- Every unit by stratum and start day, with the last day its guarantee covers. One group-by of the fleet, no join of it.
SELECT $by_of_g, g.start_day, k.end_day, g.units
FROM (SELECT $by, start_day, count(*) AS units FROM units GROUP BY $by, start_day) AS g
LEFT JOIN calendar AS k ON k.guarantee = g.guarantee AND k.start_day = g.start_day
