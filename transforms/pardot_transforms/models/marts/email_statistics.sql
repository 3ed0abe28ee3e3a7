-- One row per list email and count that Account Engagement tells of it, beside ours.
with counts as (
    select
        t.id as list_email_id,
        t.counted_at,
        t.sent as told_sent,
        t.delivered as told_delivered,
        case
            when t.soft_bounced is not null or t.hard_bounced is not null
                then coalesce(t.soft_bounced, 0) + coalesce(t.hard_bounced, 0)
        end as told_bounced,
        t.opens as told_opens,
        t.unique_opens as told_unique_opens,
        t.total_clicks as told_clicks,
        t.unique_clicks as told_unique_clicks,
        t.opt_outs as told_opt_outs,
        t.spam_complaints as told_spam_complaints,
        p.name,
        p.sent_at,
        p.sent,
        p.delivered,
        p.bounced,
        p.opens,
        p.unique_opens,
        p.clicks,
        p.unique_clicks,
        p.opt_outs,
        p.spam_complaints
    from stg_list_email_statistics as t
    left join email_performance as p on p.list_email_id = t.id
),

compared as (
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'sent' as metric,
        sent as counted,
        told_sent as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'delivered' as metric,
        delivered as counted,
        told_delivered as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'bounced' as metric,
        bounced as counted,
        told_bounced as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'opens' as metric,
        opens as counted,
        told_opens as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'unique_opens' as metric,
        unique_opens as counted,
        told_unique_opens as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'clicks' as metric,
        clicks as counted,
        told_clicks as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'unique_clicks' as metric,
        unique_clicks as counted,
        told_unique_clicks as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'opt_outs' as metric,
        opt_outs as counted,
        told_opt_outs as told
    from counts
    union all
    select
        list_email_id,
        name,
        sent_at,
        counted_at,
        'spam_complaints' as metric,
        spam_complaints as counted,
        told_spam_complaints as told
    from counts
)

select
    list_email_id,
    name,
    sent_at,
    metric,
    coalesce(counted, 0) as counted,
    told,
    coalesce(counted, 0) - told as difference,
    counted_at as told_at
from compared
where told is not null
