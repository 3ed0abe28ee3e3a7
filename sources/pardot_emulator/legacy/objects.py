"""Every object of versions 3 and 4 as the emulator knows it: fields, searches, orders, what is nested.

Notation of a field list: ``type_name`` is the version 5 field ``typeName``; ``destination=destinationUrl`` names
another one. Source: "Object Field References" and the pages "Querying …" of versions 3 and 4 (archived in
pardot/api-docs); fields that came later as in the export pages of version 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from pardot_emulator.legacy.criteria import (
    Criterion,
    changed,
    created,
    dates,
    equal,
    exact,
    filled,
    grades,
    ids,
    numbers,
)
from pardot_emulator.schema import COLLECTIONS, Collection, Kind

Direction = Literal["ASC", "DESC"]
Shape = Literal["plain", "in value", "several values"]
"""How a value is written: as it is, in a ``value`` element, or as one such element for each of its parts."""


@dataclass(frozen=True)
class LegacyField:
    """One field of an object."""

    name: str
    kind: Kind
    sql: str
    source: str
    """Its name in version 5."""
    shape: Shape = "plain"

    @property
    def is_id(self) -> bool:
        """Whether the field holds an identifier."""
        return self.kind == "int" and (self.name == "id" or self.name.endswith("_id"))


@dataclass(frozen=True)
class LegacyObject:
    """One object: a collection of version 5 under another name."""

    name: str
    """As in the path: ``visitorActivity``."""
    key: str
    """As in answers: ``visitor_activity``."""
    collection: Collection
    fields: Mapping[str, LegacyField]
    flat: frozenset[str] = frozenset()
    """Fields that only ``output=bulk`` and exports show, in place of a nested object."""
    criteria: Mapping[str, Criterion] = field(default_factory=dict)
    sorts: Mapping[str, Direction] = field(default_factory=dict)
    """What a query can sort by, with the usual direction of each."""
    nested: tuple[str, ...] = ()
    """Nested objects of a query; see ``legacy.nests``."""
    nested_on_read: tuple[str, ...] = ()
    """Further ones of a read with ``output=full``."""
    operations: frozenset[str] = frozenset({"query", "read"})
    mobile: tuple[str, ...] | None = None
    """Fields of ``output=mobile``; None shows all but nested objects."""
    is_mobile_unlimited: bool = True
    """Whether ``output=mobile`` lifts the limit of 200."""
    takes_fields: bool = False
    takes_deleted: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Search parameters that apply when they are not given."""
    required: tuple[str, ...] = ()
    """Search parameters one of which has to be given."""
    where: str = "1"
    missing_code: int = 16
    """Error code of a read of what does not exist."""
    since_version_4: frozenset[str] = frozenset()


_COMPUTED: Mapping[str, tuple[Kind, str]] = {
    # Seen in captured answers: text is 1, checkbox 3, date 12; the others are not published.
    "type_id": ("int", "CASE lower(t.type) WHEN 'text' THEN 1 WHEN 'checkbox' THEN 3 WHEN 'date' THEN 12 END"),
    "account": ("int", '(SELECT min(id) FROM "account")'),
}


def _parse_fields(collection: Collection, notation: str) -> dict[str, LegacyField]:
    fields = {}
    for word in notation.split():
        name, _, source = word.partition("=")
        if name in _COMPUTED and source == "?":
            kind, sql = _COMPUTED[name]
        else:
            source = source or camel(name)
            kind, sql = collection.fields[source].kind, f't."{source}"'
        fields[name] = LegacyField(name, kind, sql, source)
    return fields


def camel(name: str) -> str:
    """Return the version 5 spelling of a name in snake case."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """Return the spelling in snake case of a version 5 name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _parse_sorts(notation: str) -> Mapping[str, Direction]:
    return {word.rstrip("+-"): "DESC" if word.endswith("-") else "ASC" for word in notation.split()}


def _declare(
    name: str, collection_name: str, fields: str, sorts: str = "", *, key: str = "", flat: str = "", **rest: Any
) -> LegacyObject:
    collection = COLLECTIONS[collection_name]
    parsed = _parse_fields(collection, f"{fields} {flat}")
    return LegacyObject(
        name,
        key or name,
        collection,
        MappingProxyType(parsed),
        frozenset(flat.split()),
        sorts=_parse_sorts(sorts),
        **rest,
    )


_PARAMETERS = "campaign_parameter medium_parameter source_parameter content_parameter term_parameter"
_VIA_ACTIVITY = (
    'EXISTS (SELECT 1 FROM "visitor-activities" AS a JOIN "prospects" AS p ON p.id = a."prospectId"'
    ' WHERE a."opportunityId" = t.id AND {} = ?)'
)

_DECLARED = (
    _declare(
        "account",
        "account",
        "id company level website plugin_campaign_id address1=addressOne address2=addressTwo city state territory"
        " zip country phone fax created_at updated_at",
        operations=frozenset({"read"}),
    ),
    _declare(
        "campaign",
        "campaigns",
        "id crm_fid=salesforceId name cost",
        "created_at- id+ name+ updated_at- cost-",
        criteria={**changed(), **exact(name="name")},
    ),
    _declare(
        "customField",
        "custom-fields",
        "id name field_id type type_id=? crm_id=salesforceId is_record_multiple_responses is_use_values created_at"
        " updated_at",
        "created_at- id+ name+",
        criteria=created(),
    ),
    _declare(
        "customRedirect",
        "custom-redirects",
        "id name url destination=destinationUrl created_at updated_at",
        "created_at- id+ updated_at-",
        flat="campaign_id",
        nested=("campaign",),
        criteria=changed(),
    ),
    _declare(
        "dynamicContent",
        "dynamic-contents",
        "id name embedCode embedUrl baseContent basedOn created_at updated_at",
        "created_at- id+ updated_at-",
        nested=("variation",),
        criteria=changed(),
    ),
    _declare(
        "email",
        "emails",
        "id name subject created_at=sentAt",
        operations=frozenset({"read", "stats"}),
    ),
    _declare(
        # There is no collection of clicks: each is the visitor activity of the same id.
        "emailClick",
        "visitor-activities",
        "id prospect_id url=details list_email_id email_template_id created_at",
        "id+",
        where='t.type = 1 AND t."emailId" IS NOT NULL',
        criteria={
            **created(),
            **equal(list_email_id="listEmailId", email_template_id="emailTemplateId"),
            "drip_program_action_id": Criterion("id", "? IS NULL"),
            "tracker_redirect_id": Criterion("id", "? IS NULL"),
        },
        operations=frozenset({"query"}),
        is_mobile_unlimited=False,
    ),
    _declare(
        "emailTemplate",
        "email-templates",
        "id name subject htmlMessage textMessage isOneToOneEmail isAutoResponderEmail isDripEmail isListEmail"
        " isArchived=isDeleted",
        "created_at- id+ name+ updated_at-",
        nested=("sendOptions",),
        criteria={**changed(), **exact(name="name")},
        operations=frozenset({"query", "read", "listOneToOne"}),
    ),
    _declare(
        "form",
        "forms",
        "id name campaign_id embed_code created_at updated_at",
        "created_at- id+ updated_at-",
        nested=("campaign",),
        criteria=changed(),
    ),
    _declare(
        "lifecycleHistory",
        "lifecycle-histories",
        "id prospect_id previous_stage_id next_stage_id seconds_elapsed created_at",
        "created_at+ id+",
        criteria=created(),
    ),
    _declare("lifecycleStage", "lifecycle-stages", "id name position is_locked", "position+ id+", criteria=ids()),
    _declare(
        "list",
        "lists",
        "id name is_public is_dynamic title description is_crm_visible=isSalesforceVisible created_at updated_at",
        "created_at- id+ name+ updated_at-",
        criteria={**changed(), **exact(name="name")},
    ),
    _declare(
        "listMembership",
        "list-memberships",
        "id list_id prospect_id opted_out created_at updated_at",
        "created_at- id+",
        key="list_membership",
        criteria={**changed(), **equal(list_id="listId")},
        takes_deleted=True,
    ),
    _declare(
        "opportunity",
        "opportunities",
        "id name value probability type stage status closed_at created_at updated_at",
        "created_at- id+ probability- value-",
        flat="campaign_id",
        nested=("campaign", "prospects"),
        nested_on_read=("opportunity_activities",),
        criteria={
            **created(),
            **numbers("probability", "value"),
            "prospect_id": Criterion("id", _VIA_ACTIVITY.format("p.id")),
            "prospect_email": Criterion("text", _VIA_ACTIVITY.format("p.email")),
        },
    ),
    _declare(
        "prospect",
        "prospects",
        "id campaign_id salutation first_name last_name email password company prospect_account_id website job_title"
        " department country address_one address_two city state territory zip phone fax source annual_revenue"
        " employees industry years_in_business comments notes score grade last_activity_at recent_interaction"
        " crm_lead_fid=salesforceLeadId crm_contact_fid=salesforceContactId crm_owner_fid=salesforceOwnerId"
        " crm_account_fid=salesforceAccountId crm_last_sync=salesforceLastSync crm_url=salesforceUrl"
        " salesforce_fid=salesforceId is_do_not_email is_do_not_call opted_out is_reviewed is_starred"
        " is_archived=isDeleted created_at updated_at",
        "created_at- id+ last_activity_at- updated_at-",
        nested=("campaign", "assigned_to", "last_activity"),
        nested_on_read=("visitors", "visitor_activities", "lists"),
        criteria={
            **changed(),
            **dates(last_activity="lastActivityAt"),
            **numbers("score"),
            **grades(),
            "assigned": Criterion("flag", 't."assignedToId" IS NOT NULL', 't."assignedToId" IS NULL'),
            "is_starred": Criterion("flag", 't."isStarred" IS 1', 't."isStarred" IS NOT 1'),
            "last_activity_never": Criterion("flag", 't."lastActivityAt" IS NULL'),
            "list_id": Criterion(
                "id",
                'EXISTS (SELECT 1 FROM "list-memberships" AS m WHERE m."prospectId" = t.id'
                ' AND m."isDeleted" IS NOT 1 AND m."listId" = ?)',
            ),
        },
        takes_fields=True,
        takes_deleted=True,
        mobile=("id", "first_name", "last_name", "email", "company"),
        missing_code=3,
        since_version_4=frozenset({"salesforce_fid", "is_archived"}),
    ),
    _declare(
        "prospectAccount",
        "prospect-accounts",
        "id name annual_revenue billing_address_one billing_address_two billing_city billing_country billing_state"
        " billing_zip description employees fax industry number ownership phone rating shipping_address_one"
        " shipping_address_two shipping_city shipping_country shipping_state shipping_zip sic site ticker_symbol type"
        " website created_at updated_at",
        "created_at- id+ name+ updated_at+",
        nested=("assigned_to",),
        criteria={**changed(), **exact(name="name")},
        operations=frozenset({"query", "read", "describe"}),
        takes_fields=True,
    ),
    _declare(
        "tag",
        "tags",
        "id name created_at updated_at",
        "created_at- id+ name+ updated_at-",
        criteria={**changed(), **exact(name="name")},
    ),
    _declare(
        "tagObject",
        "tagged-objects",
        "id tag_id type=objectType object_id created_at",
        "created_at- id+",
        criteria={**created(), **equal(tag_id="tagId", object_id="objectId"), **exact(type="objectType")},
    ),
    _declare(
        "user",
        "users",
        "id email first_name last_name job_title role account=? created_at updated_at",
        "created_at- id+",
        criteria=created(),
        missing_code=10,
    ),
    _declare(
        "visit",
        "visits",
        "id visitor_id prospect_id visitor_page_view_count first_visitor_page_view_at last_visitor_page_view_at"
        f" duration_in_seconds {_PARAMETERS} created_at updated_at",
        "id+",
        nested=("visitor_page_views",),
        criteria={
            "ids": Criterion("ids", "t.id IN ({})"),
            "visitor_ids": Criterion("ids", 't."visitorId" IN ({})'),
            "prospect_ids": Criterion("ids", 't."prospectId" IN ({})'),
        },
        required=("ids", "visitor_ids", "prospect_ids"),
        is_mobile_unlimited=False,
    ),
    _declare(
        "visitor",
        "visitors",
        f"id prospect_id page_view_count ip_address hostname {_PARAMETERS} created_at updated_at",
        "created_at- id+ updated_at-",
        nested_on_read=("visitor_activities",),
        criteria={
            **changed(),
            "only_identified": Criterion("flag", 't."isIdentified" IS 1'),
            "prospect_ids": Criterion("ids", 't."prospectId" IN ({})'),
        },
        takes_fields=True,
        defaults={"only_identified": "true"},
        mobile=("id", "prospect_id", "page_view_count", "ip_address", "hostname", "created_at", "updated_at"),
        missing_code=24,
    ),
    _declare(
        "visitorActivity",
        "visitor-activities",
        "id prospect_id visitor_id type type_name details visit_id visitor_page_view_id email_id list_email_id"
        " email_template_id form_id form_handler_id landing_page_id file_id custom_redirect_id site_search_query_id"
        " paid_search_ad_id multivariate_test_variation_id opportunity_id created_at updated_at",
        "created_at- id+ prospect_id- visitor_id- updated_at-",
        key="visitor_activity",
        flat="campaign_id",
        nested=("campaign",),
        criteria={
            **changed(),
            **equal(
                campaign_id="campaignId",
                custom_url_id="customRedirectId",
                email_id="emailId",
                file_id="fileId",
                form_id="formId",
                form_handler_id="formHandlerId",
                landing_page_id="landingPageId",
                prospect_id="prospectId",
                visitor_id="visitorId",
            ),
            **filled(
                prospect_only="prospectId",
                custom_url_only="customRedirectId",
                email_only="emailId",
                file_only="fileId",
                form_only="formId",
                form_handler_only="formHandlerId",
                landing_page_only="landingPageId",
            ),
            "type": Criterion("types", "t.type IN ({})"),
        },
        is_mobile_unlimited=False,
    ),
)

OBJECTS: Mapping[str, LegacyObject] = MappingProxyType({each.name.lower(): each for each in _DECLARED})
"""Every object by its name in lower case: paths may spell it in any case."""

PAGE_VIEW = _declare("visitorPageView", "visitor-page-views", "id url title created_at", key="visitor_page_view")
"""Page views are only ever nested in their visit."""
