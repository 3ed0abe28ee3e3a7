-- One row per prospect that is worth a call now, with the reasons.
--
-- Nobody who must not be called and nobody in the recycle bin is here, and nobody whose own activity of the last 30
-- days counts nothing, however high the score: a call needs an occasion.
with signs as (
    select
        prospect_id,
        points,
        last_at,
        case
            when activities_7d = 0 then concat(reason, ': ', cast(activities_30d as varchar), ' in 30 days')
            when activities_7d = activities_30d then concat(reason, ': ', cast(activities_7d as varchar), ' in 7 days')
            else concat(
                reason, ': ', cast(activities_7d as varchar), ' in 7 days, ',
                cast(activities_30d as varchar), ' in 30 days'
            )
        end as reason,
        row_number() over (partition by prospect_id order by points desc, last_at desc, type) as place
    from int_follow_up_signs
),

per_prospect as (
    select
        prospect_id,
        cast(sum(points) as bigint) as activity_points,
        max(case when points > 0 then last_at end) as last_sign_at,
        max(case when place = 1 then reason end) as first_reason,
        max(case when place = 2 and points > 0 then reason end) as second_reason,
        max(case when place = 3 and points > 0 then reason end) as third_reason
    from signs
    group by prospect_id
),

fit as (
    select
        p.id as prospect_id,
        least(cast(floor(cast(coalesce(p.score, 0) as double) / w.score_per_point) as bigint), w.most_score_points)
            as score_points,
        case upper(substr(trim(p.grade), 1, 1))
            when 'A' then w.grade_a_points
            when 'B' then w.grade_b_points
            when 'C' then w.grade_c_points
            when 'D' then w.grade_d_points
            when 'F' then w.grade_f_points
            else 0
        end as grade_points
    from stg_prospects as p
    cross join follow_up_settings as w
    where not coalesce(p.is_deleted, false) and not coalesce(p.is_do_not_call, false)
),

counted as (
    select
        s.prospect_id,
        s.activity_points,
        f.score_points,
        f.grade_points,
        s.activity_points + f.score_points + f.grade_points as points,
        s.last_sign_at,
        s.first_reason,
        s.second_reason,
        s.third_reason
    from per_prospect as s
    inner join fit as f on f.prospect_id = s.prospect_id
    where s.activity_points > 0
)

select
    row_number() over (order by c.points desc, c.last_sign_at desc, c.prospect_id) as call_rank,
    c.prospect_id,
    n.prospect_name,
    n.prospect_account_id,
    n.prospect_account_name,
    p.job_title,
    p.assigned_to_id,
    p.salesforce_id,
    coalesce(trim(p.phone), '') <> '' as has_phone,
    coalesce(p.is_opted_out, false) as is_opted_out,
    d.as_of,
    c.last_sign_at,
    concat(
        c.first_reason,
        case when c.second_reason is null then '' else concat('; ', c.second_reason) end,
        case when c.third_reason is null then '' else concat('; ', c.third_reason) end,
        case when c.score_points > 0 then concat('; score ', cast(p.score as varchar)) else '' end,
        case when c.grade_points > 0 then concat('; grade ', trim(p.grade)) else '' end
    ) as reasons,
    p.score,
    p.grade,
    c.activity_points,
    c.score_points,
    c.grade_points,
    c.points
from counted as c
inner join stg_prospects as p on p.id = c.prospect_id
inner join int_people as n on n.prospect_id = c.prospect_id
cross join int_as_of as d
cross join follow_up_settings as w
where c.points >= w.least_points
