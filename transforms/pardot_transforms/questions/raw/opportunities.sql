-- What is our pipeline by stage?
SELECT stage, status, count(*) AS opportunities, sum(value) AS value, avg(probability) AS average_probability
FROM pardot.opportunities
WHERE NOT coalesce(is_deleted, false)
GROUP BY ALL
ORDER BY value DESC NULLS LAST, stage;
