-- One row per visitor activity with a time and a person: the prospect or, while none is known, the visitor.
select
    id,
    type,
    coalesce(prospect_id, -visitor_id) as person_id,
    prospect_id,
    visitor_id,
    list_email_id,
    details,
    is_email_activity,
    asset_kind,
    asset_id,
    is_engagement,
    created_at_utc
from visitor_activities_enriched
where created_at_utc is not null and (prospect_id is not null or visitor_id is not null)
