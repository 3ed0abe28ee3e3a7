-- Which templates may be used for which kind of email?
SELECT name, subject, is_one_to_one_email, is_auto_responder_email, is_drip_email, is_list_email
FROM pardot.email_templates
WHERE NOT coalesce(is_deleted, false)
ORDER BY name, id;
