-- What were score, grade and owner of our best prospects at the end of February 2026?
SELECT id, score, grade, assigned_to_id, lifecycle_stage_id
FROM pardot_marts.prospects_as_of('2026-02-28 23:59:59+00')
ORDER BY score DESC NULLS LAST, id
LIMIT 20;

-- Who was given to another owner, and when?
SELECT id, previous_owner, assigned_to_id AS owner, valid_from
FROM (
    SELECT *, lag(assigned_to_id) OVER (PARTITION BY id ORDER BY version) AS previous_owner
    FROM pardot_history.prospect_versions
)
WHERE version > 1 AND previous_owner IS DISTINCT FROM assigned_to_id
ORDER BY valid_from DESC, id;

-- How many prospects stood in each lifecycle stage at the end of each month?
WITH ends AS (
    SELECT CAST(month AS TIMESTAMPTZ) AS month_end
    FROM generate_series(
        (SELECT date_trunc('month', min(valid_from)) + INTERVAL 1 MONTH FROM pardot_history.prospect_versions),
        (SELECT max(valid_from) FROM pardot_history.prospect_versions),
        INTERVAL 1 MONTH
    ) AS months (month)
)
SELECT month_end, lifecycle_stage_id, count(*) AS prospects
FROM ends JOIN pardot_history.prospect_versions ON valid_from <= month_end AND (valid_to > month_end OR valid_to IS NULL)
WHERE NOT coalesce(is_deleted, false)
GROUP BY ALL
ORDER BY month_end, lifecycle_stage_id;
