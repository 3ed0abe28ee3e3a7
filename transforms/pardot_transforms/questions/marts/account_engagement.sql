-- Which companies are most active now?
SELECT name, industry, engaged_prospects_30d, activities_30d, highest_score, last_engaged_at
FROM pardot_marts.account_engagement
WHERE NOT coalesce(is_deleted, false)
ORDER BY engaged_prospects_30d DESC, activities_30d DESC, prospect_account_id
LIMIT 20;

-- In which companies are several people looking at us at the same time?
SELECT name, prospects, engaged_prospects_7d, engaged_prospects_30d, highest_score
FROM pardot_marts.account_engagement
WHERE engaged_prospects_30d >= 2
ORDER BY engaged_prospects_30d DESC, highest_score DESC NULLS LAST, prospect_account_id;

-- Which companies were active in the quarter, but not in the last 30 days?
SELECT name, engaged_prospects_90d, last_engaged_at, total_score
FROM pardot_marts.account_engagement
WHERE engaged_prospects_90d > 0 AND engaged_prospects_30d = 0
ORDER BY total_score DESC NULLS LAST, prospect_account_id
LIMIT 20;

-- Which industries respond to our marketing?
SELECT coalesce(industry, 'not told') AS industry, count(*) AS accounts, sum(prospects) AS prospects,
    sum(engaged_prospects_90d) AS engaged_prospects_90d,
    pardot_marts.safe_divide(sum(engaged_prospects_90d), sum(prospects)) AS engaged_share
FROM pardot_marts.account_engagement
GROUP BY ALL
ORDER BY engaged_share DESC NULLS LAST, industry;

-- Which companies hold many of our prospects, and not one of them has ever responded?
SELECT name, prospects, sent_ever, last_touch_at
FROM pardot_marts.account_engagement
WHERE prospects > 0 AND engaged_prospects_ever = 0
ORDER BY prospects DESC, sent_ever DESC, prospect_account_id;
