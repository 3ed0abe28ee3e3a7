-- One row per opportunity and touch before it was created, or in the same second.
--
-- Touches are those of int_opportunity_touches, numbered by their time and, within a second, their ids.
with touches as (
    select
        t.opportunity_id,
        t.activity_id,
        t.created_at_utc,
        t.created_on,
        -- Some minutes, because the form that makes a prospect known may be stamped before the prospect.
        t.created_at_utc >= t.prospect_created_at_utc - interval '5' minute as is_known
    from int_opportunity_touches as t
    where t.is_before_creation
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
