-- One row per entry of a prospect into a lifecycle stage.
--
-- A prospect's moves are followed in the order of their time and, within a second, of their ids. Moves without a
-- prospect or a time cannot be followed and are left out, as are moves to no stage, which only end a stay. A stage
-- that is jumped over is not entered.
with moves as (
    select
        h.id,
        h.prospect_id,
        h.previous_stage_id,
        h.next_stage_id as stage_id,
        h.seconds_elapsed,
        h.created_at,
        h.created_at_utc,
        s.position
    from stg_lifecycle_histories as h
    left join stg_lifecycle_stages as s on s.id = h.next_stage_id
    where h.prospect_id is not null and h.created_at is not null
),

followed as (
    select
        id,
        prospect_id,
        stage_id,
        created_at,
        position,
        date_trunc('month', created_at_utc) as month_utc,
        row_number() over (partition by prospect_id, stage_id order by created_at_utc, id) as entry_number,
        lead(previous_stage_id) over (partition by prospect_id order by created_at_utc, id) as stage_left_id,
        lead(stage_id) over (partition by prospect_id order by created_at_utc, id) as stage_after_id,
        lead(seconds_elapsed) over (partition by prospect_id order by created_at_utc, id) as seconds_elapsed_after,
        max(position) over (
            partition by prospect_id order by created_at_utc, id rows between 1 following and unbounded following
        ) as furthest_position_after,
        first_value(stage_id) over (partition by prospect_id order by created_at_utc desc, id desc) as stage_now_id
    from moves
)

select
    id,
    prospect_id,
    stage_id,
    position,
    created_at as entered_at,
    cast(month_utc as date) as month_starts_on,
    entry_number = 1 as is_first,
    case
        when furthest_position_after > position then 'advanced'
        when stage_now_id = stage_id then 'still_there'
        else 'left_otherwise'
    end as outcome,
    -- Account Engagement counts the stay on the move that ends it; a gap between the moves leaves it unknown.
    case
        when stage_left_id = stage_id and (stage_after_id is null or stage_after_id <> stage_id)
            then seconds_elapsed_after
    end as seconds_in_stage
from followed
where stage_id is not null
