-- Which forms convert best?
SELECT asset_kind, name, viewing_visitors, converted_visitors, conversion_rate
FROM pardot_marts.form_performance
WHERE viewing_visitors > 0
ORDER BY conversion_rate DESC NULLS LAST, name;

-- Where do people fail: which forms are sent with errors?
SELECT asset_kind, name, submissions, errors, error_rate
FROM pardot_marts.form_performance
WHERE errors > 0
ORDER BY error_rate DESC NULLS LAST, name;

-- Which forms are seen often and hardly ever completed?
SELECT name, campaign_name, views, submissions, submissions_per_view
FROM pardot_marts.form_performance
WHERE views >= 50
ORDER BY submissions_per_view NULLS LAST, name
LIMIT 5;

-- How do forms and form handlers compare, all of them taken together?
SELECT asset_kind, count(*) AS assets, sum(submissions) AS submissions, sum(submitting_prospects) AS prospects_added_up,
    pardot_marts.conversion_rate(sum(converted_visitors), sum(viewing_visitors)) AS conversion_rate
FROM pardot_marts.form_performance
GROUP BY ALL
ORDER BY asset_kind;

-- Which forms are still in use, and when was each last completed?
SELECT name, url, is_deleted, last_submission_at, submissions
FROM pardot_marts.form_performance
ORDER BY last_submission_at DESC NULLS LAST, name;
