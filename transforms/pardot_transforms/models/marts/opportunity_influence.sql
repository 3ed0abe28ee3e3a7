-- One row per opportunity and campaign that touched it; one without a campaign for touches that name none, or no touch.
with per_prospect as (
    -- One row per opportunity, campaign and prospect: counting rows counts prospects.
    select
        opportunity_id,
        campaign_id,
        prospect_id,
        count(*) as touches,
        sum(case when is_before_creation then 1 else 0 end) as touches_before_creation,
        min(created_at) as first_touch_at,
        max(created_at) as last_touch_at
    from int_opportunity_touches
    group by opportunity_id, campaign_id, prospect_id
),

per_campaign as (
    select
        opportunity_id,
        campaign_id,
        count(*) as touching_prospects,
        cast(sum(touches) as bigint) as touches,
        cast(sum(touches_before_creation) as bigint) as touches_before_creation,
        min(first_touch_at) as first_touch_at,
        max(last_touch_at) as last_touch_at
    from per_prospect
    group by opportunity_id, campaign_id
)

select
    o.opportunity_id,
    t.campaign_id,
    o.name as opportunity_name,
    c.name as campaign_name,
    o.campaign_id as opportunity_campaign_id,
    o.stage as opportunity_stage,
    o.status as opportunity_status,
    o.is_won,
    o.is_lost,
    o.created_at as opportunity_created_at,
    o.closed_at as opportunity_closed_at,
    o.value as opportunity_value,
    t.opportunity_id is not null as is_touched,
    coalesce(t.touching_prospects, 0) as touching_prospects,
    coalesce(t.touches, 0) as touches,
    coalesce(t.touches_before_creation, 0) as touches_before_creation,
    coalesce(t.touches - t.touches_before_creation, 0) as touches_after_creation,
    t.first_touch_at,
    t.last_touch_at,
    case
        when t.first_touch_at <= o.created_at then date_diff(
            'day',
            cast(t.first_touch_at at time zone 'UTC' as date),
            cast(o.created_at_utc as date)
        )
    end as days_to_creation,
    case
        when (o.is_won or o.is_lost) and t.first_touch_at <= o.closed_at then date_diff(
            'day',
            cast(t.first_touch_at at time zone 'UTC' as date),
            cast(o.closed_at_utc as date)
        )
    end as days_to_close
from int_opportunities as o
left join per_campaign as t on t.opportunity_id = o.opportunity_id
left join stg_campaigns as c on c.id = t.campaign_id
