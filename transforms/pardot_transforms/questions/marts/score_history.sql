-- Whose score jumped most since we keep a history?
SELECT prospect_id, previous_score, score, score_change, began_on
FROM pardot_marts.score_history
WHERE score_change > 0
ORDER BY score_change DESC, prospect_id
LIMIT 20;

-- Whose grade improved or fell, and when?
SELECT prospect_id, previous_grade, grade, began_on
FROM pardot_marts.score_history
WHERE previous_grade IS DISTINCT FROM grade AND version > 1
ORDER BY began_on DESC, prospect_id;

-- What is the average score of all prospects at the end of each month?
WITH ends AS (
    SELECT CAST(month AS TIMESTAMPTZ) AS month_end
    FROM generate_series(
        (SELECT date_trunc('month', min(valid_from)) + INTERVAL 1 MONTH FROM pardot_marts.score_history),
        (SELECT max(valid_from) FROM pardot_marts.score_history),
        INTERVAL 1 MONTH
    ) AS months (month)
)
SELECT month_end, count(*) AS prospects, avg(score) AS average_score
FROM ends JOIN pardot_marts.score_history ON valid_from <= month_end AND (valid_to > month_end OR valid_to IS NULL)
WHERE NOT coalesce(is_deleted, false)
GROUP BY ALL
ORDER BY month_end;

-- Who crossed 100 points, so that sales ought to look?
SELECT prospect_id, previous_score, score, valid_from
FROM pardot_marts.score_history
WHERE score >= 100 AND previous_score < 100
ORDER BY valid_from DESC, prospect_id;

-- How many prospects stand in each grade now?
SELECT coalesce(grade, 'none') AS grade, count(*) AS prospects, avg(score) AS average_score
FROM pardot_marts.score_history
WHERE is_current AND NOT coalesce(is_deleted, false)
GROUP BY ALL
ORDER BY prospects DESC, grade;
