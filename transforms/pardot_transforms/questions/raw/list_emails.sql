-- Which list emails went out, and which are still to go?
SELECT name, subject, is_sent, is_paused, scheduled_time, sent_at
FROM pardot.list_emails
WHERE NOT coalesce(is_deleted, false)
ORDER BY coalesce(sent_at, scheduled_time) DESC NULLS LAST, id;
