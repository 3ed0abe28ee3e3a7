-- Which accounts have no owner?
SELECT id, name, industry, created_at
FROM pardot.prospect_accounts
WHERE assigned_to_id IS NULL AND NOT coalesce(is_deleted, false)
ORDER BY created_at DESC, id;
