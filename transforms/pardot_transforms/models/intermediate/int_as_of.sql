-- One row: the latest activity in the data.
--
-- Reports look back from here and not from the wall clock: the same data give the same tables on any day.
select
    max(created_at) as as_of,
    max(created_at_utc) as as_of_utc
from visitor_activities_enriched
