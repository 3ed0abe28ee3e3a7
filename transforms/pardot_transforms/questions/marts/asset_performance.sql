-- Which assets of all kinds bring us the most submissions?
SELECT asset_kind, name, views, submissions, submitting_prospects, conversion_rate
FROM pardot_marts.asset_performance
WHERE submissions > 0
ORDER BY submissions DESC, asset_kind, name;

-- Which files are downloaded most?
SELECT name, campaign_name, downloads, prospects, last_activity_at
FROM pardot_marts.asset_performance
WHERE asset_kind = 'file'
ORDER BY downloads DESC, asset_id;

-- Which custom redirects are clicked, and by how many known people?
SELECT name, url, clicks, clicking_prospects, anonymous_clicks
FROM pardot_marts.asset_performance
WHERE asset_kind = 'custom_redirect'
ORDER BY clicks DESC, asset_id;

-- Where may machines inflate our numbers?
SELECT asset_kind, name, views, suspected_views, clicks, suspected_clicks, submissions, suspected_submissions
FROM pardot_marts.asset_performance
WHERE suspected_views + suspected_clicks + suspected_submissions > 0
ORDER BY suspected_views + suspected_clicks + suspected_submissions DESC, asset_kind, asset_id;

-- How much of what happens on each kind of asset comes from people we do not know?
SELECT asset_kind, sum(activities) AS activities, sum(anonymous_activities) AS anonymous_activities,
    pardot_marts.safe_divide(sum(anonymous_activities), sum(activities)) AS anonymous_share
FROM pardot_marts.asset_performance
GROUP BY ALL
ORDER BY anonymous_share DESC NULLS LAST, asset_kind;
