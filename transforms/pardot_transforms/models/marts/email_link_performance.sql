-- One row per list email and link in it that was clicked, and one for its clicks whose link is not told.
--
-- Of a click activity the details name the link. What is no address there, the name of an email for instance, is not
-- taken for one.
with clicks as (
    select
        a.list_email_id,
        case when strpos(a.details, '://') > 0 then trim(a.details) end as link_url,
        a.prospect_id,
        s.id is not null as is_suspected,
        a.created_at
    from visitor_activities_enriched as a
    left join int_suspected_actions as s on s.id = a.id
    where a.type = 1 and a.list_email_id is not null
),

per_prospect as (
    -- One row per list email, link and prospect, one for the anonymous: counting prospects counts distinct ones.
    select
        list_email_id,
        link_url,
        prospect_id,
        count(*) as clicks,
        sum(case when is_suspected then 1 else 0 end) as suspected_clicks,
        min(created_at) as first_click_at,
        max(created_at) as last_click_at
    from clicks
    group by list_email_id, link_url, prospect_id
),

per_link as (
    select
        list_email_id,
        link_url,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(case when prospect_id is null then clicks else 0 end) as bigint) as anonymous_clicks,
        count(prospect_id) as unique_clicks,
        cast(sum(suspected_clicks) as bigint) as suspected_clicks,
        cast(sum(clicks - suspected_clicks) as bigint) as unsuspected_clicks,
        count(case when clicks > suspected_clicks then prospect_id end) as unsuspected_unique_clicks,
        min(first_click_at) as first_click_at,
        max(last_click_at) as last_click_at
    from per_prospect
    group by list_email_id, link_url
)

select
    l.list_email_id,
    l.link_url,
    e.name as list_email_name,
    e.campaign_id,
    e.sent_at,
    e.is_deleted,
    l.clicks,
    l.anonymous_clicks,
    l.unique_clicks,
    l.suspected_clicks,
    l.unsuspected_clicks,
    l.unsuspected_unique_clicks,
    l.first_click_at,
    l.last_click_at,
    e.clicks as email_clicks,
    cast(l.clicks as double) / e.clicks as share_of_clicks
from per_link as l
left join email_performance as e on e.list_email_id = l.list_email_id
