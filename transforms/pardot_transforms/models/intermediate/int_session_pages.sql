-- One row per session, page and UTC month with at least one page view.
with views as (
    select
        v.session_kind,
        v.session_id,
        v.page,
        v.month_utc,
        v.duration_in_seconds,
        case when v.id = p.entry_page_view_id then 1 else 0 end as entries,
        case when v.id = p.exit_page_view_id then 1 else 0 end as exits
    from stg_visitor_page_views as v
    inner join int_visit_pages as p on p.session_kind = v.session_kind and p.session_id = v.session_id
),

pages as (
    select
        session_kind,
        session_id,
        page,
        month_utc,
        count(*) as views,
        count(duration_in_seconds) as timed_views,
        sum(duration_in_seconds) as seconds,
        sum(entries) as entries,
        sum(exits) as exits
    from views
    group by session_kind, session_id, page, month_utc
)

select
    p.session_kind,
    p.session_id,
    s.visitor_id,
    s.prospect_id,
    p.page,
    cast(p.month_utc as date) as month_starts_on,
    p.views,
    p.timed_views,
    cast(p.seconds as bigint) as seconds,
    cast(p.entries as bigint) as entries,
    cast(p.exits as bigint) as exits
from pages as p
inner join visitor_sessions as s on s.session_kind = p.session_kind and s.session_id = p.session_id
