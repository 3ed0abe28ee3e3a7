-- One row per visit that is loaded or that any page view names, and per page view that names no visit.
--
-- Page views and submissions come as one row per session each.
with visits as (
    select
        'visit' as session_kind,
        session_id,
        visitor_id,
        prospect_id,
        visitor_page_view_count,
        duration_in_seconds,
        source_parameter,
        medium_parameter,
        campaign_parameter,
        content_parameter,
        term_parameter,
        first_visitor_page_view_at,
        last_visitor_page_view_at,
        created_at
    from stg_visits
),

sessions as (
    select
        coalesce(v.session_kind, p.session_kind) as session_kind,
        coalesce(v.session_id, p.session_id) as session_id,
        v.session_id is not null as is_loaded,
        coalesce(v.visitor_id, p.visitor_id) as visitor_id,
        v.prospect_id,
        coalesce(v.first_visitor_page_view_at, p.entered_at, v.created_at) as started_at,
        coalesce(
            v.last_visitor_page_view_at, p.exited_at, v.first_visitor_page_view_at, p.entered_at, v.created_at
        ) as ended_at,
        v.duration_in_seconds as duration_seconds,
        p.seconds_on_pages,
        coalesce(p.pages, 0) as pages,
        v.visitor_page_view_count as pages_told,
        p.entry_page,
        p.exit_page,
        v.source_parameter,
        v.medium_parameter,
        v.campaign_parameter,
        v.content_parameter,
        v.term_parameter
    from visits as v
    full outer join int_visit_pages as p on p.session_kind = v.session_kind and p.session_id = v.session_id
)

select
    s.session_kind,
    s.session_id,
    s.is_loaded,
    s.visitor_id,
    -- The visit's own prospect before the visitor's: one browser may serve several people.
    coalesce(s.prospect_id, w.prospect_id) as prospect_id,
    s.started_at,
    s.ended_at,
    s.duration_seconds,
    s.seconds_on_pages,
    s.pages,
    s.pages_told,
    s.entry_page,
    s.exit_page,
    s.source_parameter,
    s.medium_parameter,
    s.campaign_parameter,
    s.content_parameter,
    s.term_parameter,
    coalesce(f.submissions, 0) as submissions
from sessions as s
left join stg_visitors as w on w.id = s.visitor_id
left join int_visit_submissions as f on s.session_kind = 'visit' and f.session_id = s.session_id
