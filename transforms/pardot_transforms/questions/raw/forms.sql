-- Which forms are protected by a captcha, and which are not?
SELECT name, url, is_captcha_enabled, created_at
FROM pardot.forms
WHERE NOT coalesce(is_deleted, false)
ORDER BY is_captcha_enabled NULLS FIRST, name;
