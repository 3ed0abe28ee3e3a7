-- Can I trust today's numbers: what is wrong in the newest run?
SELECT table_name, check_name, status, value, expected_low, expected_high, explanation
FROM pardot_marts.data_quality
WHERE run_number = (SELECT max(run_number) FROM pardot_marts.data_quality)
    AND status NOT IN ('ok', 'not judged', 'not enough rows')
ORDER BY status, table_name, check_name;

-- How fresh is each table?
SELECT table_name, value AS hours_since_read, status
FROM pardot_marts.data_quality
WHERE check_name = 'hours_since_read' AND run_number = (SELECT max(run_number) FROM pardot_marts.data_quality)
ORDER BY hours_since_read DESC, table_name;

-- How many rows did each of the last runs bring?
SELECT run_number, run_at, sum(value) AS rows_loaded
FROM pardot_marts.data_quality
WHERE check_name = 'rows_loaded'
GROUP BY ALL
ORDER BY run_number DESC
LIMIT 30;

-- Were any rows set aside because they could not be read?
SELECT run_at, table_name, value AS rows_set_aside
FROM pardot_marts.data_quality
WHERE check_name = 'rows_set_aside' AND value > 0
ORDER BY run_at DESC, table_name;

-- Which links between tables lead nowhere: how many rows name something that is not loaded?
SELECT table_name, check_name, value, out_of, pardot_marts.safe_divide(value, out_of) AS share, status
FROM pardot_marts.data_quality
WHERE starts_with(check_name, 'unmatched_')
    AND run_number = (SELECT max(run_number) FROM pardot_marts.data_quality)
ORDER BY share DESC NULLS LAST, table_name, check_name;
