-- One row per prospect and listed type of activity with at least one in the last 30 days, and what these count.
with recent as (
    select
        prospect_id,
        type,
        cast(sum(case when days_ago <= 7 then activities else 0 end) as bigint) as activities_7d,
        cast(sum(activities) as bigint) as activities_30d,
        max(last_at) as last_at
    from int_prospect_activity
    where days_ago <= 30
    group by prospect_id, type
)

select
    r.prospect_id,
    r.type,
    w.reason,
    r.activities_7d,
    r.activities_30d,
    r.last_at,
    w.points_7d * least(r.activities_7d, w.most)
    + w.points_30d * least(r.activities_30d - r.activities_7d, w.most) as points
from recent as r
inner join follow_up_weights as w on w.type = r.type
