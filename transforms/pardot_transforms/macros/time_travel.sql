-- The visitor activities of these UTC days, the last one included, with names: activity_between('2026-01-01', '2026-01-31').
CREATE MACRO pardot_marts.activity_between(first_day, last_day) AS TABLE
    SELECT * FROM pardot_marts.visitor_activities_enriched
    WHERE created_on BETWEEN CAST(first_day AS DATE) AND CAST(last_day AS DATE);

-- The prospects as they were at an instant, recycle bin left out: prospects_as_of('2026-02-28 23:59:59+00').
CREATE MACRO pardot_marts.prospects_as_of(instant) AS TABLE
    SELECT * FROM pardot_history.prospect_versions
    WHERE valid_from <= CAST(instant AS TIMESTAMPTZ)
        AND (valid_to > CAST(instant AS TIMESTAMPTZ) OR valid_to IS NULL) AND NOT coalesce(is_deleted, false);

-- The prospect accounts as they were at an instant, recycle bin left out.
CREATE MACRO pardot_marts.prospect_accounts_as_of(instant) AS TABLE
    SELECT * FROM pardot_history.prospect_account_versions
    WHERE valid_from <= CAST(instant AS TIMESTAMPTZ)
        AND (valid_to > CAST(instant AS TIMESTAMPTZ) OR valid_to IS NULL) AND NOT coalesce(is_deleted, false);

-- The list memberships that there were at an instant; opted_out tells who had opted out of the list.
CREATE MACRO pardot_marts.list_memberships_as_of(instant) AS TABLE
    SELECT * FROM pardot_history.list_membership_versions
    WHERE valid_from <= CAST(instant AS TIMESTAMPTZ)
        AND (valid_to > CAST(instant AS TIMESTAMPTZ) OR valid_to IS NULL) AND NOT coalesce(is_deleted, false);

-- The opportunities as they were at an instant, recycle bin left out.
CREATE MACRO pardot_marts.opportunities_as_of(instant) AS TABLE
    SELECT * FROM pardot_history.opportunity_versions
    WHERE valid_from <= CAST(instant AS TIMESTAMPTZ)
        AND (valid_to > CAST(instant AS TIMESTAMPTZ) OR valid_to IS NULL) AND NOT coalesce(is_deleted, false);
