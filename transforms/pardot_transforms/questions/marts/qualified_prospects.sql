-- How many marketing qualified leads (MQLs) did we win in each fiscal quarter?
SELECT c.fiscal_quarter_name, min(c.fiscal_quarter_starts_on) AS starts_on, count(*) AS new_mqls
FROM pardot_marts.qualified_prospects q
JOIN pardot_marts.calendar c ON c.day_on = q.became_mql_on
GROUP BY ALL
ORDER BY starts_on DESC;

-- Which campaigns bring MQLs, and which share of their prospects become one?
SELECT p.campaign_id, any_value(p.name) AS campaign, count(q.prospect_id) AS mqls,
    any_value(p.sourced_prospects) AS prospects,
    pardot_marts.safe_divide(count(q.prospect_id), any_value(p.sourced_prospects)) AS mql_share
FROM pardot_marts.campaign_performance p
LEFT JOIN pardot_marts.qualified_prospects q ON q.campaign_id = p.campaign_id AND q.is_deleted IS NOT true
GROUP BY p.campaign_id
ORDER BY mqls DESC, p.campaign_id
LIMIT 20;

-- How long does it take from a prospect's creation until it is an MQL?
SELECT date_trunc('quarter', became_mql_on) AS quarter, count(days_to_mql) AS mqls, median(days_to_mql) AS median_days
FROM pardot_marts.qualified_prospects
WHERE became_mql_on IS NOT NULL
GROUP BY ALL
ORDER BY quarter;

-- What became of the MQLs of each quarter?
SELECT date_trunc('quarter', became_mql_on) AS quarter, count(*) AS mqls,
    count(*) FILTER (WHERE is_mql) AS still_mql,
    count(*) FILTER (WHERE first_opportunity_at >= became_mql_at) AS with_opportunity_since,
    count(*) FILTER (WHERE has_won_opportunity) AS won
FROM pardot_marts.qualified_prospects
WHERE became_mql_on IS NOT NULL
GROUP BY ALL
ORDER BY quarter;

-- Which MQLs has nobody taken over, the newest first?
SELECT prospect_id, prospect_name, prospect_account_name, became_mql_at, score, grade
FROM pardot_marts.qualified_prospects
WHERE is_mql AND assigned_to_id IS NULL AND opportunities = 0 AND is_deleted IS NOT true
ORDER BY became_mql_at DESC NULLS LAST
LIMIT 20;
