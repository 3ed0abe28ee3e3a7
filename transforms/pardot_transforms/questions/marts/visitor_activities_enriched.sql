-- What happened in the newest week, by kind of activity?
SELECT verb, count(*) AS activities, count(DISTINCT prospect_id) AS prospects
FROM pardot_marts.visitor_activities_enriched
WHERE created_at > (SELECT max(created_at) FROM pardot_marts.visitor_activities_enriched) - INTERVAL 7 DAY
GROUP BY ALL
ORDER BY activities DESC, verb;

-- What did the ten most active prospects do last?
SELECT prospect_id, prospect_name, prospect_account_name, count(*) AS engagements, max(created_at) AS last_at,
    arg_max(verb, created_at) AS last_verb, arg_max(asset_name, created_at) AS last_asset
FROM pardot_marts.visitor_activities_enriched
WHERE is_engagement AND prospect_id IS NOT NULL
GROUP BY ALL
ORDER BY engagements DESC, prospect_id
LIMIT 10;

-- At which hour of which weekday, in our own time zone, do people engage?
SELECT dayname(created_at_local) AS weekday, isodow(created_at_local) AS weekday_number,
    hour(created_at_local) AS hour_of_day, count(*) AS engagements
FROM pardot_marts.visitor_activities_enriched
WHERE is_engagement
GROUP BY ALL
ORDER BY engagements DESC, weekday_number, hour_of_day
LIMIT 20;

-- Which people completed a form within a week of clicking in an email, and how long did that take?
SELECT s.prospect_id, s.prospect_name, s.asset_name AS form, c.asset_name AS email,
    date_diff('minute', c.created_at, s.created_at) AS minutes
FROM pardot_marts.visitor_activities_enriched AS s
ASOF JOIN (
    SELECT * FROM pardot_marts.visitor_activities_enriched WHERE verb = 'Click' AND is_email_activity
) AS c ON s.prospect_id = c.prospect_id AND s.created_at >= c.created_at
WHERE s.verb = 'Success' AND s.created_at - c.created_at <= INTERVAL 7 DAY
ORDER BY minutes, s.id
LIMIT 50;

-- How many engagements of each month come from visitors whom we do not know by name?
SELECT date_trunc('month', created_on) AS month, count(*) AS engagements,
    count(*) FILTER (WHERE is_anonymous) AS anonymous,
    pardot_marts.safe_divide(count(*) FILTER (WHERE is_anonymous), count(*)) AS anonymous_share
FROM pardot_marts.visitor_activities_enriched
WHERE is_engagement
GROUP BY ALL
ORDER BY month;
