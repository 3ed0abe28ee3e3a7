-- One row per email template, recycle bin included.
select
    id,
    name,
    subject,
    type,
    campaign_id,
    is_deleted,
    created_at,
    updated_at
from pardot.email_templates
