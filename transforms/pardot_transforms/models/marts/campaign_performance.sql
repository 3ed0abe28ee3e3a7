-- One row per campaign that is loaded or that any activity, prospect, list email or opportunity names.
--
-- Activities, prospects, list emails and opportunities are each brought to one row per campaign before they are
-- joined: joined first and counted after, each would multiply the others.
with activities as (
    select
        campaign_id,
        cast(sum(activities) as bigint) as activities,
        cast(sum(case when prospect_id is null then activities else 0 end) as bigint) as anonymous_activities,
        count(prospect_id) as active_prospects,
        count(case when engagements > 0 then prospect_id end) as engaged_prospects,
        cast(sum(sent) as bigint) as sent,
        cast(sum(opens) as bigint) as opens,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(successes) as bigint) as successes,
        cast(sum(visits) as bigint) as visits,
        min(first_activity_at) as first_activity_at,
        max(last_activity_at) as last_activity_at
    from int_campaign_people
    group by campaign_id
),

list_emails as (
    select
        campaign_id,
        count(*) as list_emails
    from stg_list_emails
    where campaign_id is not null
    group by campaign_id
),

prospects as (
    select
        campaign_id,
        cast(sum(case when coalesce(is_deleted, false) then 0 else 1 end) as bigint) as sourced_prospects
    from stg_prospects
    where campaign_id is not null
    group by campaign_id
),

opportunities as (
    select
        campaign_id,
        count(*) as opportunities,
        sum(value) as opportunity_value,
        cast(sum(case when lower(status) = 'won' then 1 else 0 end) as bigint) as won_opportunities,
        sum(case when lower(status) = 'won' then value end) as won_value
    from stg_opportunities
    where campaign_id is not null and not coalesce(is_deleted, false)
    group by campaign_id
),

named as (
    select id as campaign_id from stg_campaigns
    union
    select campaign_id from activities
    union
    select campaign_id from list_emails
    union
    select campaign_id from prospects
    union
    select campaign_id from stg_opportunities where campaign_id is not null
)

select
    n.campaign_id,
    c.name,
    c.cost,
    c.is_deleted,
    coalesce(a.activities, 0) as activities,
    coalesce(a.anonymous_activities, 0) as anonymous_activities,
    coalesce(a.active_prospects, 0) as active_prospects,
    coalesce(a.engaged_prospects, 0) as engaged_prospects,
    coalesce(a.sent, 0) as sent,
    coalesce(a.opens, 0) as opens,
    coalesce(a.clicks, 0) as clicks,
    coalesce(a.successes, 0) as successes,
    coalesce(a.visits, 0) as visits,
    a.first_activity_at,
    a.last_activity_at,
    coalesce(e.list_emails, 0) as list_emails,
    coalesce(p.sourced_prospects, 0) as sourced_prospects,
    coalesce(o.opportunities, 0) as opportunities,
    o.opportunity_value,
    coalesce(o.won_opportunities, 0) as won_opportunities,
    o.won_value,
    case when p.sourced_prospects > 0 then c.cost / p.sourced_prospects end as cost_per_sourced_prospect
from named as n
left join stg_campaigns as c on c.id = n.campaign_id
left join activities as a on a.campaign_id = n.campaign_id
left join list_emails as e on e.campaign_id = n.campaign_id
left join prospects as p on p.campaign_id = n.campaign_id
left join opportunities as o on o.campaign_id = n.campaign_id
