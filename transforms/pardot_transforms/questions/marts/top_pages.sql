-- Which pages are viewed most in the newest month?
SELECT page, views, visitors, prospects
FROM pardot_marts.top_pages
WHERE month_starts_on = (SELECT max(month_starts_on) FROM pardot_marts.top_pages)
ORDER BY views DESC, page
LIMIT 20;

-- Which pages do people read longest?
SELECT page, sum(timed_views) AS timed_views,
    pardot_marts.safe_divide(sum(seconds), sum(timed_views)) AS average_seconds
FROM pardot_marts.top_pages
GROUP BY ALL
HAVING sum(timed_views) >= 50
ORDER BY average_seconds DESC, page
LIMIT 20;

-- On which pages do visits end, measured by how often they are viewed?
SELECT page, sum(views) AS views, sum(exits) AS exits, pardot_marts.safe_divide(sum(exits), sum(views)) AS exit_share
FROM pardot_marts.top_pages
GROUP BY ALL
HAVING sum(views) >= 50
ORDER BY exit_share DESC, page
LIMIT 20;

-- Which pages win or lose readers from month to month?
SELECT page, month_starts_on, views, views - lag(views) OVER (PARTITION BY page ORDER BY month_starts_on) AS change
FROM pardot_marts.top_pages
QUALIFY change IS NOT NULL
ORDER BY abs(change) DESC, page, month_starts_on
LIMIT 20;

-- Which pages do known prospects read, so that sales can speak of them?
SELECT page, sum(views) AS views, max(prospects) AS most_prospects_in_a_month
FROM pardot_marts.top_pages
WHERE prospects > 0
GROUP BY ALL
ORDER BY most_prospects_in_a_month DESC, page
LIMIT 20;
