-- Which custom fields of prospects are there, and in which column do they stand?
SELECT name AS label, field_id AS api_name, type, is_record_multiple_responses
FROM pardot.custom_fields
WHERE NOT coalesce(is_deleted, false)
ORDER BY name, id;
