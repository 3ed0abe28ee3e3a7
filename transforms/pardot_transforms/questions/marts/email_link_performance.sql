-- Which links were clicked by most people, clicks of suspected machines left out?
SELECT link_url, sum(unsuspected_clicks) AS clicks, sum(unsuspected_unique_clicks) AS unique_clicks_added_up,
    count(*) AS list_emails
FROM pardot_marts.email_link_performance
WHERE link_url IS NOT NULL
GROUP BY ALL
ORDER BY clicks DESC, link_url
LIMIT 20;

-- In each list email, which link won, and with which share of its clicks?
SELECT list_email_name, sent_at, link_url, clicks, share_of_clicks
FROM pardot_marts.email_link_performance
QUALIFY row_number() OVER (PARTITION BY list_email_id ORDER BY clicks DESC, link_url) = 1
ORDER BY sent_at DESC NULLS LAST, list_email_name;

-- In which emails may scanners of mail servers have clicked, rather than people?
SELECT list_email_name, sent_at, sum(clicks) AS clicks, sum(suspected_clicks) AS suspected_clicks,
    pardot_marts.safe_divide(sum(suspected_clicks), sum(clicks)) AS suspected_share
FROM pardot_marts.email_link_performance
GROUP BY ALL
HAVING sum(suspected_clicks) > 0
ORDER BY suspected_share DESC, list_email_name;

-- How long do emails go on bringing clicks after they were sent?
SELECT list_email_name, sent_at, max(last_click_at) AS last_click_at,
    date_diff('day', sent_at, max(last_click_at)) AS days, sum(clicks) AS clicks
FROM pardot_marts.email_link_performance
WHERE sent_at IS NOT NULL
GROUP BY list_email_id, list_email_name, sent_at
ORDER BY days DESC, list_email_name
LIMIT 10;

-- To which sites do our emails lead people?
SELECT regexp_extract(link_url, '^[a-z]+://([^/?#]+)', 1) AS site, count(DISTINCT link_url) AS links,
    sum(clicks) AS clicks
FROM pardot_marts.email_link_performance
WHERE link_url IS NOT NULL
GROUP BY ALL
ORDER BY clicks DESC, site;
