"""The types of the catalogue against those of Salesforce's own pages, written down here a second time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pardot.catalogue import CATALOGUE, Type

DOCUMENTED: Mapping[str, Mapping[str, str]] = {
    "visitor_activities": {
        "int": (
            "campaignId customRedirectId emailId emailTemplateId fileId formHandlerId formId id "
            "landingPageId listEmailId multivariateTestVariationId opportunityId paidSearchAdId "
            "prospectId siteSearchQueryId type visitId visitorId visitorPageViewId"
        ),
        "str": "details typeName",
        "dt": "createdAt updatedAt",
    },
    "visitors": {
        "int": "id pageViewCount",
        "str": ("campaignParameter contentParameter hostname ipAddress mediumParameter sourceParameter termParameter"),
        "bool": "doNotSell isIdentified",
        "dt": "createdAt updatedAt",
    },
    "visits": {
        "int": "durationInSeconds id prospectId visitorId visitorPageViewCount",
        "str": "campaignParameter contentParameter mediumParameter sourceParameter termParameter",
        "dt": "createdAt firstVisitorPageViewAt lastVisitorPageViewAt updatedAt",
    },
    "visitor_page_views": {
        "int": "campaignId durationInSeconds id visitId visitorId",
        "str": "salesforceId title url",
        "dt": "createdAt",
    },
    "prospects": {
        "int": "assignedToId createdById id lifecycleStageId updatedById",
        "str": (
            "campaignParameter contentParameter convertedFromObjectName convertedFromObjectType "
            "email emailBouncedReason firstReferrerQuery firstReferrerType firstReferrerUrl grade "
            "mediumParameter password recentInteraction salesforceAccountId salesforceCampaignId "
            "salesforceContactId salesforceLeadId salesforceUrl sourceParameter termParameter"
        ),
        "bool": "doNotSell isDeleted isEmailHardBounced",
        "dt": (
            "convertedAt createdAt emailBouncedAt firstActivityAt firstAssignedAt lastActivityAt "
            "salesforceLastSync updatedAt"
        ),
    },
    "prospect_accounts": {
        "int": "assignedToId createdById id updatedById",
        "str": (
            "annualRevenue billingAddressOne billingAddressTwo billingCity billingCountry "
            "billingState billingZip description employees fax industry name number ownership "
            "phone rating salesforceId shippingAddressOne shippingAddressTwo shippingCity "
            "shippingCountry shippingState shippingZip sic site tickerSymbol type website"
        ),
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
    },
    "campaigns": {
        "int": "createdById folderId id parentCampaignId updatedById",
        "num": "cost",
        "str": "name salesforceId",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
    },
    "lists": {
        "int": "createdById id updatedById",
        "str": "name",
        "bool": "isDeleted isDynamic",
        "dt": "createdAt updatedAt",
    },
    "list_memberships": {
        "int": "createdById id updatedById",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
    },
    "list_emails": {
        "int": "campaignId createdById id updatedById",
        "str": "clientType name",
        "bool": "isDeleted isPaused isSent operationalEmail",
        "dt": "createdAt sentAt updatedAt",
        "enum": "type",
        "array": "recipientListIds",
    },
    "emails": {
        "int": "campaignId createdById id listEmailId listId prospectId",
        "str": "clientType name salesforceCmsId",
        "dt": "sentAt",
        "enum": "type",
    },
    "email_templates": {
        "int": "campaignId createdById folderId id trackerDomainId updatedById",
        "str": "htmlMessage name subject textMessage",
        "bool": "isAutoResponderEmail isDeleted isDripEmail isListEmail isOneToOneEmail",
        "dt": "createdAt updatedAt",
        "enum": "tagReplacementLanguage type",
    },
    "forms": {
        "int": "campaignId createdById id layoutTemplateId updatedById",
        "str": "embedCode name salesforceCmsId salesforceId",
        "bool": "isDeleted isUseRedirectLocation",
        "dt": "createdAt updatedAt",
    },
    "form_fields": {
        "int": "createdById id sortOrder updatedById",
        "bool": "hasDependents hasProgressives hasValues",
        "dt": "createdAt updatedAt",
    },
    "form_handlers": {
        "int": "createdById id updatedById",
        "str": "embedCode salesforceId",
        "bool": "isDeleted",
        "dt": "createdAt",
    },
    "landing_pages": {
        "int": "campaignId createdById id layoutTableBorder updatedById",
        "str": ("bitlyShortUrl layoutCss layoutCssGenerated name salesforceCmsId salesforceId url vanityUrl"),
        "bool": "bitlyIsPersonalized isDeleted isUseRedirectLocation",
        "dt": "createdAt updatedAt",
        "enum": "layoutType",
    },
    "custom_redirects": {
        "int": "campaignId createdById id updatedById",
        "str": "bitlyShortUrl destinationUrl name salesforceId trackedUrl url vanityUrl",
        "bool": "bitlyIsPersonalized isDeleted",
        "dt": "createdAt updatedAt",
    },
    "files": {
        "int": "createdById id size updatedById",
        "str": "bitlyShortUrl salesforceId url vanityUrl",
        "bool": "bitlyIsPersonalized isTracked",
        "dt": "createdAt updatedAt",
    },
    "layout_templates": {
        "int": "createdById id updatedById",
        "str": "layoutContent name siteSearchContent",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
    },
    "dynamic_contents": {
        "int": "createdById folderId id trackerDomainId updatedById",
        "str": "baseContent basedOnProspectApiFieldId embedCode embedUrl name",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
        "enum": "basedOn tagReplacementLanguage",
    },
    "opportunities": {
        "int": "campaignId createdById id probability updatedById",
        "num": "value",
        "str": "name salesforceId stage status type",
        "dt": "closedAt createdAt updatedAt",
    },
    "users": {
        "int": "createdById id updatedById",
        "str": "email firstName jobTitle role roleName salesforceId username",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
        "enum": "tagReplacementLanguage",
    },
    "tags": {
        "int": "createdById id objectCount updatedById",
        "str": "name",
        "dt": "createdAt updatedAt",
    },
    "tagged_objects": {
        "int": "createdById id objectId tagId",
        "str": "objectName",
        "dt": "createdAt",
        "enum": "objectType",
    },
    "lifecycle_stages": {
        "int": "id position",
        "str": "name",
        "bool": "isDeleted isLocked",
        "dt": "createdAt updatedAt",
        "enum": "matchType",
    },
    "lifecycle_histories": {
        "int": "id nextStageId previousStageId prospectId secondsElapsed",
        "dt": "createdAt",
    },
    "engagement_studio_programs": {
        "int": "createdById id scheduleCreatedById updatedById",
        "str": "description name salesforceId",
        "bool": "isDeleted",
        "dt": "createdAt updatedAt",
        "enum": "status",
        "array": "recipientListIds suppressionListIds",
    },
    "folders": {
        "int": "createdById id parentFolderId updatedById",
        "str": "name path",
        "bool": "usePermissions",
        "dt": "createdAt updatedAt",
    },
    "folder_contents": {
        "int": "createdById folderId id objectId updatedById",
        "str": "folderRef objectName objectRef",
        "dt": "createdAt updatedAt",
        "enum": "objectType",
    },
    "tracker_domains": {
        "int": "createdById defaultCampaignId id sslRequestedById updatedById",
        "str": ("domain httpsStatus sslStatus sslStatusDetails trackingCode validationStatus vanityUrlStatus"),
        "bool": "isDeleted isPrimary",
        "dt": "createdAt updatedAt validatedAt",
    },
    "external_activities": {
        "str": "email extension type value",
    },
}
"""Table -> documented type -> fields. Source: field tables of the Account Engagement API v5 object pages."""
TYPES = {
    "int": Type.BIGINT,
    "num": Type.DOUBLE,
    "bool": Type.BOOLEAN,
    "dt": Type.TIMESTAMP,
    "str": Type.TEXT,
    "enum": Type.TEXT,
    "array": Type.TEXT,
}
"""Documented type -> ours. Lists are kept as JSON text."""


@pytest.mark.parametrize("table", DOCUMENTED)
def test_every_documented_field_has_its_documented_type_or_is_said_to_be_left_out(table: str) -> None:
    entry = CATALOGUE[table]
    declared = {field.name: field.type for field in entry.fields if field.is_asked}
    documented = {name: TYPES[kind] for kind, names in DOCUMENTED[table].items() for name in names.split()}
    left_out = documented.keys() - declared.keys()
    assert left_out <= set(entry.left_out)
    assert {name: declared[name] for name in documented.keys() - left_out} == {
        name: kind for name, kind in documented.items() if name not in left_out
    }


def test_only_objects_whose_pages_show_no_types_are_not_compared() -> None:
    bare = {"form_handler_fields", "dynamic_content_variations", "lifecycle_stage_prospects", "bulk_actions", "account"}
    assert CATALOGUE.keys() - DOCUMENTED.keys() == bare | {"custom_fields"}
