-- One row per visit in which a form or landing page was submitted.
select
    visit_id as session_id,
    count(*) as submissions
from visitor_activities_enriched
where type = 4 and visit_id is not null
group by visit_id
