-- One row per page view of a visitor.
--
-- The page is the address up to its query and fragment: those tell campaigns and places within the page apart, and a
-- page that is reached by a thousand of them is one page.
with addressed as (
    select
        id,
        visitor_id,
        visit_id,
        url,
        case when strpos(url, '?') > 0 then substr(url, 1, strpos(url, '?') - 1) else url end as address,
        duration_in_seconds,
        created_at
    from pardot.visitor_page_views
)

select
    id,
    visitor_id,
    visit_id,
    url,
    nullif(
        trim(case when strpos(address, '#') > 0 then substr(address, 1, strpos(address, '#') - 1) else address end), ''
    ) as page,
    duration_in_seconds,
    created_at,
    created_at at time zone 'UTC' as created_at_utc,
    date_trunc('month', created_at at time zone 'UTC') as month_utc,
    -- A page view that names no visit is a session of its own.
    case when visit_id is null then 'page_view' else 'visit' end as session_kind,
    coalesce(visit_id, id) as session_id
from addressed
