-- One row per opportunity and prospect that belongs to it.
--
-- No object of the API says who belongs to an opportunity; activities do: those of an opportunity (new, won, lost,
-- reopened, linked) name both. The newest decides, in one second the one with the greatest id: after "unlinked" the
-- prospect belongs to it no more.
with events as (
    select
        opportunity_id,
        prospect_id,
        type,
        row_number() over (
            partition by opportunity_id, prospect_id order by created_at_utc desc nulls last, id desc
        ) as place
    from visitor_activities_enriched
    where type in (8, 9, 10, 18, 19, 38) and opportunity_id is not null and prospect_id is not null
)

select
    opportunity_id,
    prospect_id
from events
where place = 1 and type <> 38
