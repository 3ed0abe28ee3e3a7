-- One row per prospect account that is loaded or that any prospect names.
with members as (
    select
        prospect_account_id,
        -- Someone in the recycle bin is no member any more; what that person did stays in the history.
        not coalesce(is_deleted, false) as is_member,
        last_engaged_at at time zone 'UTC' as last_engaged_utc,
        as_of at time zone 'UTC' as as_of_utc,
        score,
        first_touch_at,
        last_touch_at,
        last_engaged_at,
        activities_7d,
        activities_30d,
        activities_90d,
        activities_ever,
        sent_ever,
        opens_ever,
        clicks_ever,
        views_ever,
        successes_ever,
        visits_ever
    from prospect_engagement
    where prospect_account_id is not null
),

banded as (
    select
        prospect_account_id,
        is_member,
        is_member and last_engaged_utc > as_of_utc - interval '7' day as is_engaged_7d,
        is_member and last_engaged_utc > as_of_utc - interval '30' day as is_engaged_30d,
        is_member and last_engaged_utc > as_of_utc - interval '90' day as is_engaged_90d,
        is_member and last_engaged_at is not null as is_engaged_ever,
        case when is_member then score end as score,
        first_touch_at,
        last_touch_at,
        last_engaged_at,
        activities_7d,
        activities_30d,
        activities_90d,
        activities_ever,
        sent_ever,
        opens_ever,
        clicks_ever,
        views_ever,
        successes_ever,
        visits_ever
    from members
),

per_account as (
    select
        prospect_account_id,
        cast(sum(case when is_member then 1 else 0 end) as bigint) as prospects,
        cast(sum(case when is_engaged_7d then 1 else 0 end) as bigint) as engaged_prospects_7d,
        cast(sum(case when is_engaged_30d then 1 else 0 end) as bigint) as engaged_prospects_30d,
        cast(sum(case when is_engaged_90d then 1 else 0 end) as bigint) as engaged_prospects_90d,
        cast(sum(case when is_engaged_ever then 1 else 0 end) as bigint) as engaged_prospects_ever,
        max(score) as highest_score,
        cast(sum(score) as bigint) as total_score,
        min(first_touch_at) as first_touch_at,
        max(last_touch_at) as last_touch_at,
        max(last_engaged_at) as last_engaged_at,
        cast(sum(activities_7d) as bigint) as activities_7d,
        cast(sum(activities_30d) as bigint) as activities_30d,
        cast(sum(activities_90d) as bigint) as activities_90d,
        cast(sum(activities_ever) as bigint) as activities_ever,
        cast(sum(sent_ever) as bigint) as sent_ever,
        cast(sum(opens_ever) as bigint) as opens_ever,
        cast(sum(clicks_ever) as bigint) as clicks_ever,
        cast(sum(views_ever) as bigint) as views_ever,
        cast(sum(successes_ever) as bigint) as successes_ever,
        cast(sum(visits_ever) as bigint) as visits_ever
    from banded
    group by prospect_account_id
)

select
    coalesce(a.id, n.prospect_account_id) as prospect_account_id,
    a.name,
    a.industry,
    a.is_deleted,
    d.as_of,
    coalesce(n.prospects, 0) as prospects,
    coalesce(n.engaged_prospects_7d, 0) as engaged_prospects_7d,
    coalesce(n.engaged_prospects_30d, 0) as engaged_prospects_30d,
    coalesce(n.engaged_prospects_90d, 0) as engaged_prospects_90d,
    coalesce(n.engaged_prospects_ever, 0) as engaged_prospects_ever,
    n.highest_score,
    n.total_score,
    n.first_touch_at,
    n.last_touch_at,
    n.last_engaged_at,
    coalesce(n.activities_7d, 0) as activities_7d,
    coalesce(n.activities_30d, 0) as activities_30d,
    coalesce(n.activities_90d, 0) as activities_90d,
    coalesce(n.activities_ever, 0) as activities_ever,
    coalesce(n.sent_ever, 0) as sent_ever,
    coalesce(n.opens_ever, 0) as opens_ever,
    coalesce(n.clicks_ever, 0) as clicks_ever,
    coalesce(n.views_ever, 0) as views_ever,
    coalesce(n.successes_ever, 0) as successes_ever,
    coalesce(n.visits_ever, 0) as visits_ever
from stg_prospect_accounts as a
full outer join per_account as n on n.prospect_account_id = a.id
cross join int_as_of as d
