-- One row per table, check and run: what a run counted, of every run that is kept, and the state after the newest one.
--
-- Only tables that some run was to read.
with asked as (
    select distinct table_name
    from stg_runs
),

states as (
    select table_name, check_name, value, out_of, expected_low, expected_high, has_enough, explanation
    from int_time_checks
    union all
    select table_name, check_name, value, out_of, expected_low, expected_high, has_enough, explanation
    from int_activity_checks
    union all
    select table_name, check_name, value, out_of, expected_low, expected_high, has_enough, explanation
    from int_key_checks
),

checks as (
    select
        run_number,
        run_at,
        table_name,
        check_name,
        value,
        out_of,
        case when has_enough then expected_low end as expected_low,
        case when has_enough then expected_high end as expected_high,
        has_enough,
        explanation
    from int_run_checks
    union all
    select
        n.run_number,
        n.run_at,
        s.table_name,
        s.check_name,
        s.value,
        s.out_of,
        case when s.has_enough then s.expected_low end as expected_low,
        case when s.has_enough then s.expected_high end as expected_high,
        s.has_enough,
        s.explanation
    from states as s
    inner join asked as t on t.table_name = s.table_name
    cross join int_newest_run as n
)

select
    table_name,
    check_name,
    run_number,
    run_at,
    value,
    expected_low,
    expected_high,
    out_of,
    case
        when not has_enough then 'not enough rows'
        when expected_low is null and expected_high is null then 'not judged'
        when value < expected_low or value > expected_high then 'warn'
        else 'ok'
    end as status,
    explanation
from checks
