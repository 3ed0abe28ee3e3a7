"""What Account Engagement has, one declarative entry per object.

Adding an object is adding an `Entry` here and nothing else: the client, the types, the table and the plan follow
from it. The entry says what the API documents: the fields, how rows can be asked for, and whether there is a
recycle bin.

Source: Account Engagement API v5 object pages, their field tables, query filters and export procedures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .errors import SettingsError
from .naming import column_name, nearest

MAX_EXPORT_FIELDS = 150
"""Fields that one export may name. Source: Export API guide, limits."""


class Type(Enum):
    """The declared type of a column; values stay text until they reach it."""

    BIGINT = "bigint"
    BOOLEAN = "bool"
    DOUBLE = "double"
    TEXT = "text"
    TIMESTAMP = "timestamp"
    """An instant, kept as TIMESTAMPTZ."""


class Route(Enum):
    """How the rows of an object are fetched; the cheapest way that loses nothing."""

    EXPORT = "export"
    """History by creation time and changes by update time, through the Export API: a few calls for any volume."""
    QUERY = "query"
    """All rows once, then the rows changed since, by the dated query: one call per thousand rows."""
    WALK = "walk"
    """All rows by id at every run, compared with what is stored: the query has no filter by date."""
    WALK_THEN_EXPORT = "walk, then export"
    """All rows once by id; changes through the Export API, because the query has no filter by date."""


@dataclass(frozen=True)
class Field:
    """One field of an object: the API's name, our column, and its declared type."""

    name: str
    type: Type
    is_asked: bool = True
    """False for what the API does not list and we tell from how a row was found."""

    @property
    def column(self) -> str:
        return column_name(self.name)


@dataclass(frozen=True)
class Entry:
    """One object of the API and everything that the rest of the package needs to know about it."""

    table: str
    """The raw table, plural snake case of the v5 collection."""
    fields: tuple[Field, ...]
    route: Route
    export_object: str | None = None
    """Prefix of the export procedures, for example `VisitorActivity`."""
    exports_changes: bool = True
    """Whether `FilterByUpdatedAt` exists; without it new rows are found by creation time."""
    export_arguments: tuple[tuple[str, object], ...] = ()
    changed_by: str = "updatedAt"
    """The field that the dated query filters on."""
    finds_new_by_id: bool = False
    """Also ask for ids above the greatest one seen: rows may lack the dated field."""
    has_recycle_bin: bool = False
    has_custom_fields: bool = False
    standard: bool = True
    """Whether the reporting tables need it; `sources.pardot.objects = "standard"` loads these."""

    @property
    def collection(self) -> str:
        """Path segment of the v5 query endpoint."""
        return self.table.replace("_", "-")

    @property
    def tells_bin_apart(self) -> bool:
        """Whether only asking apart tells which rows are in the recycle bin."""
        return any(field.name == "isDeleted" and not field.is_asked for field in self.fields)

    @property
    def has_updated_at(self) -> bool:
        return any(field.name == "updatedAt" for field in self.fields)


def _fields(
    *, ints: str = "", text: str = "", flags: str = "", times: str = "", numbers: str = ""
) -> tuple[Field, ...]:
    """Build the fields of an entry: `id` first, then by type, in the order given."""
    groups = (
        (ints, Type.BIGINT),
        (text, Type.TEXT),
        (flags, Type.BOOLEAN),
        (numbers, Type.DOUBLE),
        (times, Type.TIMESTAMP),
    )
    return (
        Field("id", Type.BIGINT),
        *(Field(name, kind) for names, kind in groups for name in names.split()),
    )


PURGED_AT = Field("purgedAt", Type.TIMESTAMP, is_asked=False)
"""A column of every raw table: when a row was found to be delivered no longer, by the server's clock. NULL is alive."""

_TOLD_BY_BIN = (Field("isDeleted", Type.BOOLEAN, is_asked=False),)
"""For objects with a recycle bin and no field that says so: rows in use and rows in the bin are asked for apart."""
_AUDIT = "createdById updatedById"
_STAMPS = "createdAt updatedAt"
_OPTIONS = "senderOptions replyToOptions"
"""Lists of objects, kept as JSON text."""
_CAMPAIGN_PARAMETERS = "campaignParameter mediumParameter sourceParameter contentParameter termParameter"

_ENTRIES = (
    Entry(
        "visitor_activities",
        _fields(
            ints="type prospectId visitorId visitId visitorPageViewId campaignId emailId listEmailId emailTemplateId "
            "formId formHandlerId landingPageId fileId customRedirectId siteSearchQueryId paidSearchAdId "
            "multivariateTestVariationId opportunityId",
            text="typeName details",
            times=_STAMPS,
        ),
        Route.EXPORT,
        export_object="VisitorActivity",
        export_arguments=(("prospectOnly", False),),
    ),
    Entry(
        "prospects",
        _fields(
            ints="campaignId prospectAccountId assignedToId userId profileId lifecycleStageId score " + _AUDIT,
            text="email salutation firstName lastName company jobTitle department addressOne addressTwo city state zip "
            "country territory phone fax website industry annualRevenue employees yearsInBusiness source comments "
            "notes grade recentInteraction emailBouncedReason " + _CAMPAIGN_PARAMETERS + " firstReferrerUrl "
            "firstReferrerQuery firstReferrerType convertedFromObjectName convertedFromObjectType salesforceId "
            "salesforceLeadId salesforceContactId salesforceAccountId salesforceCampaignId salesforceOwnerId "
            "salesforceUrl password",
            flags="isDoNotEmail isDoNotCall optedOut isReviewed isStarred isDeleted isEmailHardBounced doNotSell",
            times="lastActivityAt emailBouncedAt firstActivityAt firstAssignedAt convertedAt salesforceLastSync "
            + _STAMPS,
        ),
        Route.QUERY,
        export_object="Prospect",
        has_recycle_bin=True,
        has_custom_fields=True,
    ),
    Entry(
        "prospect_accounts",
        _fields(
            ints="assignedToId " + _AUDIT,
            text="name salesforceId annualRevenue billingAddressOne billingAddressTwo billingCity billingCountry "
            "billingState billingZip description employees fax industry number ownership phone rating "
            "shippingAddressOne shippingAddressTwo shippingCity shippingCountry shippingState shippingZip sic site "
            "tickerSymbol type website",
            flags="isDeleted",
            times=_STAMPS,
        ),
        Route.WALK_THEN_EXPORT,
        export_object="ProspectAccount",
        has_recycle_bin=True,
        has_custom_fields=True,
    ),
    Entry(
        "visitors",
        _fields(
            ints="prospectId campaignId pageViewCount",
            text=_CAMPAIGN_PARAMETERS + " hostname ipAddress",
            flags="isIdentified isDeleted doNotSell",
            times=_STAMPS,
        ),
        Route.EXPORT,
        export_object="Visitor",
        has_recycle_bin=True,
    ),
    Entry(
        "visits",
        _fields(
            ints="visitorId prospectId visitorPageViewCount durationInSeconds",
            text=_CAMPAIGN_PARAMETERS,
            times="firstVisitorPageViewAt lastVisitorPageViewAt " + _STAMPS,
        ),
        Route.EXPORT,
        export_object="Visit",
    ),
    Entry(
        "visitor_page_views",
        _fields(
            ints="visitorId visitId campaignId durationInSeconds",
            text="url title salesforceId",
            times="createdAt",
        ),
        Route.EXPORT,
        export_object="VisitorPageView",
        exports_changes=False,
    ),
    Entry(
        "campaigns",
        _fields(
            ints="folderId parentCampaignId " + _AUDIT,
            text="name salesforceId",
            numbers="cost",
            flags="isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="Campaign",
        has_recycle_bin=True,
    ),
    Entry(
        "lists",
        _fields(
            ints="folderId campaignId " + _AUDIT,
            text="name title description",
            flags="isPublic isDynamic isSalesforceVisible isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="List",
        has_recycle_bin=True,
    ),
    Entry(
        "list_memberships",
        _fields(ints="listId prospectId " + _AUDIT, flags="optedOut isDeleted", times=_STAMPS),
        Route.QUERY,
        export_object="ListMembership",
        has_recycle_bin=True,
    ),
    Entry(
        "list_emails",
        _fields(
            ints="campaignId trackerDomainId emailTemplateId folderId " + _AUDIT,
            text="name subject type clientType " + _OPTIONS,
            flags="isPaused isSent isDeleted operationalEmail isOperational",
            times="sentAt scheduledTime " + _STAMPS,
        ),
        Route.QUERY,
        export_object="ListEmail",
        has_recycle_bin=True,
    ),
    Entry(
        "emails",
        _fields(
            ints="userId campaignId listId prospectId listEmailId emailTemplateId trackerDomainId folderId createdById",
            text="name subject type clientType salesforceCmsId " + _OPTIONS,
            flags="isOperational",
            times="sentAt scheduledTime",
        )
        + _TOLD_BY_BIN,
        Route.QUERY,
        changed_by="sentAt",
        finds_new_by_id=True,
        has_recycle_bin=True,
    ),
    Entry(
        "email_templates",
        _fields(
            ints="trackerDomainId campaignId folderId " + _AUDIT,
            text="name subject type tagReplacementLanguage " + _OPTIONS,
            flags="isOneToOneEmail isAutoResponderEmail isDripEmail isListEmail isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="EmailTemplate",
        has_recycle_bin=True,
    ),
    Entry(
        "forms",
        _fields(
            ints="campaignId layoutTemplateId trackerDomainId folderId " + _AUDIT,
            text="name url embedCode salesforceId submitButtonText redirectLocation thankYouContent thankYouCode "
            "beforeFormContent afterFormContent fontSize fontFamily fontColor labelAlignment radioAlignment "
            "checkboxAlignment requiredCharacter salesforceCmsId",
            flags="showNotProspect isUseRedirectLocation isAlwaysDisplay isCaptchaEnabled isCookieless isDeleted",
            times=_STAMPS,
        ),
        Route.WALK,
        export_object="Form",
        has_recycle_bin=True,
    ),
    Entry(
        "form_handlers",
        _fields(
            ints="campaignId trackerDomainId folderId " + _AUDIT,
            text="name salesforceId embedCode successLocation errorLocation url",
            flags="isDataForwarded isAlwaysEmail isCookieless isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="FormHandler",
        has_recycle_bin=True,
    ),
    Entry(
        "landing_pages",
        _fields(
            ints="campaignId formId layoutTemplateId layoutTableBorder trackerDomainId folderId " + _AUDIT,
            text="name salesforceId title description vanityUrl vanityUrlPath layoutType scriptFragment layoutCss "
            "layoutCssGenerated redirectLocation bitlyShortUrl url content openingGeneralContent regionContent "
            "salesforceCmsId",
            flags="isDeleted isDoNotIndex isUseRedirectLocation bitlyIsPersonalized",
            times="archiveDate " + _STAMPS,
        ),
        Route.QUERY,
        export_object="LandingPage",
        has_recycle_bin=True,
    ),
    Entry(
        "custom_redirects",
        _fields(
            ints="campaignId trackerDomainId folderId " + _AUDIT,
            text="name destinationUrl vanityUrlPath vanityUrl trackedUrl url gaSource gaMedium gaTerm gaContent "
            "gaCampaign bitlyShortUrl salesforceId",
            flags="bitlyIsPersonalized isDeleted",
            times=_STAMPS,
        ),
        Route.WALK,
        export_object="CustomRedirect",
        has_recycle_bin=True,
    ),
    Entry(
        "opportunities",
        _fields(
            ints="campaignId probability " + _AUDIT,
            text="name type stage status salesforceId",
            numbers="value",
            times="closedAt " + _STAMPS,
        )
        + _TOLD_BY_BIN,
        Route.QUERY,
        export_object="Opportunity",
        has_recycle_bin=True,
    ),
    Entry(
        "users",
        _fields(
            ints=_AUDIT,
            text="email firstName lastName username jobTitle role roleName salesforceId tagReplacementLanguage",
            flags="isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="User",
        has_recycle_bin=True,
    ),
    Entry(
        "lifecycle_stages",
        _fields(ints="position", text="name matchType", flags="isLocked isDeleted", times=_STAMPS),
        Route.QUERY,
        export_object="LifecycleStage",
        has_recycle_bin=True,
    ),
    Entry(
        "lifecycle_histories",
        _fields(ints="prospectId previousStageId nextStageId secondsElapsed", times="createdAt"),
        Route.QUERY,
        export_object="LifecycleHistory",
        exports_changes=False,
        changed_by="createdAt",
    ),
    Entry(
        "custom_fields",
        _fields(
            ints=_AUDIT,
            text="name fieldId apiFieldId type salesforceId",
            flags="isRecordMultipleResponses isUseValues isRequired isAnalyticsSynced",
            times=_STAMPS,
        )
        + _TOLD_BY_BIN,
        Route.QUERY,
        export_object="CustomField",
        has_recycle_bin=True,
    ),
)

CATALOGUE: Mapping[str, Entry] = {entry.table: entry for entry in _ENTRIES}


def select_entries(objects: str | Iterable[str], catalogue: Mapping[str, Entry] = CATALOGUE) -> Sequence[Entry]:
    """Return the entries that `sources.pardot.objects` names, in catalogue order.

    Args:
        objects: `standard`, `all`, or table names.

    Raises:
        SettingsError: a name is not in the catalogue; the nearest known one is named.
    """
    if isinstance(objects, str):
        if objects == "all":
            return tuple(catalogue.values())
        if objects == "standard":
            return tuple(entry for entry in catalogue.values() if entry.standard)
        objects = (objects,)
    wanted = list(objects)
    unknown = [name for name in wanted if name not in catalogue]
    if unknown:
        raise SettingsError(
            [
                f"`sources.pardot.objects` names {name!r}, which is no known table; the nearest is "
                f"{nearest(name, catalogue)!r}"
                for name in unknown
            ]
        )
    return tuple(entry for entry in catalogue.values() if entry.table in wanted)
