-- One row per email domain and UTC month in which an email to it was sent, bounced or drew a spam complaint.
with counts as (
    select
        email_domain,
        month_starts_on,
        cast(sum(sent) as bigint) as sent,
        count(case when sent > 0 then prospect_id end) as recipients,
        cast(sum(bounced) as bigint) as bounced,
        count(case when bounced > 0 then prospect_id end) as bounced_prospects,
        cast(sum(hard_bounced) as bigint) as hard_bounced,
        cast(sum(bounced - hard_bounced - untold_bounced) as bigint) as soft_bounced,
        cast(sum(untold_bounced) as bigint) as untold_bounced,
        cast(sum(sent - bounced) as bigint) as delivered,
        cast(sum(spam_complaints) as bigint) as spam_complaints
    from int_mail_months
    group by email_domain, month_starts_on
)

-- delivered is below zero when bounces of a month outnumber its sends: no rate of it then.
select
    email_domain,
    month_starts_on,
    sent,
    recipients,
    bounced,
    bounced_prospects,
    hard_bounced,
    soft_bounced,
    untold_bounced,
    delivered,
    spam_complaints,
    case when sent > 0 and delivered >= 0 then cast(delivered as double) / sent end as delivery_rate,
    case when sent > 0 then cast(bounced as double) / sent end as bounce_rate,
    case when sent > 0 and untold_bounced = 0 then cast(hard_bounced as double) / sent end as hard_bounce_rate,
    case when delivered > 0 then cast(spam_complaints as double) / delivered end as spam_rate_of_delivered,
    case when sent > 0 then cast(spam_complaints as double) / sent end as spam_rate_of_sent
from counts
