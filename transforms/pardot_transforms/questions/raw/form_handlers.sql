-- Where do form handlers send people, after success and after an error?
SELECT name, success_location, error_location
FROM pardot.form_handlers
WHERE NOT coalesce(is_deleted, false)
ORDER BY name, id;
