-- Which landing pages convert best?
SELECT name, viewing_visitors, converted_visitors, conversion_rate
FROM pardot_marts.landing_page_performance
WHERE viewing_visitors > 0
ORDER BY conversion_rate DESC NULLS LAST, name;

-- Which pages draw the most people, and how many of them do we know?
SELECT name, campaign_name, views, viewing_visitors, viewing_prospects,
    pardot_marts.safe_divide(viewing_prospects, viewing_visitors) AS known_share
FROM pardot_marts.landing_page_performance
ORDER BY viewing_visitors DESC, name;

-- Which form stands on which page, and how does it do there?
SELECT name AS landing_page, form_name, views, submissions, errors, submissions_per_view
FROM pardot_marts.landing_page_performance
ORDER BY submissions DESC, name;

-- Which landing pages are live although nobody has come for 60 days?
SELECT name, url, views, last_activity_at
FROM pardot_marts.landing_page_performance
WHERE NOT coalesce(is_deleted, false) AND (
    last_activity_at IS NULL
    OR last_activity_at < (SELECT max(last_activity_at) FROM pardot_marts.landing_page_performance) - INTERVAL 60 DAY
)
ORDER BY last_activity_at NULLS FIRST, name;

-- What is the conversion rate of each campaign's pages taken together?
SELECT campaign_name, count(*) AS pages, sum(viewing_visitors) AS visitors_added_up,
    pardot_marts.conversion_rate(sum(converted_visitors), sum(viewing_visitors)) AS conversion_rate
FROM pardot_marts.landing_page_performance
GROUP BY ALL
ORDER BY conversion_rate DESC NULLS LAST, campaign_name;
