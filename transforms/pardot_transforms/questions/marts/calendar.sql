-- How much did people do in each fiscal quarter, and how many forms did they submit?
SELECT c.fiscal_quarter_name, min(c.fiscal_quarter_starts_on) AS starts_on, sum(d.activities) AS activities,
    sum(d.activities) FILTER (WHERE d.type = 4) AS submissions
FROM pardot_marts.daily_activity d
JOIN pardot_marts.calendar c ON c.day_on = d.created_on
WHERE d.is_engagement
GROUP BY ALL
ORDER BY starts_on DESC;

-- How does this fiscal quarter stand against the one before and the same one last year, up to the same day of it?
WITH today AS (
    SELECT fiscal_year, fiscal_quarter, day_of_fiscal_quarter, 4 * fiscal_year + fiscal_quarter AS quarter_number
    FROM pardot_marts.calendar
    WHERE is_over
    ORDER BY day_on DESC
    LIMIT 1
)
SELECT c.fiscal_quarter_name, count(DISTINCT c.day_on) AS days, coalesce(sum(d.activities), 0) AS activities
FROM pardot_marts.calendar c
JOIN today t ON t.quarter_number - (4 * c.fiscal_year + c.fiscal_quarter) IN (0, 1, 4)
    AND c.day_of_fiscal_quarter <= t.day_of_fiscal_quarter
LEFT JOIN pardot_marts.daily_activity d ON d.created_on = c.day_on AND d.is_engagement
GROUP BY ALL
ORDER BY min(c.day_on) DESC;

-- How many emails went out per week, weeks without any included?
SELECT c.week_starts_on, coalesce(sum(d.activities), 0) AS sent
FROM pardot_marts.calendar c
LEFT JOIN pardot_marts.daily_activity d ON d.created_on = c.day_on AND d.type = 6
WHERE c.is_over
GROUP BY ALL
ORDER BY c.week_starts_on DESC
LIMIT 26;

-- On which day of the week are people most active?
SELECT c.iso_weekday, strftime(min(c.day_on), '%A') AS weekday, sum(d.activities) AS activities,
    sum(d.activities) / count(DISTINCT c.day_on) AS activities_a_day
FROM pardot_marts.daily_activity d
JOIN pardot_marts.calendar c ON c.day_on = d.created_on
WHERE d.is_engagement AND c.is_over
GROUP BY c.iso_weekday
ORDER BY c.iso_weekday;

-- What were opportunities worth that were won in each fiscal year, and how many?
SELECT c.fiscal_year_name, count(*) AS won, sum(o.value) AS value
FROM pardot.opportunities o
JOIN pardot_marts.calendar c ON c.day_on = CAST(o.closed_at AT TIME ZONE 'UTC' AS DATE)
WHERE lower(o.status) = 'won' AND o.is_deleted IS NOT true
GROUP BY ALL
ORDER BY c.fiscal_year_name DESC;
