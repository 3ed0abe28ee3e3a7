-- Which stages does our lifecycle have, in which order?
SELECT position, name, match_type, is_locked
FROM pardot.lifecycle_stages
WHERE NOT coalesce(is_deleted, false)
ORDER BY position, id;
