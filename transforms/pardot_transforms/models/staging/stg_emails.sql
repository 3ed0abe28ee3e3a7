-- One row per individual email; those of a list send name their list email.
select
    id,
    name,
    subject,
    type,
    prospect_id,
    campaign_id,
    list_id,
    list_email_id,
    email_template_id,
    sent_at
from pardot.emails
