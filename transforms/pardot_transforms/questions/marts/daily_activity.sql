-- How much did people do per week, and how does that compare with the week before?
WITH weeks AS (
    SELECT date_trunc('week', created_on) AS week, sum(activities) AS engagements
    FROM pardot_marts.daily_activity
    WHERE is_engagement
    GROUP BY ALL
)
SELECT week, engagements, engagements - lag(engagements) OVER (ORDER BY week) AS change
FROM weeks
ORDER BY week DESC
LIMIT 13;

-- Which kinds of activity grew or shrank between the last two whole months?
WITH months AS (
    SELECT verb, date_trunc('month', created_on) AS month, sum(activities) AS activities
    FROM pardot_marts.daily_activity
    GROUP BY ALL
),
newest AS (
    SELECT date_trunc('month', max(created_on)) AS month FROM pardot_marts.daily_activity
)
SELECT verb,
    coalesce(sum(m.activities) FILTER (WHERE m.month = n.month - INTERVAL 2 MONTH), 0) AS month_before,
    coalesce(sum(m.activities) FILTER (WHERE m.month = n.month - INTERVAL 1 MONTH), 0) AS last_month,
    last_month - month_before AS change
FROM months AS m CROSS JOIN newest AS n
WHERE m.month BETWEEN n.month - INTERVAL 2 MONTH AND n.month - INTERVAL 1 MONTH
GROUP BY ALL
ORDER BY abs(change) DESC, verb;

-- On which days was far more or far less going on than usual for that weekday?
WITH days AS (
    SELECT created_on, isodow(created_on) AS weekday, sum(activities) AS activities
    FROM pardot_marts.daily_activity
    GROUP BY ALL
),
usual AS (
    SELECT weekday, median(activities) AS median_activities FROM days GROUP BY ALL
)
SELECT created_on, activities, median_activities,
    pardot_marts.safe_divide(activities, median_activities) AS times_usual
FROM days JOIN usual USING (weekday)
WHERE activities > 2 * median_activities OR activities < median_activities / 2
ORDER BY created_on DESC
LIMIT 30;

-- On which days did nothing at all happen?
SELECT CAST(day AS DATE) AS quiet_day
FROM generate_series(
    (SELECT min(created_on) FROM pardot_marts.daily_activity),
    (SELECT max(created_on) FROM pardot_marts.daily_activity),
    INTERVAL 1 DAY
) AS days (day)
WHERE CAST(day AS DATE) NOT IN (SELECT created_on FROM pardot_marts.daily_activity)
ORDER BY quiet_day;

-- Which assets (emails, forms, pages, files) carry most of what people do in the newest month?
SELECT asset_kind, sum(activities) AS engagements, sum(anonymous_activities) AS anonymous
FROM pardot_marts.daily_activity
WHERE is_engagement
    AND date_trunc('month', created_on) = (SELECT date_trunc('month', max(created_on) - 7) FROM pardot_marts.daily_activity)
GROUP BY ALL
ORDER BY engagements DESC, asset_kind;
