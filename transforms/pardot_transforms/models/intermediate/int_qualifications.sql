-- One row per prospect and rule of mql_rules that it meets or has met.
--
-- Of a stage it is met now by who is in it now: by the prospect itself or, where that tells no stage, by its newest move.
-- Since when is the first entry that is loaded. Of the prospect, it is met by the score, the grade and the user it has
-- now, and since the first version that did; who did in a first version, with a past that nobody recorded, did so since
-- an unknown time.
with newest_moves as (
    select
        prospect_id,
        stage_id
    from (
        select
            prospect_id,
            next_stage_id as stage_id,
            row_number() over (partition by prospect_id order by created_at_utc desc, id desc) as place
        from stg_lifecycle_histories
        where prospect_id is not null and created_at is not null
    ) as moves
    where place = 1
),

stages_now as (
    select
        coalesce(p.id, n.prospect_id) as prospect_id,
        coalesce(p.lifecycle_stage_id, n.stage_id) as stage_id
    from stg_prospects as p
    full outer join newest_moves as n on n.prospect_id = p.id
),

-- What a prospect is now and what it was are looked at in the same way.
states as (
    select
        id as prospect_id,
        score,
        grade,
        assigned_to_id,
        true as is_now,
        cast(null as timestamptz) as valid_from,
        cast(null as bigint) as version
    from stg_prospects
    union all
    select
        id as prospect_id,
        score,
        grade,
        assigned_to_id,
        false as is_now,
        case when not is_past_unknown then valid_from end as valid_from,
        version
    from prospect_versions
),

graded as (
    select
        prospect_id,
        score,
        assigned_to_id,
        is_now,
        valid_from,
        version,
        -- From 1 for F to 15 for A+; NULL for what is no grade.
        case upper(substr(trim(grade), 1, 1))
            when 'A' then 14
            when 'B' then 11
            when 'C' then 8
            when 'D' then 5
            when 'F' then 2
        end
        + case substr(trim(grade), 2, 1) when '+' then 1 when '-' then -1 else 0 end as grade_number
    from states
),

demands as (
    select
        rule,
        least_score,
        least_grade,
        is_assigned,
        case upper(substr(trim(least_grade), 1, 1))
            when 'A' then 14
            when 'B' then 11
            when 'C' then 8
            when 'D' then 5
            when 'F' then 2
        end
        + case substr(trim(least_grade), 2, 1) when '+' then 1 when '-' then -1 else 0 end as grade_number
    from mql_rules
    where stage_name is null
),

met as (
    select
        r.rule,
        s.prospect_id,
        s.is_now,
        s.valid_from,
        row_number() over (partition by r.rule, s.prospect_id, s.is_now order by s.version) as place
    from graded as s
    inner join demands as r
        on (r.least_score is null or s.score >= r.least_score)
        and (r.least_grade is null or s.grade_number >= r.grade_number)
        and (r.is_assigned is null or r.is_assigned = (s.assigned_to_id is not null))
),

signs as (
    select
        m.rule,
        n.prospect_id,
        true as is_now,
        cast(null as timestamptz) as met_at
    from stages_now as n
    inner join int_mql_stages as m on m.stage_id = n.stage_id
    union all
    select
        m.rule,
        e.prospect_id,
        false as is_now,
        e.entered_at as met_at
    from int_stage_entries as e
    inner join int_mql_stages as m on m.stage_id = e.stage_id
    union all
    select
        rule,
        prospect_id,
        is_now,
        valid_from as met_at
    from met
    where place = 1
)

select
    prospect_id,
    rule,
    max(case when is_now then 1 else 0 end) = 1 as is_met,
    min(met_at) as met_at
from signs
group by prospect_id, rule
