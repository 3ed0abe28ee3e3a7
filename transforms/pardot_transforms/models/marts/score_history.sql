-- One row per prospect and version of its score, its grade and whether it is in the recycle bin.
with compared as (
    select
        id,
        version,
        score,
        grade,
        coalesce(is_deleted, false) as is_deleted,
        valid_from,
        is_past_unknown,
        lag(version) over (partition by id order by version) as previous_version,
        lag(score) over (partition by id order by version) as previous_score,
        lag(grade) over (partition by id order by version) as previous_grade,
        lag(coalesce(is_deleted, false)) over (partition by id order by version) as was_deleted
    from prospect_versions
),

changed as (
    select
        id,
        version,
        score,
        grade,
        is_deleted,
        previous_score,
        previous_grade,
        valid_from,
        is_past_unknown
    from compared
    where
        previous_version is null
        or score is distinct from previous_score
        or grade is distinct from previous_grade
        or is_deleted <> was_deleted
),

ended as (
    select
        id,
        score,
        grade,
        is_deleted,
        previous_score,
        previous_grade,
        valid_from,
        is_past_unknown,
        row_number() over (partition by id order by version) as version,
        lead(valid_from) over (partition by id order by version) as valid_to
    from changed
)

select
    id as prospect_id,
    version,
    score,
    grade,
    is_deleted,
    previous_score,
    score - previous_score as score_change,
    previous_grade,
    cast(valid_from at time zone 'UTC' as date) as began_on,
    valid_from,
    valid_to,
    valid_to is null as is_current,
    is_past_unknown
from ended
