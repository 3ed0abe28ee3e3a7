-- Which lists are there, and what are they for?
SELECT id, name, title, is_public, is_dynamic, created_at
FROM pardot.lists
WHERE NOT coalesce(is_deleted, false)
ORDER BY name, id;
