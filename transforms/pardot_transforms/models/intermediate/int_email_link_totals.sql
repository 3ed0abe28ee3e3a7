-- One row per list email with a click: what its links add up to; a data test compares it with email_performance.
with links as (
    select
        list_email_id,
        sum(clicks) as link_clicks
    from email_link_performance
    group by list_email_id
)

select
    coalesce(e.list_email_id, l.list_email_id) as list_email_id,
    e.clicks as email_clicks,
    cast(l.link_clicks as bigint) as link_clicks
from email_performance as e
full outer join links as l on l.list_email_id = e.list_email_id
where e.clicks > 0 or e.list_email_id is null
