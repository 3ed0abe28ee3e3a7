-- One row per metric of a reporting table.
select
    t.model,
    t.metric,
    t.name,
    t.formula,
    t.grain,
    t.caveat
from (
    values
        (
            'email_performance',
            'sent',
            'Sent',
            'sum(case when type = 6 then 1 else 0 end)',
            'list email',
            'Counts the sends that are loaded; sends before the first loaded day are missing.'
        ),
        (
            'email_performance',
            'bounced',
            'Bounced',
            'sum(case when type in (13, 36) then 1 else 0 end)',
            'list email',
            'Direct and indirect bounces; one recipient may bounce more than once.'
        ),
        (
            'email_performance',
            'delivered',
            'Delivered',
            'sent - bounced',
            'list email',
            'Below zero when bounces are loaded and their sends are not.'
        ),
        (
            'email_performance',
            'opens',
            'Opens',
            'sum(case when type = 11 then 1 else 0 end)',
            'list email',
            'Mail scanners and privacy proxies open and click, too, and blocked images hide opens.'
        ),
        (
            'email_performance',
            'unique_opens',
            'Unique opens',
            'count(distinct case when type = 11 then prospect_id end)',
            'list email',
            'Distinct prospects; an open without a prospect counts in opens only.'
        ),
        (
            'email_performance',
            'clicks',
            'Clicks',
            'sum(case when type = 1 then 1 else 0 end)',
            'list email',
            'Link scanners of mail servers click, too.'
        ),
        (
            'email_performance',
            'unique_clicks',
            'Unique clicks',
            'count(distinct case when type = 1 then prospect_id end)',
            'list email',
            'Distinct prospects; a click without a prospect counts in clicks only.'
        ),
        (
            'email_performance',
            'opt_outs',
            'Opt-outs',
            'count(distinct case when type in (12, 35) then prospect_id end)',
            'list email',
            'The unsubscribe page was opened; compare with recipients_opted_out, the subscription flags of today.'
        ),
        (
            'email_performance',
            'recipients_opted_out',
            'Recipients opted out today',
            'count(distinct case when type = 6 and is_opted_out then prospect_id end)',
            'list email',
            'The flag of the prospect now, whatever email or person set it; is_opted_out comes from prospect_engagement.'
        ),
        (
            'email_performance',
            'spam_complaints',
            'Spam complaints',
            'sum(case when type = 14 then 1 else 0 end)',
            'list email',
            'Only mailbox providers that report complaints are counted.'
        ),
        (
            'email_performance',
            'open_rate',
            'Open rate',
            'unique_opens / delivered',
            'list email',
            'NULL when nothing was delivered. Mail scanners and privacy proxies open and click, too, and blocked images hide opens.'
        ),
        (
            'email_performance',
            'ctr',
            'Click-through rate',
            'clicks / delivered',
            'list email',
            'NULL when nothing was delivered. May exceed 1, as one person may click often.'
        ),
        (
            'email_performance',
            'unique_ctr',
            'Unique click-through rate',
            'unique_clicks / delivered',
            'list email',
            'NULL when nothing was delivered.'
        ),
        (
            'email_performance',
            'ctor',
            'Click-to-open rate',
            'unique_clicks / unique_opens',
            'list email',
            'NULL when nobody opened. May exceed 1, as blocked images hide opens of people who click.'
        ),
        (
            'email_performance',
            'opt_out_rate_of_delivered',
            'Opt-out rate of delivered',
            'opt_outs / delivered',
            'list email',
            'NULL when nothing was delivered.'
        ),
        (
            'email_performance',
            'opt_out_rate_of_sent',
            'Opt-out rate of sent',
            'opt_outs / sent',
            'list email',
            'NULL when nothing was sent.'
        ),
        (
            'email_performance',
            'spam_rate_of_delivered',
            'Spam complaint rate of delivered',
            'spam_complaints / delivered',
            'list email',
            'NULL when nothing was delivered.'
        ),
        (
            'email_performance',
            'spam_rate_of_sent',
            'Spam complaint rate of sent',
            'spam_complaints / sent',
            'list email',
            'NULL when nothing was sent.'
        ),
        (
            'daily_activity',
            'activities',
            'Activities',
            'sum(1)',
            'UTC day, type and asset kind',
            cast(null as varchar)
        ),
        (
            'daily_activity',
            'anonymous_activities',
            'Anonymous activities',
            'sum(case when prospect_id is null then 1 else 0 end)',
            'UTC day, type and asset kind',
            'Turns into known activity when the visitor is identified later.'
        ),
        (
            'daily_activity',
            'prospects',
            'Prospects',
            'count(distinct prospect_id)',
            'UTC day, type and asset kind',
            'Must not be added up over rows: one prospect is in many.'
        ),
        (
            'prospect_engagement',
            'activities_ever',
            'Activities',
            'sum(1)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'sent_ever',
            'Emails sent',
            'sum(case when type = 6 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'opens_ever',
            'Email opens',
            'sum(case when type = 11 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data. Mail scanners and privacy proxies open and click, too, and blocked images hide opens.'
        ),
        (
            'prospect_engagement',
            'clicks_ever',
            'Clicks',
            'sum(case when type = 1 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data. Any tracked link, not only in emails.'
        ),
        (
            'prospect_engagement',
            'views_ever',
            'Views',
            'sum(case when type = 2 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'successes_ever',
            'Successes',
            'sum(case when type = 4 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'visits_ever',
            'Visits',
            'sum(case when type = 20 then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'other_ever',
            'Other activities',
            'sum(case when type is null or type not in (6, 11, 1, 2, 4, 20) then 1 else 0 end)',
            'prospect and span',
            'The spans _7d, _30d and _90d end at as_of, the latest activity in the data.'
        ),
        (
            'prospect_engagement',
            'first_touch_at',
            'First touch',
            'min(created_at)',
            'prospect',
            'Any activity, also an email sent to the prospect.'
        ),
        (
            'prospect_engagement',
            'last_touch_at',
            'Last touch',
            'max(created_at)',
            'prospect',
            'Any activity, also an email sent to the prospect.'
        ),
        (
            'prospect_engagement',
            'last_engaged_at',
            'Last engagement',
            'max(case when is_engagement then created_at end)',
            'prospect',
            'Only what the person did; opens by a mail scanner look the same.'
        ),
        (
            'account_engagement',
            'activities_ever',
            'Activities',
            'sum(1)',
            'prospect account',
            'Activity follows the prospect when it moves to another account; anonymous activity has no account.'
        ),
        (
            'account_engagement',
            'clicks_ever',
            'Clicks',
            'sum(case when type = 1 then 1 else 0 end)',
            'prospect account',
            'Activity follows the prospect when it moves to another account.'
        ),
        (
            'account_engagement',
            'successes_ever',
            'Successes',
            'sum(case when type = 4 then 1 else 0 end)',
            'prospect account',
            'Activity follows the prospect when it moves to another account.'
        ),
        (
            'campaign_performance',
            'activities',
            'Activities',
            'sum(1)',
            'campaign',
            'Activities that name no campaign are in no row.'
        ),
        (
            'campaign_performance',
            'anonymous_activities',
            'Anonymous activities',
            'sum(case when prospect_id is null then 1 else 0 end)',
            'campaign',
            cast(null as varchar)
        ),
        (
            'campaign_performance',
            'active_prospects',
            'Active prospects',
            'count(distinct prospect_id)',
            'campaign',
            'Must not be added up over campaigns.'
        ),
        (
            'campaign_performance',
            'engaged_prospects',
            'Engaged prospects',
            'count(distinct case when is_engagement then prospect_id end)',
            'campaign',
            'Must not be added up over campaigns.'
        ),
        (
            'campaign_performance',
            'sent',
            'Sent',
            'sum(case when type = 6 then 1 else 0 end)',
            'campaign',
            'By the campaign of the activity, which may differ from that of its list email.'
        ),
        (
            'campaign_performance',
            'opens',
            'Opens',
            'sum(case when type = 11 then 1 else 0 end)',
            'campaign',
            'Mail scanners and privacy proxies open and click, too, and blocked images hide opens.'
        ),
        (
            'campaign_performance',
            'clicks',
            'Email clicks',
            'sum(case when type = 1 and is_email_activity then 1 else 0 end)',
            'campaign',
            'Link scanners of mail servers click, too.'
        ),
        (
            'campaign_performance',
            'successes',
            'Successes',
            'sum(case when type = 4 then 1 else 0 end)',
            'campaign',
            cast(null as varchar)
        ),
        (
            'campaign_performance',
            'visits',
            'Visits',
            'sum(case when type = 20 then 1 else 0 end)',
            'campaign',
            cast(null as varchar)
        ),
        (
            'campaign_performance',
            'cost_per_sourced_prospect',
            'Cost per sourced prospect',
            'cost / sourced_prospects',
            'campaign',
            'NULL when no prospect is credited to the campaign.'
        )
) as t (model, metric, name, formula, grain, caveat)
