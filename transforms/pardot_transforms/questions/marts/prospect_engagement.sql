-- Who was most active in the last 30 days?
SELECT prospect_id, prospect_name, score, grade,
    opens_30d + clicks_30d + views_30d + successes_30d + visits_30d AS engagements_30d, last_engaged_at
FROM pardot_marts.prospect_engagement
WHERE NOT coalesce(is_deleted, false)
ORDER BY engagements_30d DESC, prospect_id
LIMIT 20;

-- Which good prospects (grade A or B) have gone quiet: active 90 days ago, not in the last 30?
SELECT prospect_id, prospect_name, score, grade, last_engaged_at
FROM pardot_marts.prospect_engagement
WHERE grade[1] IN ('A', 'B') AND last_engaged_at < as_of - INTERVAL 30 DAY
    AND last_engaged_at >= as_of - INTERVAL 90 DAY AND NOT coalesce(is_deleted, false)
ORDER BY score DESC NULLS LAST, prospect_id;

-- Whom do we mail again and again without ever seeing an open or a click?
SELECT prospect_id, prospect_name, sent_ever, last_touch_at
FROM pardot_marts.prospect_engagement
WHERE sent_ever >= 5 AND opens_ever = 0 AND clicks_ever = 0 AND NOT coalesce(is_opted_out, false)
ORDER BY sent_ever DESC, prospect_id;

-- Does our scoring mean anything: how active are prospects in each band of score?
SELECT CASE WHEN score >= 200 THEN '200 and more' WHEN score >= 100 THEN '100 to 199' WHEN score >= 50 THEN '50 to 99'
        WHEN score >= 0 THEN 'below 50' ELSE 'none' END AS score_band,
    min(score) AS lowest, count(*) AS prospects, avg(clicks_ever) AS average_clicks,
    avg(successes_ever) AS average_form_successes,
    pardot_marts.safe_divide(count(*) FILTER (WHERE last_engaged_at >= as_of - INTERVAL 30 DAY), count(*)) AS active_share
FROM pardot_marts.prospect_engagement
GROUP BY score_band
ORDER BY lowest DESC NULLS LAST;

-- How many prospects are active, cooling, asleep, or never did anything?
SELECT CASE WHEN last_engaged_at >= as_of - INTERVAL 30 DAY THEN '1 active within 30 days'
        WHEN last_engaged_at >= as_of - INTERVAL 90 DAY THEN '2 cooling, within 90 days'
        WHEN last_engaged_at IS NOT NULL THEN '3 asleep' ELSE '4 never did anything' END AS state,
    count(*) AS prospects
FROM pardot_marts.prospect_engagement
WHERE NOT coalesce(is_deleted, false)
GROUP BY ALL
ORDER BY state;
