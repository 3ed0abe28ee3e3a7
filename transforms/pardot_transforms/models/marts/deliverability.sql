-- One row per email domain and UTC month in which an email to it was sent, bounced or drew a spam complaint.
with addresses as (
    -- What follows the last @ of the address that the prospect has now.
    select
        id as prospect_id,
        nullif(lower(trim(substr(email, length(email) - strpos(reverse(email), '@') + 2))), '') as email_domain,
        is_email_hard_bounced
    from stg_prospects
),

per_prospect as (
    -- One row per prospect and month, one a month for emails to nobody known: counting rows counts prospects.
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
),

told as (
    -- A hard bounce ends all mail to the address, so the flag is about the last bounce; those before it were soft.
    -- Source: Pardot Knowledge Base, Bounce Management Overview.
    select
        a.email_domain,
        cast(r.month_utc as date) as month_starts_on,
        r.prospect_id,
        r.sent,
        r.bounced,
        r.spam_complaints,
        case when a.is_email_hard_bounced and r.bounced > 0 and r.place = 1 then 1 else 0 end as hard_bounced,
        case when a.is_email_hard_bounced is null then r.bounced else 0 end as untold_bounced
    from ranked as r
    left join addresses as a on a.prospect_id = r.prospect_id
),

counts as (
    select
        email_domain,
        month_starts_on,
        cast(sum(sent) as bigint) as sent,
        count(case when sent > 0 then prospect_id end) as recipients,
        cast(sum(bounced) as bigint) as bounced,
        count(case when bounced > 0 then prospect_id end) as bounced_prospects,
        cast(sum(hard_bounced) as bigint) as hard_bounced,
        cast(sum(bounced - hard_bounced - untold_bounced) as bigint) as soft_bounced,
        cast(sum(untold_bounced) as bigint) as untold_bounced,
        cast(sum(sent - bounced) as bigint) as delivered,
        cast(sum(spam_complaints) as bigint) as spam_complaints
    from told
    group by email_domain, month_starts_on
)

-- delivered is below zero when bounces of a month outnumber its sends: no rate of it then.
select
    email_domain,
    month_starts_on,
    sent,
    recipients,
    bounced,
    bounced_prospects,
    hard_bounced,
    soft_bounced,
    untold_bounced,
    delivered,
    spam_complaints,
    case when sent > 0 and delivered >= 0 then cast(delivered as double) / sent end as delivery_rate,
    case when sent > 0 then cast(bounced as double) / sent end as bounce_rate,
    case when sent > 0 and untold_bounced = 0 then cast(hard_bounced as double) / sent end as hard_bounce_rate,
    case when delivered > 0 then cast(spam_complaints as double) / delivered end as spam_rate_of_delivered,
    case when sent > 0 then cast(spam_complaints as double) / sent end as spam_rate_of_sent
from counts
