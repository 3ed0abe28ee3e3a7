-- One row per UTC day, type and asset kind with at least one activity.
with per_prospect as (
    -- One row per day, type, asset kind and prospect: counting these rows counts distinct prospects.
    select
        created_on,
        type,
        verb,
        asset_kind,
        is_engagement,
        prospect_id,
        count(*) as activities
    from visitor_activities_enriched
    group by created_on, type, verb, asset_kind, is_engagement, prospect_id
)

select
    created_on,
    type,
    verb,
    asset_kind,
    is_engagement,
    cast(sum(activities) as bigint) as activities,
    cast(sum(case when prospect_id is null then activities else 0 end) as bigint) as anonymous_activities,
    count(prospect_id) as prospects
from per_prospect
group by created_on, type, verb, asset_kind, is_engagement
