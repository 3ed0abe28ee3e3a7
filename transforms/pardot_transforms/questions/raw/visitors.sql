-- How many visitors does Account Engagement know by name?
SELECT is_identified, count(*) AS visitors, sum(page_view_count) AS page_views
FROM pardot.visitors
GROUP BY ALL
ORDER BY visitors DESC;
