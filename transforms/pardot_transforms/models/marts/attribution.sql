-- One row per opportunity, model and touch that the model credits; one without a touch where it credits none.
--
-- The parts of a model add up to the value of the opportunity, to the cent: each is the difference between two running
-- totals, cut off at the cent, and the last running total is the value itself.
with placed as (
    select
        t.opportunity_id,
        t.activity_id,
        t.touch_number,
        t.touches,
        coalesce(t.touch_number = t.lead_touch_number, false) as is_lead_creation,
        w.model,
        case when t.touch_number = 1 then w.first_weight else 0 end
        + case when t.touch_number = t.lead_touch_number then w.lead_weight else 0 end
        + case when t.touch_number = t.touches then w.last_weight else 0 end as own_weight,
        w.other_weight,
        -- Counted from the last touch, whose weight is whole; a weight below a thousand-millionth of that is none.
        case
            when w.half_life_days is null then 1
            else cast(
                floor(
                    -- At 64 half-lives nothing is left, and some databases fail on what is too small for a double.
                    1000000000 * power(
                        cast(0.5 as double),
                        least(
                            cast(date_diff('day', cast(t.created_on as date), cast(t.last_touch_on as date)) as double)
                            / w.half_life_days,
                            cast(64 as double)
                        )
                    )
                ) as bigint
            )
        end as decay
    from int_touches as t
    cross join attribution_weights as w
),

counted_touches as (
    select distinct opportunity_id, touches from int_touches
),

counted as (
    select
        opportunity_id,
        activity_id,
        touch_number,
        is_lead_creation,
        model,
        own_weight,
        other_weight,
        decay,
        sum(case when own_weight > 0 then 0 else 1 end) over (partition by opportunity_id, model) as others
    from placed
),

weighted as (
    select
        opportunity_id,
        activity_id,
        touch_number,
        is_lead_creation,
        model,
        -- In whole numbers: instead of dividing other_weight by the number of touches, the rest is multiplied by it.
        cast(
            decay * case
                when own_weight > 0 and others > 0 then own_weight * others
                when own_weight > 0 then own_weight
                else other_weight
            end as bigint
        ) as weight
    from counted
),

credited as (
    select
        opportunity_id,
        activity_id,
        touch_number,
        is_lead_creation,
        model,
        weight,
        cast(
            sum(weight) over (
                partition by opportunity_id, model order by touch_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as running_weight,
        cast(sum(weight) over (partition by opportunity_id, model) as bigint) as total_weight
    from weighted
    where weight > 0
),

valued as (
    select
        o.opportunity_id,
        o.name as opportunity_name,
        o.campaign_id as opportunity_campaign_id,
        o.status as opportunity_status,
        o.created_at as opportunity_created_at,
        o.closed_at as opportunity_closed_at,
        o.value as opportunity_value,
        cast(o.value * 100 as bigint) as cents,
        w.model,
        c.activity_id,
        c.touch_number,
        coalesce(t.touches, 0) as touches,
        c.is_lead_creation,
        coalesce(c.weight, 1) as weight,
        coalesce(c.running_weight, 1) as running_weight,
        coalesce(c.total_weight, 1) as total_weight
    from int_opportunities as o
    cross join attribution_weights as w
    left join credited as c on c.opportunity_id = o.opportunity_id and c.model = w.model
    left join counted_touches as t on t.opportunity_id = o.opportunity_id
),

parted as (
    select
        opportunity_id,
        opportunity_name,
        opportunity_campaign_id,
        opportunity_status,
        opportunity_created_at,
        opportunity_closed_at,
        opportunity_value,
        model,
        activity_id,
        touch_number,
        touches,
        is_lead_creation,
        weight,
        total_weight,
        case
            when running_weight = total_weight then cents
            else cast(floor(cast(cents as double) * running_weight / total_weight) as bigint)
        end
        - cast(floor(cast(cents as double) * (running_weight - weight) / total_weight) as bigint) as cents
    from valued
)

select
    v.opportunity_id,
    v.opportunity_name,
    v.opportunity_campaign_id,
    v.opportunity_status,
    v.opportunity_created_at,
    v.opportunity_closed_at,
    v.opportunity_value,
    v.model,
    v.activity_id is not null as is_attributed,
    v.activity_id,
    v.touch_number,
    v.touches,
    coalesce(v.is_lead_creation, false) as is_lead_creation,
    a.created_at as touched_at,
    a.prospect_id,
    a.type,
    coalesce(a.verb, 'unattributed') as verb,
    a.asset_kind,
    a.asset_id,
    a.asset_name,
    a.campaign_id,
    a.campaign_name,
    v.weight,
    v.total_weight,
    cast(v.weight as double) / v.total_weight as share,
    cast(cast(v.cents as decimal(18, 2)) * cast(0.01 as decimal(3, 2)) as decimal(18, 2)) as attributed_value
from parted as v
left join visitor_activities_enriched as a on a.id = v.activity_id
