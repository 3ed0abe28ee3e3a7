-- From which source and medium do visits come?
SELECT coalesce(source_parameter, 'not told') AS source, coalesce(medium_parameter, 'not told') AS medium,
    count(*) AS visits, count(DISTINCT visitor_id) AS visitors, sum(submissions) AS submissions
FROM pardot_marts.visitor_sessions
WHERE session_kind = 'visit'
GROUP BY ALL
ORDER BY visits DESC, source, medium;

-- On which pages do visits begin?
SELECT entry_page, count(*) AS visits, avg(pages_told) AS average_pages, sum(submissions) AS submissions
FROM pardot_marts.visitor_sessions
WHERE entry_page IS NOT NULL
GROUP BY ALL
ORDER BY visits DESC, entry_page
LIMIT 20;

-- Where do people leave after having seen several pages?
SELECT exit_page, count(*) AS visits
FROM pardot_marts.visitor_sessions
WHERE pages_told >= 3 AND exit_page IS NOT NULL
GROUP BY ALL
ORDER BY visits DESC, exit_page
LIMIT 20;

-- Which share of visits sees one page only, by month?
SELECT CAST(date_trunc('month', started_at) AS DATE) AS month, count(*) AS visits,
    count(*) FILTER (WHERE pages_told = 1) AS one_page_visits,
    pardot_marts.safe_divide(one_page_visits, visits) AS one_page_share
FROM pardot_marts.visitor_sessions
WHERE session_kind = 'visit' AND pages_told > 0
GROUP BY ALL
ORDER BY month;

-- Do visits that end in a form submission last longer?
SELECT submissions > 0 AS is_submitting, count(*) AS visits, median(duration_seconds) AS median_seconds,
    avg(pages_told) AS average_pages
FROM pardot_marts.visitor_sessions
WHERE session_kind = 'visit'
GROUP BY ALL
ORDER BY is_submitting;
