-- Answers about claims that a trial's units opened while both promises covered them, and the poor ones, at each look.
WITH paid AS ($paid), drawn AS ($drawn)
SELECT $by_of_d, d.arm, l.look, count(*) AS bases, sum(CASE WHEN s.score <= $poor THEN 1 ELSE 0 END) AS events
FROM surveys AS s JOIN paid AS p ON p.claim = s.claim JOIN drawn AS d ON d.unit = p.mine
JOIN matures AS m ON m.start_day = d.start_day JOIN looks AS l ON s.sent_day <= l.day AND p.reported_day <= l.day
  AND p.known_day <= l.day AND (p.replaced_day IS NULL OR p.replaced_day > l.day)
WHERE p.opened_day BETWEEN d.start_day AND m.short_day GROUP BY $by_of_d, d.arm, l.look
