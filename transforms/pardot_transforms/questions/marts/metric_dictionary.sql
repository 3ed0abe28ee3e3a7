-- How is the open rate computed, and what must I not do with it?
SELECT model, name, formula, grain, caveat
FROM pardot_marts.metric_dictionary
WHERE metric = 'open_rate'
ORDER BY model;

-- Which numbers does a table offer?
SELECT metric, name, formula
FROM pardot_marts.metric_dictionary
WHERE model = 'campaign_performance'
ORDER BY metric;

-- Which metrics carry the same name in several tables, and do they mean the same?
SELECT metric, count(*) AS tables, count(DISTINCT formula) AS formulas, string_agg(model, ', ' ORDER BY model) AS models
FROM pardot_marts.metric_dictionary
GROUP BY ALL
HAVING count(*) > 1
ORDER BY tables DESC, metric;

-- Where does anything about opt-outs come from?
SELECT model, metric, formula, caveat
FROM pardot_marts.metric_dictionary
WHERE metric ILIKE '%opt%out%'
ORDER BY model, metric;

-- Which rates are there, with what they are divided by?
SELECT model, metric, formula
FROM pardot_marts.metric_dictionary
WHERE metric LIKE '%rate%' OR metric LIKE '%share%' OR metric IN ('ctr', 'unique_ctr', 'ctor')
ORDER BY model, metric;
