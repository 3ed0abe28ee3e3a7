-- Which steps between stages do prospects take most often?
SELECT f.name AS from_stage, t.name AS to_stage, count(*) AS steps, median(h.seconds_elapsed) / 86400 AS median_days
FROM pardot.lifecycle_histories AS h
LEFT JOIN pardot.lifecycle_stages AS f ON f.id = h.previous_stage_id
LEFT JOIN pardot.lifecycle_stages AS t ON t.id = h.next_stage_id
GROUP BY ALL
ORDER BY steps DESC, from_stage, to_stage;
