-- One row per opportunity and touch: what one of its prospects did before it was created, or in the same second.
--
-- A touch is what the person did, but for opening the unsubscribe page (12, 35) and complaining of spam (14).
-- Opportunities in the recycle bin are left out. Touches are numbered by their time and, within a second, their ids.
with people as (
    select
        id,
        created_at at time zone 'UTC' as created_at_utc
    from stg_prospects
),

touches as (
    select
        o.id as opportunity_id,
        a.id as activity_id,
        a.created_at_utc,
        a.created_on,
        -- Some minutes, because the form that makes a prospect known may be stamped before the prospect.
        a.created_at_utc >= p.created_at_utc - interval '5' minute as is_known
    from int_opportunity_prospects as l
    inner join stg_opportunities as o on o.id = l.opportunity_id
    inner join visitor_activities_enriched as a on a.prospect_id = l.prospect_id and a.created_at <= o.created_at
    left join people as p on p.id = l.prospect_id
    where a.is_engagement and a.type not in (12, 14, 35) and not coalesce(o.is_deleted, false)
),

numbered as (
    select
        opportunity_id,
        activity_id,
        created_on,
        is_known,
        row_number() over (partition by opportunity_id order by created_at_utc, activity_id) as touch_number
    from touches
)

select
    opportunity_id,
    activity_id,
    touch_number,
    count(*) over (partition by opportunity_id) as touches,
    min(case when is_known then touch_number end) over (partition by opportunity_id) as lead_touch_number,
    created_on,
    max(created_on) over (partition by opportunity_id) as last_touch_on
from numbered
