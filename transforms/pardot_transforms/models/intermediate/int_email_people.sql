-- One row per list email and prospect that any activity names together, one for the anonymous.
select
    a.list_email_id,
    a.prospect_id,
    sum(case when a.type = 6 then 1 else 0 end) as sent,
    sum(case when a.type in (13, 36) then 1 else 0 end) as bounced,
    sum(case when a.type = 11 then 1 else 0 end) as opens,
    sum(case when a.type = 11 and s.id is not null then 1 else 0 end) as suspected_opens,
    sum(case when a.type = 1 then 1 else 0 end) as clicks,
    sum(case when a.type = 1 and s.id is not null then 1 else 0 end) as suspected_clicks,
    sum(case when a.type in (12, 35) then 1 else 0 end) as opt_outs,
    sum(case when a.type = 14 then 1 else 0 end) as spam_complaints
from visitor_activities_enriched as a
left join int_suspected_actions as s on s.id = a.id
where a.list_email_id is not null
group by a.list_email_id, a.prospect_id
