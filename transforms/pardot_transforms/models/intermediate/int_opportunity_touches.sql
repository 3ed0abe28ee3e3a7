-- One row per opportunity and touch: what one of its prospects did until it was won or lost.
--
-- A touch is what the person did, but for opening the unsubscribe page (12, 35) and complaining of spam (14).
-- Opportunities in the recycle bin are left out, as are those without a time of creation. While one is open, touches go
-- on; when a closed one was closed at an unknown time, they end with its creation. One in the second of the creation came
-- before it.
select
    o.opportunity_id,
    a.id as activity_id,
    a.prospect_id,
    p.created_at at time zone 'UTC' as prospect_created_at_utc,
    a.campaign_id,
    a.created_at,
    a.created_at_utc,
    a.created_on,
    a.created_at <= o.created_at as is_before_creation
from int_opportunity_prospects as l
inner join int_opportunities as o on o.opportunity_id = l.opportunity_id
inner join visitor_activities_enriched as a on a.prospect_id = l.prospect_id
left join stg_prospects as p on p.id = l.prospect_id
where a.is_engagement
    and a.type not in (12, 14, 35)
    and a.created_at is not null
    and o.created_at is not null
    and (a.created_at <= o.created_at or a.created_at <= o.closed_at or not (o.is_won or o.is_lost))
