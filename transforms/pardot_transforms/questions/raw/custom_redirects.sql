-- Which tracked links lead where?
SELECT name, tracked_url, destination_url
FROM pardot.custom_redirects
WHERE NOT coalesce(is_deleted, false)
ORDER BY name, id;
