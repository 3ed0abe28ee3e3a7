-- One row per page and UTC month in which it was viewed.
select
    page,
    month_starts_on,
    cast(sum(views) as bigint) as views,
    count(distinct visitor_id) as visitors,
    count(distinct prospect_id) as prospects,
    cast(sum(entries) as bigint) as entries,
    cast(sum(exits) as bigint) as exits,
    cast(sum(timed_views) as bigint) as timed_views,
    cast(sum(seconds) as bigint) as seconds,
    case when sum(timed_views) > 0 then cast(sum(seconds) as double) / sum(timed_views) end as average_seconds
from int_session_pages
group by page, month_starts_on
