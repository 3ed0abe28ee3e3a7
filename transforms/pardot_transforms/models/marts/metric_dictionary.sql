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
            'suspected_opens',
            'Suspected opens',
            'sum(case when is_suspected and type = 11 then 1 else 0 end)',
            'list email',
            'Part of opens; is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'email_performance',
            'unsuspected_unique_opens',
            'Unsuspected unique opens',
            'count(distinct case when not is_suspected and type = 11 then prospect_id end)',
            'list email',
            'People with an open that no machine is suspected of; anonymous opens have no person.'
        ),
        (
            'email_performance',
            'suspected_clicks',
            'Suspected clicks',
            'sum(case when is_suspected and type = 1 then 1 else 0 end)',
            'list email',
            'Part of clicks; is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'email_performance',
            'unsuspected_unique_clicks',
            'Unsuspected unique clicks',
            'count(distinct case when not is_suspected and type = 1 then prospect_id end)',
            'list email',
            'People with a click that no machine is suspected of; anonymous clicks have no person.'
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
            'email_statistics',
            'difference',
            'Difference to Account Engagement''s count',
            'counted - told',
            'list email × metric',
            'Activities before the first loaded day are missing in ours, later ones in theirs; how theirs are defined is not documented.'
        ),
        (
            'prospect_engagement',
            'activity_points_ever',
            'Activity points',
            'sum(points)',
            'prospect and span',
            'Over activities with the points of activity_weights. The spans _7d, _30d and _90d end at as_of, the latest activity in the data. Not the score of Account Engagement, which also counts page views, opportunities, completion actions, automation rules and what people set by hand. Clicks and downloads by machines count, too.'
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
        ),
        (
            'form_performance',
            'views',
            'Views',
            'sum(case when type = 2 then 1 else 0 end)',
            'form or form handler',
            'Form handlers are shown by other sites: their views are not told, and rates of views are NULL.'
        ),
        (
            'form_performance',
            'viewing_visitors',
            'Visitors who viewed',
            'count(distinct case when type = 2 then visitor_id end)',
            'form or form handler',
            'Browsers, not people: one person may have several, and one without cookies has none. Must not be added up over rows.'
        ),
        (
            'form_performance',
            'viewing_prospects',
            'Prospects who viewed',
            'count(distinct case when type = 2 then prospect_id end)',
            'form or form handler',
            'Grows later, when visitors become known. Must not be added up over rows.'
        ),
        (
            'form_performance',
            'clicks',
            'Clicks',
            'sum(case when type = 1 and not is_email_activity then 1 else 0 end)',
            'form or form handler',
            'Tracked links only; clicks in emails that lead here count for the email.'
        ),
        (
            'form_performance',
            'errors',
            'Errors',
            'sum(case when type = 3 then 1 else 0 end)',
            'form or form handler',
            'One person may fail often before the submission goes through.'
        ),
        (
            'form_performance',
            'submissions',
            'Submissions',
            'sum(case when type = 4 then 1 else 0 end)',
            'form or form handler',
            'A submission on a landing page counts here where the activity names the form as well, and then in both tables: they must not be added up.'
        ),
        (
            'form_performance',
            'submitting_visitors',
            'Visitors who submitted',
            'count(distinct case when type = 4 then visitor_id end)',
            'form or form handler',
            'A submission that a server sent on has no visitor. Must not be added up over rows.'
        ),
        (
            'form_performance',
            'submitting_prospects',
            'Unique submitters',
            'count(distinct case when type = 4 then prospect_id end)',
            'form or form handler',
            'Distinct prospects; a submission without a prospect counts in submissions only. Must not be added up over rows.'
        ),
        (
            'form_performance',
            'converted_visitors',
            'Visitors who viewed and submitted',
            'count(distinct case when type = 2 then visitor_id end) + count(distinct case when type = 4 then visitor_id end) - count(distinct case when type in (2, 4) then visitor_id end)',
            'form or form handler',
            'Not the conversions of Account Engagement, which are visitors who became prospects. Must not be added up over rows.'
        ),
        (
            'form_performance',
            'submissions_per_view',
            'Submissions per view',
            'submissions / views',
            'form or form handler',
            'NULL when there are no views. May exceed 1: a submission need not have a view, and one view may be followed by several.'
        ),
        (
            'form_performance',
            'conversion_rate',
            'Conversion rate',
            'converted_visitors / viewing_visitors',
            'form or form handler',
            'NULL when no visitor viewed it. The share of browsers that viewed and also submitted; not the conversions of Account Engagement, which are visitors who became prospects.'
        ),
        (
            'form_performance',
            'error_rate',
            'Error rate',
            'errors / (errors + submissions)',
            'form or form handler',
            'NULL when nobody tried. Of attempts, not of people; errors that the browser itself shows are not told.'
        ),
        (
            'landing_page_performance',
            'views',
            'Views',
            'sum(case when type = 2 then 1 else 0 end)',
            'landing page',
            'Views by robots that Account Engagement does not recognise count, too.'
        ),
        (
            'landing_page_performance',
            'viewing_visitors',
            'Visitors who viewed',
            'count(distinct case when type = 2 then visitor_id end)',
            'landing page',
            'Browsers, not people: one person may have several, and one without cookies has none. Must not be added up over rows.'
        ),
        (
            'landing_page_performance',
            'viewing_prospects',
            'Prospects who viewed',
            'count(distinct case when type = 2 then prospect_id end)',
            'landing page',
            'Grows later, when visitors become known. Must not be added up over rows.'
        ),
        (
            'landing_page_performance',
            'clicks',
            'Clicks',
            'sum(case when type = 1 and not is_email_activity then 1 else 0 end)',
            'landing page',
            'Tracked links only; clicks in emails that lead here count for the email.'
        ),
        (
            'landing_page_performance',
            'errors',
            'Errors',
            'sum(case when type = 3 then 1 else 0 end)',
            'landing page',
            'One person may fail often before the submission goes through.'
        ),
        (
            'landing_page_performance',
            'submissions',
            'Submissions',
            'sum(case when type = 4 then 1 else 0 end)',
            'landing page',
            'Only what names the page: a form that is shown on other sites as well has its own row in form_performance. The two tables must not be added up.'
        ),
        (
            'landing_page_performance',
            'submitting_visitors',
            'Visitors who submitted',
            'count(distinct case when type = 4 then visitor_id end)',
            'landing page',
            'A submission that a server sent on has no visitor. Must not be added up over rows.'
        ),
        (
            'landing_page_performance',
            'submitting_prospects',
            'Unique submitters',
            'count(distinct case when type = 4 then prospect_id end)',
            'landing page',
            'Distinct prospects; a submission without a prospect counts in submissions only. Must not be added up over rows.'
        ),
        (
            'landing_page_performance',
            'converted_visitors',
            'Visitors who viewed and submitted',
            'count(distinct case when type = 2 then visitor_id end) + count(distinct case when type = 4 then visitor_id end) - count(distinct case when type in (2, 4) then visitor_id end)',
            'landing page',
            'Not the conversions of Account Engagement, which are visitors who became prospects. Must not be added up over rows.'
        ),
        (
            'landing_page_performance',
            'submissions_per_view',
            'Submissions per view',
            'submissions / views',
            'landing page',
            'NULL when there are no views. May exceed 1: a submission need not have a view, and one view may be followed by several.'
        ),
        (
            'landing_page_performance',
            'conversion_rate',
            'Conversion rate',
            'converted_visitors / viewing_visitors',
            'landing page',
            'NULL when no visitor viewed it. The share of browsers that viewed and also submitted; not the conversions of Account Engagement, which are visitors who became prospects.'
        ),
        (
            'landing_page_performance',
            'error_rate',
            'Error rate',
            'errors / (errors + submissions)',
            'landing page',
            'NULL when nobody tried. Of attempts, not of people; errors that the browser itself shows are not told.'
        ),
        (
            'asset_performance',
            'activities',
            'Activities',
            'count(*)',
            'asset',
            'An activity that names a form and a landing page is in both rows: kinds must not be added up.'
        ),
        (
            'asset_performance',
            'views',
            'Views',
            'sum(case when type = 2 then 1 else 0 end)',
            'asset',
            'Form handlers are shown by other sites: their views are not told, and rates of views are NULL.'
        ),
        (
            'asset_performance',
            'clicks',
            'Clicks',
            'sum(case when (type = 1 and not is_email_activity) or (type = 21 and asset_kind = ''custom_redirect'') then 1 else 0 end)',
            'asset',
            'Tracked links only; clicks of type 1 in emails count for the email. A click on a custom redirect in an email may be told twice, as type 1 of the email and as type 21 of the redirect; only the latter is here.'
        ),
        (
            'asset_performance',
            'downloads',
            'Downloads',
            'sum(case when type = 2 and asset_kind = ''file'' then 1 else 0 end)',
            'asset',
            'The views of a file: Account Engagement has one type for both, and whether the file arrived is not told. Already part of views.'
        ),
        (
            'asset_performance',
            'errors',
            'Errors',
            'sum(case when type = 3 then 1 else 0 end)',
            'asset',
            'One person may fail often before the submission goes through.'
        ),
        (
            'asset_performance',
            'submissions',
            'Submissions',
            'sum(case when type = 4 then 1 else 0 end)',
            'asset',
            'The successes of Account Engagement. A submission that names a form and a landing page is in both rows.'
        ),
        (
            'asset_performance',
            'other_activities',
            'Other activities',
            'activities - views - clicks - errors - submissions',
            'asset',
            'Types that are none of these, and clicks that belong to an email.'
        ),
        (
            'asset_performance',
            'prospects',
            'Prospects',
            'count(distinct prospect_id)',
            'asset',
            'Grows later, when visitors become known. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'viewing_visitors',
            'Visitors who viewed',
            'count(distinct case when type = 2 then visitor_id end)',
            'asset',
            'Browsers, not people: one person may have several, and one without cookies has none. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'viewing_prospects',
            'Prospects who viewed',
            'count(distinct case when type = 2 then prospect_id end)',
            'asset',
            'Grows later, when visitors become known. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'clicking_prospects',
            'Prospects who clicked',
            'count(distinct case when (type = 1 and not is_email_activity) or (type = 21 and asset_kind = ''custom_redirect'') then prospect_id end)',
            'asset',
            'Grows later, when visitors become known. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'submitting_prospects',
            'Unique submitters',
            'count(distinct case when type = 4 then prospect_id end)',
            'asset',
            'Distinct prospects; a submission without a prospect counts in submissions only. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'converted_visitors',
            'Visitors who viewed and submitted',
            'count(distinct case when type = 2 then visitor_id end) + count(distinct case when type = 4 then visitor_id end) - count(distinct case when type in (2, 4) then visitor_id end)',
            'asset',
            'Not the conversions of Account Engagement, which are visitors who became prospects. Must not be added up over rows.'
        ),
        (
            'asset_performance',
            'anonymous_activities',
            'Anonymous activities',
            'sum(case when prospect_id is null then 1 else 0 end)',
            'asset',
            'Part of activities. Shrinks later, when visitors become known.'
        ),
        (
            'asset_performance',
            'anonymous_views',
            'Anonymous views',
            'sum(case when prospect_id is null and type = 2 then 1 else 0 end)',
            'asset',
            'Part of views. Shrinks later, when visitors become known.'
        ),
        (
            'asset_performance',
            'anonymous_clicks',
            'Anonymous clicks',
            'sum(case when prospect_id is null and ((type = 1 and not is_email_activity) or (type = 21 and asset_kind = ''custom_redirect'')) then 1 else 0 end)',
            'asset',
            'Part of clicks. Shrinks later, when visitors become known.'
        ),
        (
            'asset_performance',
            'anonymous_submissions',
            'Anonymous submissions',
            'sum(case when prospect_id is null and type = 4 then 1 else 0 end)',
            'asset',
            'Part of submissions. Shrinks later, when visitors become known.'
        ),
        (
            'asset_performance',
            'suspected_views',
            'Suspected views',
            'sum(case when is_suspected and type = 2 then 1 else 0 end)',
            'asset',
            'Part of views; is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'asset_performance',
            'suspected_clicks',
            'Suspected clicks',
            'sum(case when is_suspected and ((type = 1 and not is_email_activity) or (type = 21 and asset_kind = ''custom_redirect'')) then 1 else 0 end)',
            'asset',
            'Part of clicks; is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'asset_performance',
            'suspected_submissions',
            'Suspected submissions',
            'sum(case when is_suspected and type = 4 then 1 else 0 end)',
            'asset',
            'Part of submissions; is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'asset_performance',
            'submissions_per_view',
            'Submissions per view',
            'submissions / views',
            'asset',
            'NULL when there are no views. May exceed 1: a submission need not have a view, and one view may be followed by several.'
        ),
        (
            'asset_performance',
            'conversion_rate',
            'Conversion rate',
            'converted_visitors / viewing_visitors',
            'asset',
            'NULL when no visitor viewed it. The share of browsers that viewed and also submitted; not the conversions of Account Engagement, which are visitors who became prospects.'
        ),
        (
            'asset_performance',
            'error_rate',
            'Error rate',
            'errors / (errors + submissions)',
            'asset',
            'NULL when nobody tried. Of attempts, not of people; errors that the browser itself shows are not told.'
        ),
        (
            'email_link_performance',
            'clicks',
            'Clicks',
            'sum(case when type = 1 then 1 else 0 end)',
            'list email and link',
            'Adds up to the clicks of email_performance over the links of a list email. Link scanners of mail servers click, too. An address with other parameters is another link.'
        ),
        (
            'email_link_performance',
            'anonymous_clicks',
            'Anonymous clicks',
            'sum(case when type = 1 and prospect_id is null then 1 else 0 end)',
            'list email and link',
            'Part of clicks.'
        ),
        (
            'email_link_performance',
            'unique_clicks',
            'Unique clicks',
            'count(distinct case when type = 1 then prospect_id end)',
            'list email and link',
            'Distinct prospects. Must not be added up over links: who clicked on two counts in both, and once in email_performance.'
        ),
        (
            'email_link_performance',
            'suspected_clicks',
            'Suspected clicks',
            'sum(case when type = 1 and is_suspected then 1 else 0 end)',
            'list email and link',
            'is_suspected: in int_suspected_actions. A suspicion, no proof: machines that take their time are not found, and Account Engagement has left out what its own filters found.'
        ),
        (
            'email_link_performance',
            'unsuspected_clicks',
            'Unsuspected clicks',
            'clicks - suspected_clicks',
            'list email and link',
            'Not all of them are people.'
        ),
        (
            'email_link_performance',
            'unsuspected_unique_clicks',
            'Unsuspected unique clicks',
            'count(distinct case when type = 1 and not is_suspected then prospect_id end)',
            'list email and link',
            'Must not be added up over links.'
        ),
        (
            'email_link_performance',
            'email_clicks',
            'Clicks on all links',
            'sum(clicks) over (partition by list_email_id)',
            'list email and link',
            'The same in all rows of a list email: must not be added up.'
        ),
        (
            'email_link_performance',
            'share_of_clicks',
            'Share of clicks',
            'clicks / email_clicks',
            'list email and link',
            'Of all clicks of the list email, those without a known link and suspected ones included.'
        ),
        (
            'visitor_sessions',
            'pages',
            'Page views',
            'count(page_view_id)',
            'session',
            'Page views that are loaded; pages_told is what the visit itself counts. Adds up to all page views.'
        ),
        (
            'visitor_sessions',
            'seconds_on_pages',
            'Seconds on pages',
            'sum(duration_in_seconds)',
            'session',
            'As the page views tell; NULL when none tells any. How long the last page was looked at is seldom known to any tracker. Not the same as duration_seconds, which is what the visit tells.'
        ),
        (
            'visitor_sessions',
            'submissions',
            'Submissions',
            'sum(case when type = 4 then 1 else 0 end)',
            'session',
            'Only those that name the visit; one that a server sent on, or whose visit is not here, is in none.'
        ),
        (
            'top_pages',
            'views',
            'Views',
            'count(page_view_id)',
            'page and UTC month',
            'By the month of the page view. Addresses that differ only in query or fragment are one page: sites that tell pages apart by these alone have one.'
        ),
        (
            'top_pages',
            'visitors',
            'Visitors',
            'count(distinct visitor_id)',
            'page and UTC month',
            'Browsers, not people. Must not be added up over pages or months.'
        ),
        (
            'top_pages',
            'prospects',
            'Prospects',
            'count(distinct prospect_id)',
            'page and UTC month',
            'Grows later, when visitors become known. Must not be added up over pages or months.'
        ),
        (
            'top_pages',
            'entries',
            'Entries',
            'sum(case when is_entry then 1 else 0 end)',
            'page and UTC month',
            'is_entry: the first page view of its session. A page view without a visit is an entry and an exit.'
        ),
        (
            'top_pages',
            'exits',
            'Exits',
            'sum(case when is_exit then 1 else 0 end)',
            'page and UTC month',
            'is_exit: the last page view of its session. A page view without a visit is an entry and an exit.'
        ),
        (
            'top_pages',
            'timed_views',
            'Timed views',
            'count(duration_in_seconds)',
            'page and UTC month',
            'Page views that tell how long they lasted.'
        ),
        (
            'top_pages',
            'seconds',
            'Seconds',
            'sum(duration_in_seconds)',
            'page and UTC month',
            'NULL when no view tells any.'
        ),
        (
            'top_pages',
            'average_seconds',
            'Average seconds',
            'seconds / timed_views',
            'page and UTC month',
            'NULL when no view tells its seconds; a view that tells 0 counts. How long the last page of a visit was looked at is seldom known to any tracker.'
        ),
        (
            'list_growth',
            'added',
            'Added',
            'sum(case when memberships_before = 0 and memberships_after > 0 then 1 else 0 end)',
            'list and UTC day',
            'Who left and joined again counts as a member all the time: Account Engagement takes the mark of deletion off the old membership, and the gap is not told.'
        ),
        (
            'list_growth',
            'removed',
            'Removed',
            'sum(case when memberships_before > 0 and memberships_after = 0 then 1 else 0 end)',
            'list and UTC day',
            'By the last update of the deleted membership; where it is delivered no longer, by the day on which that was found. A membership that ended at an unknown time is left out from the beginning.'
        ),
        (
            'list_growth',
            'net',
            'Net growth',
            'added - removed',
            'list and UTC day',
            'Who left and joined again counts as a member all the time: Account Engagement takes the mark of deletion off the old membership, and the gap is not told.'
        ),
        (
            'list_growth',
            'members',
            'Members at the end of the day',
            'sum(net) over (partition by list_id order by changed_on nulls first)',
            'list and UTC day',
            'Whether they may be mailed or not. Days without a change have no row: take the latest row before. Must not be added up over lists: one prospect is on many.'
        ),
        (
            'list_growth',
            'opted_out',
            'Opted out',
            'sum(case when opted_out_before = 0 and opted_out_after > 0 then 1 else 0 end)',
            'list and UTC day',
            'Members of today who opted out of this list, by the last update of the membership, which may be later than the opt-out. Opting out of all email is a flag of the prospect and not in here.'
        ),
        (
            'list_growth',
            'opted_out_members',
            'Opted-out members at the end of the day',
            'sum(opted_out) over (partition by list_id order by changed_on nulls first)',
            'list and UTC day',
            'Those who left the list since, or opted in again, are in no day: the past is told as seen today.'
        ),
        (
            'database_growth',
            'created',
            'Created',
            'sum(case when change = ''created'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. Recycle bin and purged prospects included; those that were purged before any load saw them are missing.'
        ),
        (
            'database_growth',
            'deleted',
            'Deleted',
            'sum(case when change = ''deleted'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. In the recycle bin today, by the last update, which may be later than the deletion; purged or merged ones by the day on which that was found. Who was restored is in no day.'
        ),
        (
            'database_growth',
            'net',
            'Net growth',
            'created - deleted',
            'UTC day',
            'Days of the past may change: a prospect holds its last update only.'
        ),
        (
            'database_growth',
            'existing',
            'Prospects at the end of the day',
            'sum(net) over (order by counted_on nulls first)',
            'UTC day',
            'Outside the recycle bin. Exact today; in the past those count as there that were in the recycle bin and are restored. Must not be added up over days.'
        ),
        (
            'database_growth',
            'opted_out',
            'Opted out',
            'sum(case when change = ''opted_out'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. Opted out today, by the last opening of the unsubscribe page or spam complaint with no resubscription after it; else in the row without a day, as when a user or Salesforce did it. When it was is not told; who has opted in again is in no day. Not the opt_outs of email_performance, which are openings of the page.'
        ),
        (
            'database_growth',
            'hard_bounced',
            'Hard bounced',
            'sum(case when change = ''hard_bounced'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. Marked today, by the last bounce; who was corrected since is in no day. Prospects, deleted ones included; deliverability tells the same by address and month, as far as bounces are loaded.'
        ),
        (
            'database_growth',
            'mailable_added',
            'Became mailable',
            'sum(case when change = ''mailable'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. Created with nothing against mailing them since before that day, as far as the marks of today tell.'
        ),
        (
            'database_growth',
            'mailable_removed',
            'Ceased to be mailable',
            'sum(case when change = ''unmailable'' then 1 else 0 end)',
            'UTC day',
            'Over int_database_changes. Once per prospect, at the first of deletion, opt-out and hard bounce: not their sum.'
        ),
        (
            'database_growth',
            'mailable_net',
            'Net growth of mailable prospects',
            'mailable_added - mailable_removed',
            'UTC day',
            'As seen today: marks that were taken off since are in no day.'
        ),
        (
            'database_growth',
            'mailable',
            'Mailable at the end of the day',
            'sum(mailable_net) over (order by counted_on nulls first)',
            'UTC day',
            'Exact today. Of the past what the marks of today tell: a mark without a time counts from the beginning, one that was taken off never. Five soft bounces are not told, nor hard bounces with versions 3 and 4 of the API. Must not be added up over days.'
        ),
        (
            'deliverability',
            'sent',
            'Sent',
            'sum(case when type = 6 then 1 else 0 end)',
            'email domain and UTC month',
            'All emails, not only list emails. By the month in which it happened and the domain of the address that the prospect has now.'
        ),
        (
            'deliverability',
            'recipients',
            'Recipients',
            'count(distinct case when type = 6 then prospect_id end)',
            'email domain and UTC month',
            'Must not be added up over months.'
        ),
        (
            'deliverability',
            'bounced',
            'Bounced',
            'sum(case when type in (13, 36) then 1 else 0 end)',
            'email domain and UTC month',
            'Direct and indirect bounces; one email may bounce more than once. By the month in which it happened and the domain of the address that the prospect has now.'
        ),
        (
            'deliverability',
            'bounced_prospects',
            'Prospects with a bounce',
            'count(distinct case when type in (13, 36) then prospect_id end)',
            'email domain and UTC month',
            'Must not be added up over months.'
        ),
        (
            'deliverability',
            'hard_bounced',
            'Hard bounces',
            'count(distinct case when is_latest_bounce and is_email_hard_bounced then prospect_id end)',
            'email domain and UTC month',
            'The API tells no kind of a bounce: the latest one of a prospect who is marked now. is_email_hard_bounced is the mark of the prospect now; is_latest_bounce: no later bounce of the prospect is loaded.'
        ),
        (
            'deliverability',
            'soft_bounced',
            'Soft bounces',
            'bounced - hard_bounced - untold_bounced',
            'email domain and UTC month',
            'Hard bounces of addresses that were corrected since are in here: correcting takes the mark off.'
        ),
        (
            'deliverability',
            'untold_bounced',
            'Bounces of unknown kind',
            'sum(case when type in (13, 36) and is_email_hard_bounced is null then 1 else 0 end)',
            'email domain and UTC month',
            'The prospect is not loaded or its mark is not told; all bounces with versions 3 and 4 of the API.'
        ),
        (
            'deliverability',
            'delivered',
            'Delivered',
            'sent - bounced',
            'email domain and UTC month',
            'Not bounced; whether it reached the inbox is not told. Below zero when bounces of a month outnumber its sends.'
        ),
        (
            'deliverability',
            'spam_complaints',
            'Spam complaints',
            'sum(case when type = 14 then 1 else 0 end)',
            'email domain and UTC month',
            'Only mailbox providers that report complaints are counted.'
        ),
        (
            'deliverability',
            'delivery_rate',
            'Delivery rate',
            'delivered / sent',
            'email domain and UTC month',
            'NULL when nothing was sent or more bounced than was sent.'
        ),
        (
            'deliverability',
            'bounce_rate',
            'Bounce rate',
            'bounced / sent',
            'email domain and UTC month',
            'NULL when nothing was sent. May exceed 1 at the turn of a month.'
        ),
        (
            'deliverability',
            'hard_bounce_rate',
            'Hard bounce rate',
            'case when untold_bounced = 0 then hard_bounced end / sent',
            'email domain and UTC month',
            'NULL when nothing was sent or the kind of a bounce is not told.'
        ),
        (
            'deliverability',
            'spam_rate_of_delivered',
            'Spam complaint rate of delivered',
            'spam_complaints / delivered',
            'email domain and UTC month',
            'NULL when nothing was delivered. Providers that report no complaints show 0.'
        ),
        (
            'deliverability',
            'spam_rate_of_sent',
            'Spam complaint rate of sent',
            'spam_complaints / sent',
            'email domain and UTC month',
            'NULL when nothing was sent. Providers that report no complaints show 0.'
        ),
        (
            'lifecycle_funnel',
            'entered',
            'Entered',
            'sum(case when is_first then 1 else 0 end)',
            'stage and month',
            'Over int_stage_entries. Each prospect once per stage, in its first month; where only part of the past is loaded, the first loaded entry counts as the first.'
        ),
        (
            'lifecycle_funnel',
            'advanced',
            'Advanced',
            'sum(case when is_first and outcome = ''advanced'' then 1 else 0 end)',
            'stage and month',
            'Over int_stage_entries. Any later stage, jumps included, at any time since; a stage for lost people of a greater position counts as later, too.'
        ),
        (
            'lifecycle_funnel',
            'still_there',
            'Still there',
            'sum(case when is_first and outcome = ''still_there'' then 1 else 0 end)',
            'stage and month',
            'Over int_stage_entries. By the newest move that is loaded, not by the field of the prospect.'
        ),
        (
            'lifecycle_funnel',
            'left_otherwise',
            'Left otherwise',
            'entered - advanced - still_there',
            'stage and month',
            'To an earlier stage, to none, or to one that is not loaded.'
        ),
        (
            'lifecycle_funnel',
            'entered_again',
            'Entered again',
            'sum(case when is_first then 0 else 1 end)',
            'stage and month',
            'Over int_stage_entries. Of any cohort; not part of entered.'
        ),
        (
            'lifecycle_funnel',
            'conversion_rate',
            'Conversion rate',
            'case when position is not null then advanced end / entered',
            'stage and month',
            'NULL when nobody entered, and for a stage whose position is not known. Recent months had less time to convert: compare months of the same age. Not the quotient of two rows of entered.'
        ),
        (
            'lifecycle_funnel',
            'finished_stays',
            'Finished stays',
            'sum(case when is_first and seconds_in_stage is not null then 1 else 0 end)',
            'stage and month',
            'Over int_stage_entries.'
        ),
        (
            'lifecycle_funnel',
            'average_days',
            'Average days in stage',
            'avg(case when is_first then seconds_in_stage end) / 86400',
            'stage and month',
            'Over int_stage_entries. Only stays that have ended: recent months look fast, and a few long stays weigh much.'
        ),
        (
            'lifecycle_funnel',
            'median_days',
            'Median days in stage',
            'median(case when is_first then seconds_in_stage end) / 86400',
            'stage and month',
            'Over int_stage_entries. Only stays that have ended: recent months look fast.'
        ),
        (
            'qualified_prospects',
            'is_mql',
            'Is a marketing qualified lead (MQL)',
            'max(case when is_met then 1 else 0 end) = 1',
            'prospect',
            'Over int_qualifications: by any rule of mql_rules. Ours is a lifecycle stage whose name begins with marketing qualified or MQL, and every later one; without such a stage nobody is an MQL until you name yours there. A stage for lost people of a greater position counts as later, too.'
        ),
        (
            'qualified_prospects',
            'became_mql_at',
            'Became a marketing qualified lead',
            'min(met_at)',
            'prospect',
            'Over int_qualifications. By the moves and versions that are loaded; NULL for who was one before anything was recorded, so the first months of rules of score, grade or user are too low. Does not go away with the status: count by it who became one, by is_mql who is one.'
        ),
        (
            'qualified_prospects',
            'days_to_mql',
            'Days to marketing qualified lead',
            'case when became_mql_at >= created_at then date_diff(''day'', cast(created_at at time zone ''UTC'' as date), cast(became_mql_at at time zone ''UTC'' as date)) end',
            'prospect',
            'Only of those who became one: recent prospects that will be slow are not in it.'
        ),
        (
            'prospect_cohorts',
            'prospects',
            'Prospects of the cohort',
            'count(distinct prospect_id)',
            'month of creation and month since',
            'Over the prospects of the cohort, once for each month since. The same in all rows of a cohort: must not be added up over months_since. Recycle bin and purged prospects stay in.'
        ),
        (
            'prospect_cohorts',
            'engaged_prospects',
            'Engaged prospects',
            'count(distinct case when is_engaged then prospect_id end)',
            'month of creation and month since',
            'is_engaged: the prospect has an activity with is_engagement in that UTC month. Opens by mail scanners count, too. Must not be added up over months. What happened in months before the creation, as an anonymous visitor, is in no row.'
        ),
        (
            'prospect_cohorts',
            'engaged_share',
            'Engaged share',
            'engaged_prospects / prospects',
            'month of creation and month since',
            'The last month is not over: see is_over. Month 0 is a part of a month only for most.'
        ),
        (
            'prospect_cohorts',
            'converted_prospects',
            'Prospects with a first opportunity',
            'count(distinct case when is_converted then prospect_id end)',
            'month of creation and month since',
            'is_converted: the first opportunity of the prospect was created in that UTC month, or before the prospect and this is month 0. By the creation in Account Engagement. People of an opportunity whom no activity names are missed.'
        ),
        (
            'prospect_cohorts',
            'converted_to_date',
            'Prospects with an opportunity',
            'sum(converted_prospects) over (partition by cohort_starts_on order by months_since)',
            'month of creation and month since',
            'Already a running sum: must not be added up over months_since. Includes opportunities that were lost.'
        ),
        (
            'prospect_cohorts',
            'converted_share',
            'Share with an opportunity',
            'converted_to_date / prospects',
            'month of creation and month since',
            'Compare cohorts at the same months_since, of months that are over: young cohorts had less time.'
        ),
        (
            'prospect_cohorts',
            'won_prospects',
            'Prospects with a first won opportunity',
            'count(distinct case when is_won then prospect_id end)',
            'month of creation and month since',
            'is_won: the first won opportunity of the prospect was closed in that UTC month, or created when that is later. Prospects, not opportunities: several may belong to one. Won at an unknown time is left out.'
        ),
        (
            'prospect_cohorts',
            'won_to_date',
            'Prospects with a won opportunity',
            'sum(won_prospects) over (partition by cohort_starts_on order by months_since)',
            'month of creation and month since',
            'Already a running sum: must not be added up over months_since. An opportunity that is opened again leaves it.'
        ),
        (
            'prospect_cohorts',
            'won_share',
            'Share with a won opportunity',
            'won_to_date / prospects',
            'month of creation and month since',
            'Of all prospects of the cohort; no win rate, which would be of opportunities that are closed.'
        ),
        (
            'opportunity_influence',
            'touching_prospects',
            'Prospects with a touch',
            'count(distinct prospect_id)',
            'opportunity and campaign',
            'Over int_opportunity_touches. Must not be added up over campaigns.'
        ),
        (
            'opportunity_influence',
            'touches',
            'Touches',
            'count(*)',
            'opportunity and campaign',
            'Over int_opportunity_touches. A visit, the page viewed in it and the form completed there are three touches; opens by mail scanners are touches, too. Open opportunities have had less time.'
        ),
        (
            'opportunity_influence',
            'touches_before_creation',
            'Touches before the creation',
            'sum(case when is_before_creation then 1 else 0 end)',
            'opportunity and campaign',
            'Over int_opportunity_touches. The touches that attribution shares the value among.'
        ),
        (
            'opportunity_influence',
            'touches_after_creation',
            'Touches between creation and close',
            'touches - touches_before_creation',
            'opportunity and campaign',
            'For an open opportunity until now; for one that was closed at an unknown time none.'
        ),
        (
            'opportunity_influence',
            'days_to_creation',
            'Days from first touch to creation',
            'case when first_touch_at <= opportunity_created_at then date_diff(''day'', cast(first_touch_at at time zone ''UTC'' as date), cast(opportunity_created_at at time zone ''UTC'' as date)) end',
            'opportunity and campaign',
            'From the first touch of the campaign. NULL when that came after. By the creation in Account Engagement, which for imported opportunities is later than that in Salesforce.'
        ),
        (
            'opportunity_influence',
            'days_to_close',
            'Days from first touch to close',
            'case when (is_won or is_lost) and first_touch_at <= opportunity_closed_at then date_diff(''day'', cast(first_touch_at at time zone ''UTC'' as date), cast(opportunity_closed_at at time zone ''UTC'' as date)) end',
            'opportunity and campaign',
            'From the first touch of the campaign. NULL while it is open. Of won and lost ones: tell them apart by is_won.'
        ),
        (
            'attribution',
            'share',
            'Share',
            'weight / total_weight',
            'opportunity, model and touch',
            'Adds up to the number of opportunities within one model; must not be added up over models. A visit, the page viewed in it and the form completed there are three touches; opens by mail scanners are touches, too.'
        ),
        (
            'attribution',
            'attributed_value',
            'Attributed value',
            'opportunity_value * share',
            'opportunity, model and touch',
            'In whole cents that add up to the value within one model; must not be added up over models. Rows without a touch belong to the sum. Values in other currencies are not converted.'
        ),
        (
            'follow_up_queue',
            'activity_points',
            'Activity points',
            'sum(points)',
            'prospect',
            'Over int_follow_up_signs. Mail and link scanners earn points, too; the cap per type limits that.'
        ),
        (
            'follow_up_queue',
            'score_points',
            'Score points',
            'least(floor(coalesce(score, 0) * 0.05), 15)',
            'prospect',
            'The score contains the same activity already, so its points are capped. The numbers are those of follow_up_settings.'
        ),
        (
            'follow_up_queue',
            'grade_points',
            'Grade points',
            'case upper(substr(trim(grade), 1, 1)) when ''A'' then 15 when ''B'' then 8 when ''D'' then -8 when ''F'' then -15 else 0 end',
            'prospect',
            'The numbers are those of follow_up_settings.'
        ),
        (
            'follow_up_queue',
            'points',
            'Points',
            'activity_points + score_points + grade_points',
            'prospect',
            'An order to call in, no probability; the weights are a proposal, to be changed in follow_up_weights.'
        ),
        (
            'data_quality',
            'value',
            'Value of a check',
            'sum(case check_name when ''rows_loaded'' then loaded_rows when ''rows_set_aside'' then set_aside_rows when ''read_failed'' then 1 - cast(is_complete as bigint) end)',
            'table, check and run',
            'Over stg_runs, for the checks that a run counts; each row explains its own. Must not be added up over checks: they count rows, days and hours.'
        ),
        (
            'score_history',
            'score_change',
            'Score change',
            'score - previous_score',
            'prospect and version',
            'Between two loads only the last score is known, so ups and downs in between count as one change. The first row of a prospect has none. Changes by hand, decay and merges count like activity.'
        )
) as t (model, metric, name, formula, grain, caveat)
