-- Who is a member of a list and has not opted out of it?
SELECT l.name AS list, p.id AS prospect_id, p.email
FROM pardot.list_memberships AS m
JOIN pardot.lists AS l ON l.id = m.list_id
JOIN pardot.prospects AS p ON p.id = m.prospect_id
WHERE NOT coalesce(m.is_deleted, false) AND NOT coalesce(m.opted_out, false) AND NOT coalesce(p.is_deleted, false)
ORDER BY l.name, p.id;
