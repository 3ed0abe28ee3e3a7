-- One row per move of a prospect from one lifecycle stage to another.
select
    id,
    prospect_id,
    previous_stage_id,
    next_stage_id,
    seconds_elapsed,
    created_at,
    created_at at time zone 'UTC' as created_at_utc
from pardot.lifecycle_histories
