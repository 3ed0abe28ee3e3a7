-- One row per prospect that is or was a marketing qualified lead (MQL), by any rule of mql_rules.
with qualified as (
    select
        prospect_id,
        max(case when is_met then 1 else 0 end) = 1 as is_mql,
        min(met_at) as became_mql_at
    from int_qualifications
    group by prospect_id
),

named as (
    -- The rule by which it became one, a known time before an unknown one.
    select
        q.prospect_id,
        q.rule,
        row_number() over (partition by q.prospect_id order by q.met_at nulls last, r.rule_number) as place
    from int_qualifications as q
    inner join mql_rules as r on r.rule = q.rule
),

deals as (
    select
        l.prospect_id,
        count(*) as opportunities,
        max(case when o.is_won then 1 else 0 end) = 1 as has_won_opportunity,
        min(o.created_at) as first_opportunity_at
    from int_opportunity_prospects as l
    inner join int_opportunities as o on o.opportunity_id = l.opportunity_id
    group by l.prospect_id
)

select
    q.prospect_id,
    n.prospect_name,
    n.prospect_account_id,
    n.prospect_account_name,
    p.campaign_id,
    p.assigned_to_id,
    p.score,
    p.grade,
    p.is_deleted,
    r.rule,
    q.is_mql,
    q.became_mql_at,
    cast(q.became_mql_at at time zone 'UTC' as date) as became_mql_on,
    p.created_at,
    case
        when q.became_mql_at >= p.created_at
            then cast(
                date_diff(
                    'day',
                    cast(p.created_at at time zone 'UTC' as date),
                    cast(q.became_mql_at at time zone 'UTC' as date)
                ) as bigint
            )
    end as days_to_mql,
    coalesce(d.opportunities, 0) as opportunities,
    coalesce(d.has_won_opportunity, false) as has_won_opportunity,
    d.first_opportunity_at
from qualified as q
inner join named as r on r.prospect_id = q.prospect_id and r.place = 1
left join stg_prospects as p on p.id = q.prospect_id
left join int_people as n on n.prospect_id = q.prospect_id
left join deals as d on d.prospect_id = q.prospect_id
