-- How many prospects does each user own?
SELECT u.id, u.first_name, u.last_name, u.role_name, count(p.id) AS prospects
FROM pardot.users AS u
LEFT JOIN pardot.prospects AS p ON p.assigned_to_id = u.id AND NOT coalesce(p.is_deleted, false)
WHERE NOT coalesce(u.is_deleted, false)
GROUP BY ALL
ORDER BY prospects DESC, u.id;
