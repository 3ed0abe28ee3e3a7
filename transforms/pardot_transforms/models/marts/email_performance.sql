-- One row per list email that is loaded or that any activity names.
with people as (
    -- The anonymous row counts as nobody: how many people are behind it is not known.
    select
        r.list_email_id,
        r.sent,
        r.bounced,
        r.opens,
        r.suspected_opens,
        r.clicks,
        r.suspected_clicks,
        r.spam_complaints,
        case when r.prospect_id is not null and r.opens > 0 then 1 else 0 end as opened,
        case when r.prospect_id is not null and r.opens > r.suspected_opens then 1 else 0 end as opened_unsuspected,
        case when r.prospect_id is not null and r.clicks > 0 then 1 else 0 end as clicked,
        case when r.prospect_id is not null and r.clicks > r.suspected_clicks then 1 else 0 end as clicked_unsuspected,
        case when r.prospect_id is not null and r.opt_outs > 0 then 1 else 0 end as opted,
        case when r.sent > 0 and p.is_opted_out then 1 else 0 end as flagged
    from int_email_people as r
    left join stg_prospects as p on p.id = r.prospect_id
),

per_email as (
    select
        list_email_id,
        cast(sum(sent) as bigint) as sent,
        cast(sum(bounced) as bigint) as bounced,
        cast(sum(opens) as bigint) as opens,
        cast(sum(opened) as bigint) as unique_opens,
        cast(sum(suspected_opens) as bigint) as suspected_opens,
        cast(sum(opened_unsuspected) as bigint) as unsuspected_unique_opens,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(clicked) as bigint) as unique_clicks,
        cast(sum(suspected_clicks) as bigint) as suspected_clicks,
        cast(sum(clicked_unsuspected) as bigint) as unsuspected_unique_clicks,
        cast(sum(opted) as bigint) as opt_outs,
        cast(sum(flagged) as bigint) as recipients_opted_out,
        cast(sum(spam_complaints) as bigint) as spam_complaints
    from people
    group by list_email_id
),

counts as (
    select
        coalesce(e.id, n.list_email_id) as list_email_id,
        e.name,
        e.subject,
        e.campaign_id,
        c.name as campaign_name,
        e.sent_at,
        e.is_deleted,
        coalesce(n.sent, 0) as sent,
        coalesce(n.bounced, 0) as bounced,
        coalesce(n.sent, 0) - coalesce(n.bounced, 0) as delivered,
        coalesce(n.opens, 0) as opens,
        coalesce(n.unique_opens, 0) as unique_opens,
        coalesce(n.suspected_opens, 0) as suspected_opens,
        coalesce(n.unsuspected_unique_opens, 0) as unsuspected_unique_opens,
        coalesce(n.clicks, 0) as clicks,
        coalesce(n.unique_clicks, 0) as unique_clicks,
        coalesce(n.suspected_clicks, 0) as suspected_clicks,
        coalesce(n.unsuspected_unique_clicks, 0) as unsuspected_unique_clicks,
        coalesce(n.opt_outs, 0) as opt_outs,
        coalesce(n.recipients_opted_out, 0) as recipients_opted_out,
        coalesce(n.spam_complaints, 0) as spam_complaints
    from stg_list_emails as e
    full outer join per_email as n on n.list_email_id = e.id
    left join stg_campaigns as c on c.id = e.campaign_id
)

-- delivered is below zero when bounces are loaded and their sends are not: no rate then either.
select
    list_email_id,
    name,
    subject,
    campaign_id,
    campaign_name,
    sent_at,
    is_deleted,
    sent,
    bounced,
    delivered,
    opens,
    unique_opens,
    suspected_opens,
    unsuspected_unique_opens,
    clicks,
    unique_clicks,
    suspected_clicks,
    unsuspected_unique_clicks,
    opt_outs,
    recipients_opted_out,
    spam_complaints,
    case when delivered > 0 then cast(unique_opens as double) / delivered end as open_rate,
    case when delivered > 0 then cast(clicks as double) / delivered end as ctr,
    case when delivered > 0 then cast(unique_clicks as double) / delivered end as unique_ctr,
    case when unique_opens > 0 then cast(unique_clicks as double) / unique_opens end as ctor,
    case when delivered > 0 then cast(opt_outs as double) / delivered end as opt_out_rate_of_delivered,
    case when sent > 0 then cast(opt_outs as double) / sent end as opt_out_rate_of_sent,
    case when delivered > 0 then cast(spam_complaints as double) / delivered end as spam_rate_of_delivered,
    case when sent > 0 then cast(spam_complaints as double) / sent end as spam_rate_of_sent
from counts
