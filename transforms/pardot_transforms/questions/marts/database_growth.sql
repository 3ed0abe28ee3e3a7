-- How many prospects do we have, and how many of them may we mail?
SELECT counted_on, existing, mailable, pardot_marts.safe_divide(mailable, existing) AS mailable_share
FROM pardot_marts.database_growth
ORDER BY counted_on DESC
LIMIT 1;

-- How does the database grow by month?
SELECT date_trunc('month', counted_on) AS month, sum(created) AS created, sum(deleted) AS deleted, sum(net) AS net,
    arg_max(existing, counted_on) AS existing_at_end
FROM pardot_marts.database_growth
GROUP BY ALL
ORDER BY month;

-- Do we lose people we may mail faster than we win them?
SELECT date_trunc('month', counted_on) AS month, sum(mailable_added) AS won, sum(mailable_removed) AS lost,
    sum(mailable_net) AS net, arg_max(mailable, counted_on) AS mailable_at_end
FROM pardot_marts.database_growth
GROUP BY ALL
ORDER BY month DESC;

-- How many new prospects come in a typical week, and in the newest whole one?
WITH weeks AS (
    SELECT date_trunc('week', counted_on) AS week, sum(created) AS created, count(*) AS days
    FROM pardot_marts.database_growth
    GROUP BY ALL
)
SELECT median(created) AS typical_week, arg_max(created, week) AS newest_week, max(week) AS newest_week_starts_on
FROM weeks
WHERE days = 7;

-- When did we lose people to opt-outs and hard bounces?
SELECT date_trunc('month', counted_on) AS month, sum(opted_out) AS opted_out, sum(hard_bounced) AS hard_bounced
FROM pardot_marts.database_growth
GROUP BY ALL
HAVING sum(opted_out) + sum(hard_bounced) > 0
ORDER BY month DESC;
