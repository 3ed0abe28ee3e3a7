-- One row per list email of which Account Engagement tells its own counts (version 4 of the API only).
select
    id,
    sent,
    delivered,
    opens,
    unique_opens,
    total_clicks,
    unique_clicks,
    soft_bounced,
    hard_bounced,
    opt_outs,
    spam_complaints,
    counted_at
from pardot.list_email_statistics
