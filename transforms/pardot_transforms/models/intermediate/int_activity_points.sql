-- One row per prospect with an activity that counts by activity_weights, and its points.
--
-- The windows are those of int_prospect_activity.
with weighted as (
    select
        a.prospect_id,
        w.points,
        coalesce(a.created_at_utc > n.as_of_utc - interval '7' day, false) as is_of_7d,
        coalesce(a.created_at_utc > n.as_of_utc - interval '30' day, false) as is_of_30d,
        coalesce(a.created_at_utc > n.as_of_utc - interval '90' day, false) as is_of_90d
    from visitor_activities_enriched as a
    inner join activity_weights as w on w.type = a.type and coalesce(w.asset_kind, a.asset_kind) = a.asset_kind
    cross join int_as_of as n
    where a.prospect_id is not null
)

select
    prospect_id,
    cast(sum(case when is_of_7d then points else 0 end) as bigint) as points_7d,
    cast(sum(case when is_of_30d then points else 0 end) as bigint) as points_30d,
    cast(sum(case when is_of_90d then points else 0 end) as bigint) as points_90d,
    cast(sum(points) as bigint) as points_ever
from weighted
group by prospect_id
