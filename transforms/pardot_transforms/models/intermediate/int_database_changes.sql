-- One row per prospect and change: created, deleted, opted_out, hard_bounced, mailable or unmailable.
--
-- Prospects hold what they are today and little of since when. Created is told. Deleted is the last update of a deleted
-- prospect, or when it was found to be delivered no longer. For the others the activities are asked: a prospect that is
-- opted out did it when it last opened the unsubscribe page or complained of spam, unless it subscribed again after
-- that; one that is marked as hard bounced, at its last bounce, as in deliverability. What no activity tells has no day.
-- A change before the creation came with it.
--
-- Mailable is who is neither deleted nor opted out, has an address that did not bounce hard, and is not marked "do not
-- email". That mark has no time; unless it goes with a hard bounce, which sets it, it is taken to have been there from
-- the beginning, as is what has no day.
-- Source: Pardot Knowledge Base, Exporting Unmailable Prospects; Spam Complaints Overview.
with signs as (
    select
        prospect_id,
        max(case when type in (12, 14, 35) then last_at end) as opted_out_at,
        max(case when type in (16, 37) then last_at end) as opted_in_at,
        max(case when type in (13, 36) then last_at end) as bounced_at
    from int_prospect_activity
    where type in (12, 13, 14, 16, 35, 36, 37)
    group by prospect_id
),

told as (
    select
        p.id as prospect_id,
        p.created_at,
        coalesce(p.is_deleted, false) as is_deleted,
        coalesce(p.is_opted_out, false) as is_opted_out,
        coalesce(p.is_email_hard_bounced, false) as is_hard_bounced,
        coalesce(p.email, '') = ''
        or (coalesce(p.is_do_not_email, false) and not coalesce(p.is_email_hard_bounced, false)) as is_never_mailable,
        coalesce(p.purged_at, p.updated_at, p.created_at) as deleted_at,
        case when s.opted_in_at > s.opted_out_at then null else s.opted_out_at end as opted_out_at,
        coalesce(s.bounced_at, p.email_bounced_at) as bounced_at
    from stg_prospects as p
    left join signs as s on s.prospect_id = p.id
),

timed as (
    select
        prospect_id,
        is_deleted,
        is_opted_out,
        is_hard_bounced,
        created_at at time zone 'UTC' as created_at_utc,
        case when deleted_at < created_at then created_at else deleted_at end at time zone 'UTC' as deleted_at_utc,
        case when opted_out_at < created_at then created_at else opted_out_at end
        at time zone 'UTC' as opted_out_at_utc,
        case when bounced_at < created_at then created_at else bounced_at end at time zone 'UTC' as bounced_at_utc,
        is_never_mailable
        or (is_deleted and deleted_at is null)
        or (is_opted_out and opted_out_at is null)
        or (is_hard_bounced and bounced_at is null) as is_never_mailable
    from told
),

mailed as (
    select
        prospect_id,
        is_never_mailable,
        created_at_utc,
        least(
            case when is_deleted then deleted_at_utc else timestamp '9999-12-31 00:00:00' end,
            case when is_opted_out then opted_out_at_utc else timestamp '9999-12-31 00:00:00' end,
            case when is_hard_bounced then bounced_at_utc else timestamp '9999-12-31 00:00:00' end
        ) as unmailable_at_utc
    from timed
),

mailable as (
    select
        prospect_id,
        created_at_utc,
        unmailable_at_utc
    from mailed
    where not is_never_mailable and (created_at_utc is null or created_at_utc < unmailable_at_utc)
)

select prospect_id, 'created' as change, cast(created_at_utc as date) as changed_on from timed
union all
select prospect_id, 'deleted' as change, cast(deleted_at_utc as date) as changed_on from timed where is_deleted
union all
select prospect_id, 'opted_out' as change, cast(opted_out_at_utc as date) as changed_on from timed where is_opted_out
union all
select prospect_id, 'hard_bounced' as change, cast(bounced_at_utc as date) as changed_on
from timed where is_hard_bounced
union all
select prospect_id, 'mailable' as change, cast(created_at_utc as date) as changed_on from mailable
union all
select prospect_id, 'unmailable' as change, cast(unmailable_at_utc as date) as changed_on
from mailable where unmailable_at_utc < timestamp '9999-12-31 00:00:00'
