-- Which accounts did we have at the end of February 2026, and who owned them?
SELECT id, name, type, rating, assigned_to_id
FROM pardot_marts.prospect_accounts_as_of('2026-02-28 23:59:59+00')
ORDER BY name, id;

-- Which accounts changed their owner or their name since we keep a history?
SELECT id, name, assigned_to_id, valid_from
FROM pardot_history.prospect_account_versions
WHERE version > 1
ORDER BY valid_from DESC, id;
