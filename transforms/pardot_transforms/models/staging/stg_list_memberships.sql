-- One row per list membership, those that have ended included.
--
-- Account Engagement ends a membership by marking it as deleted, and takes the mark off when the prospect joins
-- again. A row that is delivered no longer ended between its last update and the day on which that was found.
-- Source: pardot/api-docs, issue 73, where Pardot describes lists as marked and unmarked memberships.
select
    id,
    list_id,
    prospect_id,
    coalesce(opted_out, false) as is_opted_out,
    coalesce(is_deleted, false) as is_deleted,
    created_at,
    updated_at,
    purged_at,
    _dlt_load_id as load_id,
    created_at at time zone 'UTC' as created_at_utc,
    updated_at at time zone 'UTC' as updated_at_utc,
    purged_at at time zone 'UTC' as purged_at_utc
from pardot.list_memberships
