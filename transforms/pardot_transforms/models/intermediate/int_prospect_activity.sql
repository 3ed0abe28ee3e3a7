-- One row per prospect, type and age band with at least one activity.
--
-- The age band is the narrowest look-back window that holds the activity: 7, 30 or 90 days before as_of, else
-- NULL. A window is so many times 24 hours, its older end left out.
with aged as (
    select
        a.prospect_id,
        a.type,
        a.is_engagement,
        a.created_at,
        case
            when a.created_at_utc > n.as_of_utc - interval '7' day then 7
            when a.created_at_utc > n.as_of_utc - interval '30' day then 30
            when a.created_at_utc > n.as_of_utc - interval '90' day then 90
        end as days_ago
    from visitor_activities_enriched as a
    cross join int_as_of as n
    where a.prospect_id is not null
)

select
    prospect_id,
    type,
    is_engagement,
    days_ago,
    count(*) as activities,
    min(created_at) as first_at,
    max(created_at) as last_at
from aged
group by prospect_id, type, is_engagement, days_ago
