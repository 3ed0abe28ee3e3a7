-- Whom shall we call first, and why?
SELECT call_rank, prospect_name, prospect_account_name, job_title, reasons, points
FROM pardot_marts.follow_up_queue
ORDER BY call_rank
LIMIT 10;

-- What does each owner's call list look like?
SELECT assigned_to_id, count(*) AS prospects, sum(points) AS points, min(call_rank) AS best_rank
FROM pardot_marts.follow_up_queue
GROUP BY ALL
ORDER BY points DESC, assigned_to_id;

-- Which hot prospects belong to nobody?
SELECT call_rank, prospect_id, prospect_name, reasons
FROM pardot_marts.follow_up_queue
WHERE assigned_to_id IS NULL
ORDER BY call_rank
LIMIT 20;

-- Which companies have several people on the list?
SELECT prospect_account_name, count(*) AS prospects, sum(points) AS points, string_agg(prospect_name, ', ') AS people
FROM pardot_marts.follow_up_queue
WHERE prospect_account_name IS NOT NULL
GROUP BY ALL
HAVING count(*) > 1
ORDER BY points DESC, prospect_account_name;

-- Who can be telephoned today: a number is known, a sign is from the last week?
SELECT call_rank, prospect_name, prospect_account_name, last_sign_at, reasons
FROM pardot_marts.follow_up_queue
WHERE has_phone AND last_sign_at >= as_of - INTERVAL 7 DAY
ORDER BY call_rank;
