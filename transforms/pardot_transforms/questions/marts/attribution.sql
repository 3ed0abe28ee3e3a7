-- How much won revenue does each campaign get credit for, by the linear model?
SELECT coalesce(campaign_name, 'no campaign') AS campaign, sum(attributed_value) AS won_value,
    count(DISTINCT opportunity_id) AS opportunities
FROM pardot_marts.attribution
WHERE model = 'linear' AND opportunity_status = 'Won'
GROUP BY ALL
ORDER BY won_value DESC NULLS LAST, campaign;

-- How do first touch, last touch and linear differ in what they say of each campaign?
SELECT coalesce(campaign_name, 'no campaign') AS campaign,
    sum(attributed_value) FILTER (WHERE model = 'first') AS first_touch,
    sum(attributed_value) FILTER (WHERE model = 'last') AS last_touch,
    sum(attributed_value) FILTER (WHERE model = 'linear') AS linear
FROM pardot_marts.attribution
GROUP BY ALL
ORDER BY linear DESC NULLS LAST, campaign;

-- Which kinds of asset open the door to won deals?
SELECT asset_kind, verb, count(*) AS first_touches, sum(attributed_value) AS won_value
FROM pardot_marts.attribution
WHERE model = 'first' AND is_attributed AND opportunity_status = 'Won'
GROUP BY ALL
ORDER BY won_value DESC NULLS LAST, asset_kind, verb;

-- How much of our pipeline can no marketing touch be credited for?
SELECT opportunity_status, count(*) AS opportunities, sum(attributed_value) AS value
FROM pardot_marts.attribution
WHERE model = 'linear' AND NOT is_attributed
GROUP BY ALL
ORDER BY opportunity_status;

-- How many touches does a deal take, and does a won deal take more than a lost one?
SELECT opportunity_status, count(*) AS opportunities, avg(touches) AS average_touches, median(touches) AS median_touches
FROM pardot_marts.attribution
WHERE model = 'last'
GROUP BY ALL
ORDER BY opportunity_status;
