-- One row per prospect and UTC month in which an email to it was sent, bounced or drew a spam complaint.
--
-- For emails to nobody known there is one a month.
with per_prospect as (
    select
        prospect_id,
        date_trunc('month', created_at_utc) as month_utc,
        sum(case when type = 6 then 1 else 0 end) as sent,
        sum(case when type in (13, 36) then 1 else 0 end) as bounced,
        sum(case when type = 14 then 1 else 0 end) as spam_complaints
    from visitor_activities_enriched
    where type in (6, 13, 14, 36)
    group by prospect_id, date_trunc('month', created_at_utc)
),

ranked as (
    -- The latest month with a bounce comes first.
    select
        prospect_id,
        month_utc,
        sent,
        bounced,
        spam_complaints,
        row_number() over (
            partition by prospect_id
            order by case when bounced > 0 then 0 else 1 end, month_utc desc nulls last
        ) as place
    from per_prospect
)

-- A hard bounce ends all mail to the address, so the flag is about the last bounce; those before it were soft.
-- Source: Pardot Knowledge Base, Bounce Management Overview.
select
    p.email_domain,
    cast(r.month_utc as date) as month_starts_on,
    r.prospect_id,
    r.sent,
    r.bounced,
    r.spam_complaints,
    case when p.is_email_hard_bounced and r.bounced > 0 and r.place = 1 then 1 else 0 end as hard_bounced,
    case when p.is_email_hard_bounced is null then r.bounced else 0 end as untold_bounced
from ranked as r
left join int_people as p on p.prospect_id = r.prospect_id
