-- Which of our larger list emails were opened best?
SELECT name, sent_at, delivered, open_rate, ctor
FROM pardot_marts.email_performance
WHERE delivered >= 100
ORDER BY open_rate DESC NULLS LAST, name
LIMIT 10;

-- How do open and click rates develop by month?
SELECT CAST(date_trunc('month', sent_at) AS DATE) AS month, count(*) AS list_emails, sum(delivered) AS delivered,
    pardot_marts.open_rate(sum(unique_opens), sum(delivered)) AS open_rate,
    pardot_marts.unique_ctr(sum(unique_clicks), sum(delivered)) AS unique_ctr,
    pardot_marts.ctor(sum(unique_clicks), sum(unique_opens)) AS ctor
FROM pardot_marts.email_performance
WHERE sent > 0
GROUP BY ALL
ORDER BY month;

-- Which emails drove people to opt out, more than twice as often as our emails do on the whole?
WITH overall AS (
    SELECT sum(opt_outs) / sum(delivered) AS usual FROM pardot_marts.email_performance
)
SELECT name, subject, sent_at, delivered, opt_outs, opt_out_rate_of_delivered
FROM pardot_marts.email_performance CROSS JOIN overall
WHERE opt_out_rate_of_delivered > 2 * usual
ORDER BY opt_out_rate_of_delivered DESC, list_email_id;

-- Which campaign's emails work best, all its sends taken together?
SELECT campaign_name, count(*) AS list_emails, sum(delivered) AS delivered,
    pardot_marts.open_rate(sum(unique_opens), sum(delivered)) AS open_rate,
    pardot_marts.unique_ctr(sum(unique_clicks), sum(delivered)) AS unique_ctr
FROM pardot_marts.email_performance
GROUP BY ALL
HAVING sum(delivered) > 0
ORDER BY unique_ctr DESC, campaign_name;

-- Which weekday is best for sending?
SELECT dayname(sent_at AT TIME ZONE 'UTC') AS weekday, count(*) AS list_emails, sum(delivered) AS delivered,
    pardot_marts.open_rate(sum(unique_opens), sum(delivered)) AS open_rate,
    pardot_marts.ctor(sum(unique_clicks), sum(unique_opens)) AS ctor
FROM pardot_marts.email_performance
WHERE sent > 0 AND sent_at IS NOT NULL
GROUP BY ALL
ORDER BY open_rate DESC, weekday;
