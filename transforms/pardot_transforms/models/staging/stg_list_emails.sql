-- One row per list email, recycle bin included.
select
    id,
    name,
    subject,
    type,
    campaign_id,
    email_template_id,
    is_sent,
    is_paused,
    is_operational,
    is_deleted,
    sent_at,
    created_at,
    updated_at
from pardot.list_emails
