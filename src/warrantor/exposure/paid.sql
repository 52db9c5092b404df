-- Versions of claims that the maker pays under any title, of the unit that was allotted: an exchanged unit's claims are
-- those of the unit it replaces, at any remove (`roots`). Part of other questions.
SELECT coalesce(r.root, c.unit) AS mine, c.claim, c.opened_day, c.reported_day, c.fault, c.payer, c.cost,
  $known_day AS known_day, $replaced_day AS replaced_day, CAST(round(c.cost * 100) AS BIGINT) AS cents
FROM claims AS c LEFT JOIN roots AS r ON r.unit = c.unit
WHERE coalesce(c.payer, 'maker') IN ('maker', 'statutory', 'goodwill')
