-- One row per run, table and check of what the run counted.
--
-- Rows in, those delivered and those found purged, are loaded, set aside, seen before, or left out because their owner
-- was erased. Loaded ones are counted in the table: where it has more than came, that much is unaccounted for. Rows that
-- came between two runs are those of a run that was killed, so only rows that went are missing; erased ones are not.
with compared as (
    select
        run_number,
        run_at,
        table_name,
        is_complete,
        parsed_rows + set_aside_rows + purged_rows + erased_rows as rows_in,
        set_aside_rows,
        erased_rows,
        loaded_rows,
        greatest(seen_before_rows, 0) as rows_seen_before,
        greatest(-seen_before_rows, new_rows - loaded_rows, -new_rows, 0) as unaccounted_rows,
        table_rows - new_rows as rows_at_start,
        lag(table_rows - removed_rows) over (partition by table_name order by run_number) as rows_left_by_last
    from stg_runs
)

select
    run_number,
    run_at,
    table_name,
    'read_failed' as check_name,
    cast(case when is_complete then 0 else 1 end as double) as value,
    cast(null as bigint) as out_of,
    cast(0 as double) as expected_low,
    cast(0 as double) as expected_high,
    true as has_enough,
    '1 when the run did not read the table to its end, which the next one makes up for.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_loaded' as check_name,
    cast(loaded_rows as double) as value,
    rows_in as out_of,
    cast(null as double) as expected_low,
    cast(null as double) as expected_high,
    true as has_enough,
    'Rows written, new and changed ones; those that were found purged and marked are changed.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_seen_before' as check_name,
    cast(rows_seen_before as double) as value,
    rows_in as out_of,
    cast(null as double) as expected_low,
    cast(null as double) as expected_high,
    true as has_enough,
    'Duplicates: rows that came twice, or stood in the table as they came.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_set_aside' as check_name,
    cast(set_aside_rows as double) as value,
    rows_in as out_of,
    cast(0 as double) as expected_low,
    cast(0 as double) as expected_high,
    true as has_enough,
    'Records that no report counts, as they are unreadable; rejected_rows tells why.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_erased' as check_name,
    cast(erased_rows as double) as value,
    rows_in as out_of,
    cast(null as double) as expected_low,
    cast(null as double) as expected_high,
    true as has_enough,
    'Rows of people who were erased, which came and were left out.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_unaccounted_for' as check_name,
    cast(unaccounted_rows as double) as value,
    rows_in as out_of,
    cast(0 as double) as expected_low,
    cast(0 as double) as expected_high,
    true as has_enough,
    'Rows that the table has and that did not come, or that left it during the run.' as explanation
from compared
union all
select
    run_number,
    run_at,
    table_name,
    'rows_missing' as check_name,
    cast(greatest(coalesce(rows_left_by_last - rows_at_start, 0), 0) as double) as value,
    rows_left_by_last as out_of,
    cast(0 as double) as expected_low,
    cast(0 as double) as expected_high,
    rows_left_by_last is not null as has_enough,
    'Rows that left the table since the run before; no run removes any, but of erased people.' as explanation
from compared
