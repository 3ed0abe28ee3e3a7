-- Do our counts agree with what Account Engagement counts itself?
SELECT
    metric,
    count(*) AS list_emails,
    count_if(difference = 0) AS equal,
    sum(counted) AS counted,
    sum(told) AS told
FROM pardot_marts.email_statistics
GROUP BY metric
ORDER BY metric;

-- Which list emails differ most in the number of sends?
SELECT list_email_id, name, sent_at, counted, told, difference
FROM pardot_marts.email_statistics
WHERE metric = 'sent' AND difference <> 0
ORDER BY abs(difference) DESC, list_email_id
LIMIT 20;

-- From which day on do the sends agree, so that earlier activities must be missing here?
SELECT date_trunc('month', sent_at) AS month, count(*) AS list_emails, sum(difference) AS difference
FROM pardot_marts.email_statistics
WHERE metric = 'sent'
GROUP BY month
ORDER BY month;

-- How many clicks do we count that Account Engagement does not, by list email?
SELECT list_email_id, name, counted AS our_clicks, told AS their_clicks, difference
FROM pardot_marts.email_statistics
WHERE metric = 'clicks' AND difference > 0
ORDER BY difference DESC, list_email_id
LIMIT 20;

-- How old are the counts that we compare with?
SELECT name, max(told_at) AS told_at, max(told_at) - max(sent_at) AS after_the_send
FROM pardot_marts.email_statistics
GROUP BY name
ORDER BY told_at DESC
LIMIT 20;
