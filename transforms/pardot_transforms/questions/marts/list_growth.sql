-- How many members does each list have today?
SELECT list_id, name, is_dynamic, members, opted_out_members, changed_on AS last_changed_on
FROM pardot_marts.list_growth
QUALIFY row_number() OVER (PARTITION BY list_id ORDER BY changed_on DESC) = 1
ORDER BY members DESC, list_id;

-- How did each list grow month by month?
SELECT name, list_id, date_trunc('month', changed_on) AS month, sum(added) AS added, sum(removed) AS removed,
    sum(net) AS net, arg_max(members, changed_on) AS members_at_end
FROM pardot_marts.list_growth
GROUP BY ALL
ORDER BY list_id, month;

-- Which lists lose people: more left than came in the last 90 days?
SELECT name, list_id, sum(added) AS added, sum(removed) AS removed, sum(opted_out) AS opted_out
FROM pardot_marts.list_growth
WHERE changed_on > (SELECT max(changed_on) FROM pardot_marts.list_growth) - 90
GROUP BY ALL
HAVING sum(removed) > sum(added)
ORDER BY sum(removed) - sum(added) DESC, list_id;

-- Which share of a list's members has opted out of it?
SELECT name, list_id, members, opted_out_members,
    pardot_marts.safe_divide(opted_out_members, members) AS opted_out_share
FROM pardot_marts.list_growth
QUALIFY row_number() OVER (PARTITION BY list_id ORDER BY changed_on DESC) = 1
ORDER BY opted_out_share DESC NULLS LAST, list_id;

-- On which days did unusually many people join a list, as after an import?
SELECT changed_on, name, list_id, added
FROM pardot_marts.list_growth
ORDER BY added DESC, changed_on, list_id
LIMIT 10;
