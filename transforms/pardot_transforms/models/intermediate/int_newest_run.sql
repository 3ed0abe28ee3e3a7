-- One row: the newest run. None before the first one.
--
-- By its number: a clock may be set back.
with numbered as (
    select max(run_number) as run_number
    from stg_runs
)

select
    n.run_number,
    max(r.run_at) as run_at,
    max(r.run_at_utc) as run_at_utc
from numbered as n
inner join stg_runs as r on r.run_number = n.run_number
group by n.run_number
