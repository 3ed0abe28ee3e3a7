-- Of those who came in a month, which share was still active three months later?
SELECT cohort_starts_on, prospects, engaged_prospects, engaged_share
FROM pardot_marts.prospect_cohorts
WHERE months_since = 3 AND is_over
ORDER BY cohort_starts_on;

-- What does our retention curve look like, all cohorts taken together?
SELECT months_since, sum(engaged_prospects) AS engaged, sum(prospects) AS prospects,
    pardot_marts.safe_divide(sum(engaged_prospects), sum(prospects)) AS engaged_share
FROM pardot_marts.prospect_cohorts
WHERE is_over
GROUP BY ALL
ORDER BY months_since;

-- How many of each month's new prospects have an opportunity by now, and how many have won?
SELECT cohort_starts_on, prospects, converted_to_date, won_to_date, converted_share, won_share
FROM pardot_marts.prospect_cohorts
QUALIFY row_number() OVER (PARTITION BY cohort_starts_on ORDER BY months_since DESC) = 1
ORDER BY cohort_starts_on;

-- How many months does it take until half of the opportunities that a cohort brings are there?
WITH total AS (
    SELECT cohort_starts_on, max(converted_to_date) AS final FROM pardot_marts.prospect_cohorts GROUP BY ALL
)
SELECT cohort_starts_on, final AS converted_so_far, min(months_since) AS months_to_half
FROM pardot_marts.prospect_cohorts JOIN total USING (cohort_starts_on)
WHERE final > 0 AND converted_to_date * 2 >= final
GROUP BY ALL
ORDER BY cohort_starts_on;

-- As a grid to be coloured: cohort down, months since across, share of active prospects?
PIVOT (
    SELECT cohort_starts_on, months_since, round(100 * engaged_share, 1) AS percent
    FROM pardot_marts.prospect_cohorts
    WHERE months_since <= 6
)
ON months_since IN (0, 1, 2, 3, 4, 5, 6)
USING any_value(percent)
GROUP BY cohort_starts_on
ORDER BY cohort_starts_on;
