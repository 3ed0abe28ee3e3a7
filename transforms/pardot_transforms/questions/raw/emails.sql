-- How many emails were sent to single people, and how many as part of a list email?
SELECT list_email_id IS NOT NULL AS is_list_email, count(*) AS emails, count(DISTINCT prospect_id) AS prospects
FROM pardot.emails
GROUP BY ALL
ORDER BY is_list_email;
