-- Who was on each list at the end of February 2026?
SELECT list_id, count(*) AS members, count(*) FILTER (WHERE opted_out) AS opted_out
FROM pardot_marts.list_memberships_as_of('2026-02-28 23:59:59+00')
GROUP BY ALL
ORDER BY list_id;

-- Which memberships ended or were opted out of since we keep a history?
SELECT id, list_id, prospect_id, opted_out, is_deleted, purged_at, valid_from
FROM pardot_history.list_membership_versions
WHERE version > 1
ORDER BY valid_from DESC, id;
