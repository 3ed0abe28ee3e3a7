-- How many prospects have come into each stage, and which share of them went further?
SELECT position, stage_name, sum(entered) AS entered, sum(advanced) AS advanced,
    pardot_marts.conversion_rate(sum(advanced), sum(entered)) AS conversion_rate
FROM pardot_marts.lifecycle_funnel
GROUP BY ALL
ORDER BY position;

-- Do newer cohorts move on better than older ones out of a stage?
SELECT month_starts_on, entered, advanced, conversion_rate
FROM pardot_marts.lifecycle_funnel
WHERE stage_name = 'Marketing qualified'
ORDER BY month_starts_on;

-- In which stage do prospects sit longest?
SELECT stage_name, position, sum(finished_stays) AS finished_stays,
    pardot_marts.safe_divide(sum(average_days * finished_stays), sum(finished_stays)) AS average_days
FROM pardot_marts.lifecycle_funnel
GROUP BY ALL
ORDER BY average_days DESC NULLS LAST, position;

-- How many prospects does each stage hold at present, and since when have the oldest waited?
SELECT stage_name, position, sum(still_there) AS prospects,
    min(month_starts_on) FILTER (WHERE still_there > 0) AS waiting_since
FROM pardot_marts.lifecycle_funnel
GROUP BY ALL
ORDER BY position;

-- How many marketing-qualified prospects did we gain per month, and how many left without going further?
SELECT month_starts_on, entered, left_otherwise, entered_again
FROM pardot_marts.lifecycle_funnel
WHERE position = 2
ORDER BY month_starts_on DESC;
