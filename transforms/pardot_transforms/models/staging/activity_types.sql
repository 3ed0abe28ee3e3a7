-- One row per documented type of visitor activity.
--
-- The names are those of the Account Engagement object field reference. New types may appear at any time: an
-- activity of a type that is not listed here keeps its number and is called 'Unknown'.
-- is_engagement is ours: the person did it. Sends, bounces, invitations and events of opportunities are done to
-- a person.
select
    cast(t.type as bigint) as type,
    t.verb,
    t.is_email_type,
    t.is_engagement
from (
    values
        (1, 'Click', false, true),
        (2, 'View', false, true),
        (3, 'Error', false, true),
        (4, 'Success', false, true),
        (5, 'Session', false, true),
        (6, 'Sent', true, false),
        (7, 'Search', false, true),
        (8, 'New Opportunity', false, false),
        (9, 'Opportunity Won', false, false),
        (10, 'Opportunity Lost', false, false),
        (11, 'Open', true, true),
        (12, 'Unsubscribe Page', true, true),
        (13, 'Bounced', true, false),
        (14, 'Spam Complaint', true, true),
        (15, 'Email Preference Page', true, true),
        (16, 'Resubscribed', true, true),
        (17, 'Click (Third Party)', false, true),
        (18, 'Opportunity Reopened', false, false),
        (19, 'Opportunity Linked', false, false),
        (20, 'Visit', false, true),
        (21, 'Custom URL click', false, true),
        (22, 'Olark Chat', false, true),
        (23, 'Invited to Webinar', false, false),
        (24, 'Attended Webinar', false, true),
        (25, 'Registered for Webinar', false, true),
        (26, 'Social Post Click', false, true),
        (27, 'Video View', false, true),
        (28, 'Event Registered', false, true),
        (29, 'Event Checked In', false, true),
        (30, 'Video Conversion', false, true),
        (31, 'UserVoice Suggestion', false, true),
        (32, 'UserVoice Comment', false, true),
        (33, 'UserVoice Ticket', false, true),
        (34, 'Video Watched (at least 75 %)', false, true),
        (35, 'Indirect Unsubscribe Open', true, true),
        (36, 'Indirect Bounce', true, false),
        (37, 'Indirect Resubscribed', true, true),
        (38, 'Opportunity Unlinked', false, false)
) as t (type, verb, is_email_type, is_engagement)
