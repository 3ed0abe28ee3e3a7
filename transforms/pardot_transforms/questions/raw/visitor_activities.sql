-- What does one prospect's timeline look like, as Account Engagement has it?
SELECT created_at, type, type_name, details, campaign_id
FROM pardot.visitor_activities
WHERE prospect_id = (SELECT max(prospect_id) FROM pardot.visitor_activities)
ORDER BY created_at, id;

-- Which activities are no longer delivered by Account Engagement?
SELECT id, created_at, type_name, purged_at
FROM pardot.visitor_activities
WHERE purged_at IS NOT NULL
ORDER BY purged_at DESC, id;
