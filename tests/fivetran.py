"""What fivetran/dbt_pardot reads: every table and column that its sources and its `get_…_columns` macros name.

Names and types only. Two types are ours: a campaign's cost keeps its fraction, and every time is an instant.
"""

from __future__ import annotations

from typing import Final

SCHEMA: Final = "pardot_fivetran"

_TYPES: Final = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "flag": "BOOLEAN",
    "time": "TIMESTAMP WITH TIME ZONE",
}

_READ: Final = {
    "campaign": {
        "flag": "_fivetran_deleted",
        "time": "_fivetran_synced",
        "int": "id",
        "text": "name",
        "float": "cost",
    },
    "list": {
        "flag": "is_crm_visible is_dynamic is_public",
        "time": "_fivetran_synced created_at updated_at",
        "int": "id",
        "text": "name title description",
    },
    "list_membership": {
        "flag": "opted_out",
        "time": "_fivetran_synced created_at updated_at",
        "int": "id list_id prospect_id",
    },
    "opportunity": {
        "time": "_fivetran_synced closed_at created_at updated_at",
        "int": "id campaign_id probability",
        "text": "name stage status type",
        "float": "value",
    },
    "opportunity_prospect": {"time": "_fivetran_synced updated_at", "int": "opportunity_id prospect_id"},
    "prospect": {
        "flag": "_fivetran_deleted is_do_not_call is_do_not_email is_reviewed is_starred is_archived opted_out",
        "time": "_fivetran_synced created_at crm_last_sync last_activity_at updated_at",
        "int": "id campaign_id prospect_account_id score user_id",
        "text": "address_one address_two annual_revenue city comments company country crm_account_fid crm_contact_fid "
        "crm_lead_fid crm_owner_fid crm_url department email employees fax first_name grade industry job_title "
        "last_name notes password phone recent_interaction salutation source state territory website "
        "years_in_business zip",
    },
    "visitor": {
        "time": "_fivetran_synced created_at updated_at",
        "int": "id page_view_count prospect_id",
        "text": "campaign_parameter content_parameter hostname ip_address medium_parameter source_parameter "
        "term_parameter",
    },
    "visitor_activity": {
        "time": "_fivetran_synced created_at",
        "int": "id campaign_id custom_redirect_id email_id email_template_id file_id form_handler_id form_id "
        "landing_page_id list_email_id multivariate_test_variation_id paid_search_ad_id prospect_id "
        "site_search_query_id type visitor_id visitor_page_view_id",
        "text": "details opportunity_id type_name visit_id",
    },
}

READ: Final = {
    table: {name: _TYPES[kind] for kind, names in columns.items() for name in names.split()}
    for table, columns in _READ.items()
}
"""Table -> column -> the type that DuckDB shows."""
