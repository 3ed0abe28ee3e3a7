-- What did each campaign bring?
SELECT name, cost, engaged_prospects, sourced_prospects, opportunities, opportunity_value, won_opportunities, won_value
FROM pardot_marts.campaign_performance
ORDER BY won_value DESC NULLS LAST, sourced_prospects DESC, campaign_id;

-- What does a new prospect cost us, by campaign?
SELECT name, cost, sourced_prospects, cost_per_sourced_prospect
FROM pardot_marts.campaign_performance
WHERE cost_per_sourced_prospect IS NOT NULL
ORDER BY cost_per_sourced_prospect, campaign_id;

-- How much of each campaign's reach turned into engagement?
SELECT name, active_prospects, engaged_prospects,
    pardot_marts.safe_divide(engaged_prospects, active_prospects) AS engaged_share, clicks, successes
FROM pardot_marts.campaign_performance
WHERE active_prospects > 0
ORDER BY engaged_share DESC, campaign_id;

-- Which campaigns cost money and have no opportunity yet?
SELECT name, cost, sourced_prospects, engaged_prospects, last_activity_at
FROM pardot_marts.campaign_performance
WHERE cost > 0 AND opportunities = 0
ORDER BY cost DESC, campaign_id;

-- Which campaigns look forgotten: nothing has happened in them for 90 days?
SELECT name, activities, last_activity_at
FROM pardot_marts.campaign_performance
WHERE last_activity_at IS NULL
    OR last_activity_at < (SELECT max(last_activity_at) FROM pardot_marts.campaign_performance) - INTERVAL 90 DAY
ORDER BY last_activity_at NULLS FIRST, campaign_id;
