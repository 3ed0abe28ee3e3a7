-- Which campaigns exist, and which of them are tied to a campaign of Salesforce?
SELECT id, name, cost, salesforce_id, created_at
FROM pardot.campaigns
WHERE NOT coalesce(is_deleted, false)
ORDER BY created_at DESC, id;
