-- What did the pipeline look like at the end of February 2026, by the stages of that time?
SELECT stage, count(*) AS opportunities, sum(value) AS value
FROM pardot_marts.opportunities_as_of('2026-02-28 23:59:59+00')
GROUP BY ALL
ORDER BY value DESC NULLS LAST, stage;

-- Which opportunities changed stage, value or probability, and from what?
SELECT id, valid_from, previous_stage, stage, previous_value, value
FROM (
    SELECT *, lag(stage) OVER (PARTITION BY id ORDER BY version) AS previous_stage,
        lag(value) OVER (PARTITION BY id ORDER BY version) AS previous_value
    FROM pardot_history.opportunity_versions
)
WHERE version > 1
ORDER BY valid_from DESC, id;
