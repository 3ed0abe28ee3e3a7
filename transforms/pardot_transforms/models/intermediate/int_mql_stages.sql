-- One row per lifecycle stage and rule of mql_rules by which whoever is in the stage is a marketing qualified lead.
with named as (
    select
        r.rule,
        r.counts_later_stages,
        s.id as stage_id,
        s.position
    from mql_rules as r
    inner join stg_lifecycle_stages as s on lower(trim(s.name)) like r.stage_name
),

first_ones as (
    select
        rule,
        min(position) as position
    from named
    where counts_later_stages
    group by rule
)

select rule, stage_id from named
union
select
    f.rule,
    s.id as stage_id
from first_ones as f
inner join stg_lifecycle_stages as s on s.position > f.position
