-- One row per opportunity outside the recycle bin.
select
    id as opportunity_id,
    name,
    campaign_id,
    stage,
    status,
    coalesce(lower(status) = 'won', false) as is_won,
    coalesce(lower(status) = 'lost', false) as is_lost,
    created_at,
    closed_at,
    created_at at time zone 'UTC' as created_at_utc,
    closed_at at time zone 'UTC' as closed_at_utc,
    -- Beyond this it is no amount of money, and no type for money would hold it.
    -- Rounded to the cent here: databases differ on how a cast rounds what is not the double that it looks like.
    case
        when abs(value) < 1000000000000
            then cast(
                cast(cast(floor(value * 100 + 0.5) as bigint) as decimal(18, 2)) * cast(0.01 as decimal(3, 2))
                as decimal(18, 2)
            )
    end as value
from stg_opportunities
where not coalesce(is_deleted, false)
