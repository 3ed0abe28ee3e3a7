-- One row per page and UTC month in which it was viewed.
--
-- Page views are counted by page, month and session before they are joined with who was there.
with views as (
    select
        page,
        month_utc,
        session_kind,
        session_id,
        count(*) as views,
        count(duration_in_seconds) as timed_views,
        sum(duration_in_seconds) as seconds
    from stg_visitor_page_views
    group by page, month_utc, session_kind, session_id
),

parts as (
    select
        v.page,
        v.month_utc,
        sum(v.views) as views,
        count(distinct s.visitor_id) as visitors,
        count(distinct s.prospect_id) as prospects,
        0 as entries,
        0 as exits,
        sum(v.timed_views) as timed_views,
        sum(v.seconds) as seconds
    from views as v
    inner join visitor_sessions as s on s.session_kind = v.session_kind and s.session_id = v.session_id
    group by v.page, v.month_utc
    union all
    select
        entry_page as page,
        entered_month_utc as month_utc,
        0 as views,
        0 as visitors,
        0 as prospects,
        count(*) as entries,
        0 as exits,
        0 as timed_views,
        null as seconds
    from int_visit_pages
    group by entry_page, entered_month_utc
    union all
    select
        exit_page as page,
        exited_month_utc as month_utc,
        0 as views,
        0 as visitors,
        0 as prospects,
        0 as entries,
        count(*) as exits,
        0 as timed_views,
        null as seconds
    from int_visit_pages
    group by exit_page, exited_month_utc
)

select
    page,
    cast(month_utc as date) as month_starts_on,
    cast(sum(views) as bigint) as views,
    cast(sum(visitors) as bigint) as visitors,
    cast(sum(prospects) as bigint) as prospects,
    cast(sum(entries) as bigint) as entries,
    cast(sum(exits) as bigint) as exits,
    cast(sum(timed_views) as bigint) as timed_views,
    cast(sum(seconds) as bigint) as seconds,
    case when sum(timed_views) > 0 then cast(sum(seconds) as double) / sum(timed_views) end as average_seconds
from parts
group by page, month_utc
