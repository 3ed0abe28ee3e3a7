-- One row: what database_growth comes to, and the prospects of today; a data test compares them.
with ranked as (
    select
        created,
        deleted,
        opted_out,
        hard_bounced,
        existing,
        mailable,
        row_number() over (order by counted_on desc nulls last) as place
    from database_growth
),

grown as (
    select
        coalesce(sum(created), 0) as created,
        coalesce(sum(deleted), 0) as deleted,
        coalesce(sum(opted_out), 0) as opted_out,
        coalesce(sum(hard_bounced), 0) as hard_bounced,
        coalesce(max(case when place = 1 then existing end), 0) as existing,
        coalesce(max(case when place = 1 then mailable end), 0) as mailable
    from ranked
),

flagged as (
    select
        coalesce(is_deleted, false) as is_deleted,
        coalesce(is_opted_out, false) as is_opted_out,
        coalesce(is_email_hard_bounced, false) as is_hard_bounced,
        coalesce(is_do_not_email, false) as is_do_not_email,
        email is not null and email <> '' as has_address
    from stg_prospects
),

today as (
    select
        count(*) as prospects,
        count(case when is_deleted then 1 end) as deleted_prospects,
        count(case when is_opted_out then 1 end) as opted_out_prospects,
        count(case when is_hard_bounced then 1 end) as hard_bounced_prospects,
        count(
            case
                when has_address and not (is_deleted or is_opted_out or is_hard_bounced or is_do_not_email) then 1
            end
        ) as mailable_prospects
    from flagged
)

select
    t.prospects,
    t.deleted_prospects,
    t.opted_out_prospects,
    t.hard_bounced_prospects,
    t.mailable_prospects,
    cast(g.created as bigint) as created,
    cast(g.deleted as bigint) as deleted,
    cast(g.opted_out as bigint) as opted_out,
    cast(g.hard_bounced as bigint) as hard_bounced,
    g.existing,
    g.mailable
from grown as g
cross join today as t
