-- Which page titles are seen most?
SELECT title, count(*) AS views, count(DISTINCT visitor_id) AS visitors
FROM pardot.visitor_page_views
GROUP BY ALL
ORDER BY views DESC, title
LIMIT 20;
