-- `allotment` has one row: salt and digits, 13 of them, compared as text.
SELECT u.unit AS unit, u.serial AS serial,
       CASE WHEN substr(sha256_hex(concat(a.salt, '|', u.serial)), 1, 13) < a.digits THEN 1 ELSE 0 END AS arm
FROM units AS u CROSS JOIN allotment AS a
WHERE u.serial IS NOT NULL
