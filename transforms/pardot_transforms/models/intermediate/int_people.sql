-- One row per prospect that is loaded: what activities are shown with, and where its emails go.
--
-- Scores and dates of prospects change all the time, this seldom: activities follow these changes only.
select
    p.id as prospect_id,
    nullif(trim(concat(coalesce(p.first_name, ''), ' ', coalesce(p.last_name, ''))), '') as prospect_name,
    p.prospect_account_id,
    a.name as prospect_account_name,
    -- What follows the last @ of the address that the prospect has now.
    nullif(lower(trim(substr(p.email, length(p.email) - strpos(reverse(p.email), '@') + 2))), '') as email_domain,
    p.is_email_hard_bounced
from stg_prospects as p
left join stg_prospect_accounts as a on a.id = p.prospect_account_id
