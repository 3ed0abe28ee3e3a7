-- One row per visitor activity that is suspected to be the work of a machine, such as a mail server's link scanner.
--
-- The definition is ours, its numbers are those of suspected_action_settings. The API marks no activity: Account
-- Engagement leaves out what its own filters recognise before it is recorded (Salesforce Help, "Automatically filtered
-- activity in an Account Engagement emails"). Of what is left a machine is suspected behind all that one person did in a
-- second
-- * in which the person clicked on least_links or more different links, or
-- * in which the person clicked in an email within most_seconds_after_send of its being sent to that person.
-- A person is the prospect or, while none is known, the visitor. Clicks are the types 1 and 21, told apart by details.
with actions as (
    select
        id,
        type,
        person_id,
        prospect_id,
        visitor_id,
        list_email_id,
        nullif(trim(details), '') as link,
        is_email_activity,
        case when list_email_id is not null then 'list_email' else asset_kind end as email_kind,
        coalesce(list_email_id, asset_id) as email_id,
        is_engagement,
        created_at_utc
    from int_person_actions
),

links as (
    select
        person_id,
        created_at_utc,
        count(distinct link) as links
    from actions
    where type in (1, 21)
    group by person_id, created_at_utc
),

bursts as (
    select
        l.person_id,
        l.created_at_utc
    from links as l
    cross join suspected_action_settings as w
    where l.links >= w.least_links
),

sends as (
    select
        a.prospect_id,
        a.email_kind,
        a.email_id,
        a.created_at_utc,
        a.created_at_utc + w.most_seconds_after_send * interval '1' second as hasty_until_utc
    from actions as a
    cross join suspected_action_settings as w
    where a.type = 6
),

hasty as (
    select
        c.person_id,
        c.created_at_utc
    from actions as c
    inner join sends as s
        on s.prospect_id = c.prospect_id
        and s.email_kind = c.email_kind
        and s.email_id = c.email_id
        and c.created_at_utc >= s.created_at_utc
        and c.created_at_utc <= s.hasty_until_utc
    where c.type = 1 and c.is_email_activity
),

seconds as (
    select person_id, created_at_utc from bursts
    union
    select person_id, created_at_utc from hasty
)

select
    a.id,
    a.person_id,
    a.prospect_id,
    a.visitor_id,
    a.list_email_id
from actions as a
inner join seconds as s on s.person_id = a.person_id and s.created_at_utc = a.created_at_utc
where a.is_engagement
