-- One row per campaign and prospect that any activity names together, one for the anonymous.
select
    campaign_id,
    prospect_id,
    count(*) as activities,
    sum(case when is_engagement then 1 else 0 end) as engagements,
    sum(case when type = 6 then 1 else 0 end) as sent,
    sum(case when type = 11 then 1 else 0 end) as opens,
    sum(case when type = 1 and is_email_activity then 1 else 0 end) as clicks,
    sum(case when type = 4 then 1 else 0 end) as successes,
    sum(case when type = 20 then 1 else 0 end) as visits,
    min(created_at) as first_activity_at,
    max(created_at) as last_activity_at
from visitor_activities_enriched
where campaign_id is not null
group by campaign_id, prospect_id
