-- Which domains bounce most?
SELECT email_domain, sum(sent) AS sent, sum(bounced) AS bounced,
    pardot_marts.safe_divide(sum(bounced), sum(sent)) AS bounce_rate
FROM pardot_marts.deliverability
GROUP BY ALL
HAVING sum(sent) >= 20
ORDER BY bounce_rate DESC, email_domain
LIMIT 20;

-- How does our delivery rate develop by month?
SELECT month_starts_on, sum(sent) AS sent, sum(delivered) AS delivered,
    pardot_marts.delivery_rate(sum(delivered), sum(sent)) AS delivery_rate
FROM pardot_marts.deliverability
GROUP BY ALL
ORDER BY month_starts_on;

-- Who complains: which domains report our mail as spam?
SELECT email_domain, sum(spam_complaints) AS spam_complaints, sum(delivered) AS delivered,
    pardot_marts.safe_divide(sum(spam_complaints), sum(delivered)) AS spam_rate
FROM pardot_marts.deliverability
GROUP BY ALL
HAVING sum(spam_complaints) > 0
ORDER BY spam_complaints DESC, email_domain;

-- Are bounces hard (dead addresses) or soft (full boxes, refused for now)?
SELECT month_starts_on, sum(hard_bounced) AS hard, sum(soft_bounced) AS soft, sum(untold_bounced) AS untold
FROM pardot_marts.deliverability
GROUP BY ALL
ORDER BY month_starts_on DESC;

-- Which domains got much worse from one month to the next?
SELECT email_domain, month_starts_on, bounce_rate,
    lag(bounce_rate) OVER (PARTITION BY email_domain ORDER BY month_starts_on) AS rate_before, sent
FROM pardot_marts.deliverability
WHERE sent >= 20
QUALIFY bounce_rate > 2 * rate_before
ORDER BY month_starts_on DESC, bounce_rate DESC, email_domain;
