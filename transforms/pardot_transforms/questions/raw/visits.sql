-- How many visits does each month have, and how long do they last?
SELECT CAST(date_trunc('month', created_at) AS DATE) AS month, count(*) AS visits,
    median(duration_in_seconds) AS median_seconds
FROM pardot.visits
GROUP BY ALL
ORDER BY month;
