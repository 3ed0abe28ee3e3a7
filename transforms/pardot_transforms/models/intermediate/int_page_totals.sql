-- One row: the page views that are loaded, and what visitor_sessions and top_pages make of them, for data tests.
with loaded as (
    select count(*) as page_views from stg_visitor_page_views
),

sessions as (
    select
        sum(pages) as pages,
        sum(case when pages > 0 then 1 else 0 end) as sessions_with_pages
    from visitor_sessions
),

pages as (
    select
        sum(views) as views,
        sum(entries) as entries,
        sum(exits) as exits
    from top_pages
)

select
    l.page_views,
    cast(coalesce(s.pages, 0) as bigint) as pages,
    cast(coalesce(s.sessions_with_pages, 0) as bigint) as sessions_with_pages,
    cast(coalesce(p.views, 0) as bigint) as views,
    cast(coalesce(p.entries, 0) as bigint) as entries,
    cast(coalesce(p.exits, 0) as bigint) as exits
from loaded as l
cross join sessions as s
cross join pages as p
