-- One row per UTC month in which any prospect was created and month since, its own included.
with months as (
    select
        month_starts_on,
        row_number() over (order by month_starts_on) as month_number,
        lead(month_starts_on) over (order by month_starts_on) is not null as is_over
    from int_days
    group by month_starts_on
),

created as (
    select
        prospect_id,
        date_trunc('month', changed_on) as cohort_on
    from int_database_changes
    where change = 'created' and changed_on is not null
),

engaged as (
    select
        prospect_id,
        date_trunc('month', created_at_utc) as month_utc
    from visitor_activities_enriched
    where is_engagement and prospect_id is not null
    group by prospect_id, date_trunc('month', created_at_utc)
),

deals as (
    -- The first opportunity of a prospect and the first one won, which is not won before it is there.
    select
        l.prospect_id,
        min(o.created_at_utc) as converted_at_utc,
        min(
            case
                when o.is_won and o.closed_at_utc < o.created_at_utc then o.created_at_utc
                when o.is_won and o.created_at_utc is not null then o.closed_at_utc
            end
        ) as won_at_utc
    from int_opportunity_prospects as l
    inner join int_opportunities as o on o.opportunity_id = l.opportunity_id
    group by l.prospect_id
),

truncated as (
    select
        c.prospect_id,
        c.cohort_on,
        date_trunc('month', d.converted_at_utc) as converted_on,
        date_trunc('month', d.won_at_utc) as won_on
    from created as c
    inner join deals as d on d.prospect_id = c.prospect_id
),

events as (
    select
        c.cohort_on,
        cast(e.month_utc as date) as month_on,
        count(*) as engaged,
        0 as converted,
        0 as won
    from engaged as e
    inner join created as c on c.prospect_id = e.prospect_id
    group by c.cohort_on, e.month_utc
    union all
    -- Who was created after the opportunity has had it from the beginning.
    select
        cohort_on,
        case when converted_on < cohort_on then cohort_on else converted_on end as month_on,
        0 as engaged,
        1 as converted,
        0 as won
    from truncated
    union all
    select
        cohort_on,
        case when won_on < cohort_on then cohort_on else won_on end as month_on,
        0 as engaged,
        0 as converted,
        1 as won
    from truncated
),

counts as (
    select
        cast(cohort_on as date) as cohort_starts_on,
        cast(month_on as date) as month_starts_on,
        sum(engaged) as engaged_prospects,
        sum(converted) as converted_prospects,
        sum(won) as won_prospects
    from events
    group by cohort_on, month_on
),

cohorts as (
    select
        cast(cohort_on as date) as cohort_starts_on,
        count(*) as prospects
    from created
    group by cohort_on
),

grid as (
    select
        c.cohort_starts_on,
        m.month_number - b.month_number as months_since,
        m.month_starts_on,
        m.is_over,
        c.prospects,
        cast(coalesce(n.engaged_prospects, 0) as bigint) as engaged_prospects,
        cast(coalesce(n.converted_prospects, 0) as bigint) as converted_prospects,
        cast(coalesce(n.won_prospects, 0) as bigint) as won_prospects
    from cohorts as c
    inner join months as b on b.month_starts_on = c.cohort_starts_on
    inner join months as m on m.month_starts_on >= c.cohort_starts_on
    left join counts as n on n.cohort_starts_on = c.cohort_starts_on and n.month_starts_on = m.month_starts_on
),

running as (
    select
        cohort_starts_on,
        months_since,
        month_starts_on,
        is_over,
        prospects,
        engaged_prospects,
        converted_prospects,
        won_prospects,
        cast(
            sum(converted_prospects) over (
                partition by cohort_starts_on order by months_since
                rows between unbounded preceding and current row
            ) as bigint
        ) as converted_to_date,
        cast(
            sum(won_prospects) over (
                partition by cohort_starts_on order by months_since
                rows between unbounded preceding and current row
            ) as bigint
        ) as won_to_date
    from grid
)

select
    cohort_starts_on,
    months_since,
    month_starts_on,
    is_over,
    prospects,
    engaged_prospects,
    cast(engaged_prospects as double) / prospects as engaged_share,
    converted_prospects,
    converted_to_date,
    cast(converted_to_date as double) / prospects as converted_share,
    won_prospects,
    won_to_date,
    cast(won_to_date as double) / prospects as won_share
from running
