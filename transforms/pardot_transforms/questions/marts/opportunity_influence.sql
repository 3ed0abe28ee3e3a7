-- Which campaigns touched opportunities that were won?
SELECT campaign_name, count(*) AS won_opportunities, sum(touches) AS touches
FROM pardot_marts.opportunity_influence
WHERE is_won AND is_touched AND campaign_id IS NOT NULL
GROUP BY ALL
ORDER BY won_opportunities DESC, campaign_name;

-- Which campaigns helped to create an opportunity, and which to close it?
SELECT campaign_name, sum(touches_before_creation) AS before_creation, sum(touches_after_creation) AS after_creation
FROM pardot_marts.opportunity_influence
WHERE is_touched AND campaign_id IS NOT NULL
GROUP BY ALL
ORDER BY before_creation DESC, campaign_name;

-- What is the win rate of opportunities that a campaign touched?
SELECT campaign_name, count(*) FILTER (WHERE is_won) AS won, count(*) FILTER (WHERE is_lost) AS lost,
    pardot_marts.safe_divide(won, won + lost) AS win_rate
FROM pardot_marts.opportunity_influence
WHERE is_touched AND campaign_id IS NOT NULL
GROUP BY ALL
ORDER BY win_rate DESC NULLS LAST, campaign_name;

-- How long was the way from the first touch to the opportunity, and to its close?
SELECT opportunity_stage, count(DISTINCT opportunity_id) AS opportunities,
    median(days_to_creation) AS median_days_to_creation, median(days_to_close) AS median_days_to_close
FROM pardot_marts.opportunity_influence
WHERE is_touched
GROUP BY ALL
ORDER BY opportunity_stage;

-- Which open opportunities are worked on without any touch of marketing?
SELECT opportunity_id, opportunity_name, opportunity_stage, opportunity_value
FROM pardot_marts.opportunity_influence
WHERE NOT is_won AND NOT is_lost AND NOT is_touched
ORDER BY opportunity_value DESC NULLS LAST, opportunity_id;
