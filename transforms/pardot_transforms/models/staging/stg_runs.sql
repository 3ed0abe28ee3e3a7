-- One row per run and object that it was to read, with what it counted; backfills name only what they touched.
--
-- Two facts follow from the others: loaded = new + changed, and parsed + purged = loaded + seen before.
select
    run_number,
    run_at,
    run_at at time zone 'UTC' as run_at_utc,
    is_backfill,
    object as table_name,
    is_complete,
    files,
    bytes,
    parsed_rows,
    set_aside_rows,
    purged_rows,
    loaded_rows,
    new_rows,
    loaded_rows - new_rows as changed_rows,
    parsed_rows + purged_rows - loaded_rows as seen_before_rows,
    table_rows,
    coalesce(erased_rows, 0) as erased_rows,
    coalesce(removed_rows, 0) as removed_rows
from pardot._runs
