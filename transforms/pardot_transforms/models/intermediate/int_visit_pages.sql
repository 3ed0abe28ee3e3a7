-- One row per session with page views: a visit that page views name, or a page view that names none.
--
-- Its page views are put in the order of their time and, within a second, of their ids; one without a time comes last.
-- Only numbers are put in order, which are small: the session is told by its id, below zero for a page view that names
-- no visit, and the addresses of the two ends are looked up.
with placed as (
    select
        coalesce(visit_id, -id) as session_key,
        id,
        visitor_id,
        duration_in_seconds,
        row_number() over (
            partition by coalesce(visit_id, -id) order by created_at_utc nulls last, id
        ) as place,
        count(*) over (partition by coalesce(visit_id, -id)) as pages
    from stg_visitor_page_views
),

sessions as (
    select
        session_key,
        min(visitor_id) as visitor_id,
        count(*) as pages,
        cast(sum(duration_in_seconds) as bigint) as seconds_on_pages,
        max(case when place = 1 then id end) as entry_page_view_id,
        max(case when place = pages then id end) as exit_page_view_id
    from placed
    group by session_key
)

select
    f.session_kind,
    f.session_id,
    s.visitor_id,
    s.pages,
    s.seconds_on_pages,
    s.entry_page_view_id,
    s.exit_page_view_id,
    f.page as entry_page,
    l.page as exit_page,
    f.created_at as entered_at,
    l.created_at as exited_at
from sessions as s
inner join stg_visitor_page_views as f on f.id = s.entry_page_view_id
inner join stg_visitor_page_views as l on l.id = s.exit_page_view_id
