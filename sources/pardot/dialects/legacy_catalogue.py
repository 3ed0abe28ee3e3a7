"""What versions 3 and 4 have, one line per object: the same tables and columns as version 5, by older names.

A field is named as these versions name it; a column of another name follows after `=`, its type is the one that the
column has in version 5. Objects and fields that are not here exist in version 5 only.

Source: Account Engagement API versions 3 and 4, object pages, field references and Export API page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..catalogue import CATALOGUE, Entry, Field, Route
from ..objects.entry import TOLD_BY_BIN, build_fields


@dataclass(frozen=True)
class LegacyObject:
    """One object of versions 3 and 4."""

    name: str
    """Path segment, for example `visitorActivity`."""
    entry: Entry
    parameters: tuple[tuple[str, str | int], ...] = ()
    """What every query of it is sent with."""
    takes_fields: bool = False
    """Whether the query takes a list of fields; others deliver all they have."""
    takes_order: bool = True
    """Whether the query can be told an order; the others are documented to go by id, or to go on above one."""


_BULK = (("output", "bulk"),)
"""Without nested records and counts: the fastest output."""
_FULL = (("output", "full"),)
"""For what `bulk` leaves out: nested records, of which the ids are taken, and an account's own fields."""


def _object(
    table: str,
    name: str,
    fields: str,
    route: Route = Route.WALK,
    *,
    parameters: tuple[tuple[str, str | int], ...] = _BULK,
    takes_fields: bool = False,
    changed_by: str = "updated_at",
    has_recycle_bin: bool = False,
) -> LegacyObject:
    modern = CATALOGUE[table]
    types = {field.column: field.type for field in modern.fields}
    found = []
    for text in fields.split():
        name_here, _, column = text.partition("=")
        found.append(Field(name_here, types[column or name_here], stored_as=column or name_here))
    entry = replace(
        modern,
        fields=(*found, *(_IN_BIN if has_recycle_bin else ())),
        route=route,
        changed_by=changed_by,
        has_recycle_bin=has_recycle_bin,
        finds_new_by_id=False,
        is_single=False,
        has_query=True,
        left_out=(),
        times_are_local=True,
    )
    return LegacyObject(name, entry, parameters, takes_fields)


_IN_BIN = tuple(replace(field, name="is_deleted") for field in TOLD_BY_BIN)
_STAMPS = "created_at updated_at"
_CAMPAIGN_PARAMETERS = "campaign_parameter medium_parameter source_parameter content_parameter term_parameter"

_OBJECTS = (
    _object(
        "visitor_activities",
        "visitorActivity",
        "id type type_name details prospect_id visitor_id visit_id visitor_page_view_id campaign_id email_id "
        "list_email_id email_template_id form_id form_handler_id landing_page_id file_id custom_redirect_id "
        "site_search_query_id paid_search_ad_id multivariate_test_variation_id opportunity_id " + _STAMPS,
        Route.EXPORT,
    ),
    _object(
        "prospects",
        "prospect",
        "id campaign_id salutation first_name last_name email password company prospect_account_id website job_title "
        "department country address_one address_two city state territory zip phone fax source annual_revenue employees "
        "industry years_in_business comments notes score grade last_activity_at recent_interaction "
        "crm_lead_fid=salesforce_lead_id crm_contact_fid=salesforce_contact_id crm_owner_fid=salesforce_owner_id "
        "crm_account_fid=salesforce_account_id crm_last_sync=salesforce_last_sync crm_url=salesforce_url "
        "is_do_not_email is_do_not_call opted_out is_reviewed is_starred " + _STAMPS,
        Route.QUERY,
        takes_fields=True,
        has_recycle_bin=True,
    ),
    _object(
        "prospect_accounts",
        "prospectAccount",
        "id name assigned_to_id annual_revenue billing_address_one billing_address_two billing_city billing_country "
        "billing_state billing_zip description employees fax industry number ownership phone rating "
        "shipping_address_one shipping_address_two shipping_city shipping_country shipping_state shipping_zip sic site "
        "ticker_symbol type website " + _STAMPS,
        Route.QUERY,
        parameters=_FULL,
    ),
    _object(
        "visitors",
        "visitor",
        f"id prospect_id page_view_count {_CAMPAIGN_PARAMETERS} hostname ip_address {_STAMPS}",
        Route.QUERY,
        parameters=(*_BULK, ("only_identified", "false")),
    ),
    _object("campaigns", "campaign", "id name cost", Route.QUERY),
    _object(
        "lists",
        "list",
        f"id name title description is_public is_dynamic is_crm_visible=is_salesforce_visible {_STAMPS}",
        Route.QUERY,
    ),
    _object(
        "list_memberships",
        "listMembership",
        f"id list_id prospect_id opted_out {_STAMPS}",
        Route.QUERY,
        has_recycle_bin=True,
    ),
    _object(
        "email_templates",
        "emailTemplate",
        "id name subject is_one_to_one_email is_auto_responder_email is_drip_email is_list_email "
        "is_archived=is_deleted",
    ),
    _object("forms", "form", f"id name campaign_id embed_code {_STAMPS}", Route.QUERY, parameters=_FULL),
    _object(
        "custom_redirects",
        "customRedirect",
        f"id name url destination=destination_url campaign_id {_STAMPS}",
        parameters=_FULL,
    ),
    _object(
        "opportunities",
        "opportunity",
        f"id campaign_id name value probability type stage status closed_at {_STAMPS}",
        parameters=_FULL,
    ),
    _object("users", "user", f"id email first_name last_name job_title role {_STAMPS}"),
    _object("lifecycle_stages", "lifecycleStage", "id name position is_locked"),
    _object(
        "lifecycle_histories",
        "lifecycleHistory",
        "id prospect_id previous_stage_id next_stage_id seconds_elapsed created_at",
        Route.QUERY,
        changed_by="created_at",
    ),
    _object(
        "custom_fields",
        "customField",
        f"id name field_id type is_record_multiple_responses is_use_values crm_id=salesforce_id {_STAMPS}",
    ),
    _object("dynamic_contents", "dynamicContent", f"id name embed_code embed_url based_on {_STAMPS}"),
    _object("tags", "tag", f"id name {_STAMPS}", Route.QUERY),
    _object("tagged_objects", "tagObject", "id tag_id type=object_type object_id created_at"),
    # Found by the visitors that changed; see `legacy_visits`.
    _object(
        "visits",
        "visit",
        "id visitor_id prospect_id visitor_page_view_count first_visitor_page_view_at last_visitor_page_view_at "
        f"duration_in_seconds {_CAMPAIGN_PARAMETERS} {_STAMPS}",
        Route.QUERY,
        parameters=(),
    ),
    _object(
        "visitor_page_views",
        "visit",
        "id visitor_id visit_id url title created_at",
        Route.QUERY,
        parameters=(),
        changed_by="created_at",
    ),
)

ONLY_LEGACY = (
    LegacyObject(
        "emailClick",
        Entry(
            "email_clicks",
            build_fields(
                ints="prospect_id list_email_id drip_program_action_id email_template_id tracker_redirect_id",
                text="url",
                times="created_at",
            ),
            Route.QUERY,
            changed_by="created_at",
            times_are_local=True,
            standard=False,
        ),
        takes_order=False,
    ),
    LegacyObject(
        "email",
        Entry(
            "list_email_statistics",
            build_fields(
                ints="sent delivered total_clicks unique_clicks soft_bounced hard_bounced opt_outs spam_complaints "
                "opens unique_opens",
                text="delivery_rate opens_rate click_through_rate unique_click_through_rate click_open_ratio "
                "opt_out_rate spam_complaint_rate",
                times="counted_at",
            ),
            Route.WALK,
            times_are_local=True,
            standard=False,
        ),
    ),
)
"""What version 5 does not have: the clicks of emails, and what is counted for each list email."""

LEGACY: Mapping[str, LegacyObject] = {each.entry.table: each for each in (*_OBJECTS, *ONLY_LEGACY)}
