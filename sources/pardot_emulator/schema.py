"""Every collection of version 5 as the emulator knows it: fields, filters, orders, export procedures.

One compact entry per collection, in the notation of :mod:`pardot_emulator.notation`.

This is a declaration of the emulator's own; it shares nothing with any client, so that the two check each
other. Source: the object pages and the request collection of version 5 (read 2026-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pardot_emulator.notation import (
    CUSTOM_SUFFIX,
    MULTI_VALUE_TYPES,
    RECYCLED,
    Collection,
    Field,
    Filter,
    Kind,
    Procedure,
    declare,
)

__all__ = [
    "COLLECTIONS",
    "CUSTOM_SUFFIX",
    "EXPORTABLE",
    "MULTI_VALUE_TYPES",
    "RECYCLED",
    "Collection",
    "Field",
    "Filter",
    "Kind",
    "Procedure",
]

_USUAL_FILTERS = "id* name createdAt* updatedAt*"
_USUAL_ORDER = "id createdAt updatedAt"
_AUDIT = "createdById# updatedById# createdAt@ updatedAt@"

_DECLARED = (
    declare(
        "visitor-activities",
        "VisitorActivity",
        "id# type# typeName details prospectId# visitorId# visitId# visitorPageViewId# campaignId# emailId#"
        " listEmailId# emailTemplateId# formId# formHandlerId# landingPageId# fileId# customRedirectId#"
        " siteSearchQueryId# paidSearchAdId# multivariateTestVariationId# opportunityId# createdAt@"
        " updatedAt@",
        filters="id* createdAt* updatedAt* prospectId* type* visitorId*",
        order_by=_USUAL_ORDER,
        recycle_bin=False,
        procedures="CU",
        options=("type", "prospectOnly"),
    ),
    declare(
        "visitors",
        "Visitor",
        "id# prospectId# campaignId# campaignParameter mediumParameter sourceParameter contentParameter"
        " termParameter hostname ipAddress pageViewCount# isIdentified? isDeleted? doNotSell? createdAt@"
        " updatedAt@",
        filters="id* prospectId* createdAt* updatedAt* isIdentified",
        order_by="id prospectId createdAt updatedAt",
        procedures="CUP",
    ),
    declare(
        "visits",
        "Visit",
        "id# visitorId# prospectId# visitorPageViewCount# firstVisitorPageViewAt@ lastVisitorPageViewAt@"
        " durationInSeconds# campaignParameter mediumParameter sourceParameter contentParameter termParameter"
        " createdAt@ updatedAt@",
        filters="id* visitorId* prospectId*0 createdAt* updatedAt*",
        order_by="id prospectId createdAt updatedAt",
        recycle_bin=False,
        procedures="CU",
    ),
    declare(
        "visitor-page-views",
        "VisitorPageView",
        "id# url title createdAt@ visitorId# visitId# campaignId# durationInSeconds# salesforceId",
        filters="id* createdAt* visitorId* visitId*",
        order_by="id createdAt visitorId visitId",
        recycle_bin=False,
        procedures="C",
    ),
    declare(
        "prospects",
        "Prospect",
        "id# campaignId# prospectAccountId# assignedToId# userId# profileId# lifecycleStageId# createdById#"
        " updatedById# email salutation firstName lastName company jobTitle department addressOne addressTwo"
        " city state zip country territory phone fax website industry annualRevenue employees"
        " yearsInBusiness source comments notes score# grade lastActivityAt@ recentInteraction isDoNotEmail?"
        " isDoNotCall? optedOut? isReviewed? isStarred? isDeleted? isEmailHardBounced? doNotSell?"
        " emailBouncedAt@ emailBouncedReason campaignParameter mediumParameter sourceParameter"
        " contentParameter termParameter firstReferrerUrl firstReferrerQuery firstReferrerType"
        " firstActivityAt@ firstAssignedAt@ convertedAt@ convertedFromObjectName convertedFromObjectType"
        " salesforceId salesforceLeadId salesforceContactId salesforceAccountId salesforceCampaignId"
        " salesforceOwnerId salesforceUrl salesforceLastSync@ password createdAt@ updatedAt@",
        filters="id* createdAt* updatedAt* lastActivityAt* email salesforceId*0 userId*0 assignedToId*0",
        order_by="id createdAt updatedAt lastActivityAt",
        procedures="CU",
        has_custom_fields=True,
    ),
    declare(
        "prospect-accounts",
        "ProspectAccount",
        "id# name salesforceId createdAt@ updatedAt@ createdById# updatedById# assignedToId# annualRevenue"
        " billingAddressOne billingAddressTwo billingCity billingCountry billingState billingZip description"
        " employees fax industry number ownership phone rating shippingAddressOne shippingAddressTwo"
        " shippingCity shippingCountry shippingState shippingZip sic site tickerSymbol type website"
        " isDeleted?",
        order_by="id salesforceId",
        procedures="CUP",
    ),
    declare(
        "list-memberships",
        "ListMembership",
        f"id# listId# prospectId# optedOut? isDeleted? {_AUDIT}",
        filters="id* listId* prospectId createdAt* updatedAt*",
        order_by="id listId createdAt updatedAt",
        procedures="CU",
    ),
    declare(
        "lists",
        "List",
        "id# name title description isPublic? isDynamic? isSalesforceVisible? isDeleted? folderId#"
        f" campaignId# {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "campaigns",
        "Campaign",
        f"id# name cost$ folderId# parentCampaignId# salesforceId isDeleted? {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "list-emails",
        "ListEmail",
        "id# name subject type htmlMessage† textMessage† campaignId# isPaused? isSent? isDeleted? clientType"
        " sentAt@ scheduledTime@ operationalEmail? isOperational? trackerDomainId# emailTemplateId#"
        " recipientListIds[]† suppressionListIds[]† folderId# senderOptions[] replyToOptions[]"
        f" {_AUDIT}",
        filters="id* createdAt* updatedAt* sentAt*",
        order_by="id createdAt updatedAt sentAt",
        procedures="CU",
    ),
    declare(
        # The collection does not list updatedAt; a captured response had it: Behaviour.emails_updated_at.
        "emails",
        None,
        "id# name subject type htmlMessage† textMessage† userId# campaignId# listId# clientType sentAt@"
        " scheduledTime@ prospectId# listEmailId# emailTemplateId# isOperational? salesforceCmsId"
        " senderOptions[] replyToOptions[] trackerDomainId# folderId# createdById# updatedAt@",
        filters="id* sentAt* prospectId* listEmailId*",
        order_by="id sentAt prospectId",
    ),
    declare(
        "email-templates",
        "EmailTemplate",
        "id# name subject type htmlMessage† textMessage† isOneToOneEmail? isAutoResponderEmail? isDripEmail?"
        " isListEmail? isDeleted? trackerDomainId# campaignId# folderId# tagReplacementLanguage"
        f" senderOptions[] replyToOptions[] {_AUDIT}",
        filters="id* name isOneToOneEmail createdAt* updatedAt*",
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "opportunities",
        "Opportunity",
        f"id# name campaignId# value$ probability# type stage status closedAt@ salesforceId {_AUDIT}",
        filters="id* closedAt*0 createdAt* updatedAt*",
        order_by="id closedAt createdAt updatedAt",
        procedures="CU",
    ),
    declare(
        "external-activities",
        "ExternalActivity",
        "id# extension extensionSalesforceId type typeSalesforceId prospectId# value activityDate@ createdAt@"
        " createdById#",
        filters="id* activityDate* createdAt*",
        recycle_bin=False,
        procedures="CA",
    ),
    declare(
        "custom-fields",
        "CustomField",
        "id# name fieldId apiFieldId type isRecordMultipleResponses? isUseValues? isRequired?"
        f" isAnalyticsSynced? salesforceId {_AUDIT}",
        filters="id* name fieldId createdAt* updatedAt*",
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "custom-redirects",
        "CustomRedirect",
        "id# name destinationUrl campaignId# trackerDomainId# vanityUrlPath vanityUrl trackedUrl url gaSource"
        " gaMedium gaTerm gaContent gaCampaign bitlyIsPersonalized? bitlyShortUrl salesforceId folderId#"
        f" isDeleted? {_AUDIT}",
        procedures="CU",
    ),
    declare(
        "dynamic-contents",
        "DynamicContent",
        "id# name folderId# baseContent† basedOn basedOnProspectApiFieldId trackerDomainId# embedCode"
        f" embedUrl tagReplacementLanguage isDeleted? {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "dynamic-content-variations",
        None,
        "id# dynamicContentId# comparison content operator value1 value2",
        recycle_bin=False,
    ),
    declare(
        "engagement-studio-programs",
        "EngagementStudioProgram",
        "id# name folderId# status isDeleted? salesforceId description businessHours{}"
        " prospectsMultipleEntry{} recipientListIds[] suppressionListIds[] schedule{} scheduleCreatedById#"
        " createdAt@ createdById# updatedAt@ updatedById#",
        procedures="CU",
    ),
    declare(
        "files",
        "File",
        "id# name url vanityUrl size# isTracked? salesforceId campaignId# folderId# trackerDomainId#"
        f" bitlyIsPersonalized? bitlyShortUrl isDeleted? {_AUDIT}",
        procedures="CU",
    ),
    declare(
        "folders",
        "Folder",
        "id# name parentFolderId# path usePermissions? createdAt@ createdById# updatedAt@ updatedById#",
        procedures="CU",
    ),
    declare(
        "folder-contents",
        "FolderContents",
        f"id# folderId# folderRef objectType objectId# objectName objectRef {_AUDIT}",
        filters="id* createdAt* updatedAt*",
        procedures="CU",
    ),
    declare(
        "forms",
        "Form",
        "id# name campaignId# url embedCode salesforceId layoutTemplateId# submitButtonText redirectLocation"
        " thankYouContent thankYouCode beforeFormContent afterFormContent fontSize fontFamily fontColor"
        " labelAlignment radioAlignment checkboxAlignment requiredCharacter showNotProspect?"
        " isUseRedirectLocation? isAlwaysDisplay? isCaptchaEnabled? isCookieless? isDeleted? trackerDomainId#"
        f" folderId# salesforceCmsId {_AUDIT}",
        filters="id* name",
        procedures="CU",
    ),
    declare(
        "form-fields",
        "FormField",
        "id# formId# sortOrder# prospectApiFieldId label description† errorMessage cssClasses type dataFormat"
        " isRequired? isAlwaysDisplay? isMaintainInitialValue? isDoNotPrefill? hasProgressives? hasValues?"
        f" hasDependents? {_AUDIT}",
        filters="id* createdAt* updatedAt*",
        procedures="CU",
    ),
    declare(
        "form-handlers",
        "FormHandler",
        "id# name salesforceId campaignId# embedCode trackerDomainId# isDataForwarded? successLocation"
        f" errorLocation isAlwaysEmail? isCookieless? isDeleted? folderId# url {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "form-handler-fields",
        "FormHandlerField",
        "id# name formHandlerId# isMaintainInitialValue? isRequired? createdAt@ createdById# dataFormat"
        " errorMessage prospectApiFieldId",
        filters="id* formHandlerId* createdAt*",
        order_by="id formHandlerId createdAt",
        recycle_bin=False,
        procedures="C",
    ),
    declare(
        "landing-pages",
        "LandingPage",
        "id# name salesforceId isDeleted? campaignId# formId# layoutTemplateId# title description"
        " isDoNotIndex? vanityUrl vanityUrlPath layoutType scriptFragment layoutCss layoutCssGenerated"
        " layoutTableBorder# redirectLocation isUseRedirectLocation? bitlyIsPersonalized? bitlyShortUrl"
        " trackerDomainId# folderId# url archiveDate@ content openingGeneralContent regionContent"
        f" salesforceCmsId {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "layout-templates",
        "LayoutTemplate",
        f"id# name layoutContent formContent siteSearchContent isIncludeDefaultCss? isDeleted? folderId# {_AUDIT}",
        filters="id* name",
        procedures="CU",
    ),
    declare(
        "lifecycle-histories",
        "LifecycleHistory",
        "id# prospectId# previousStageId# nextStageId# secondsElapsed# createdAt@",
        filters="id* createdAt*",
        order_by="id createdAt",
        recycle_bin=False,
        procedures="C",
    ),
    declare(
        "lifecycle-stages",
        "LifecycleStage",
        "id# name position# isLocked? matchType isDeleted? createdAt@ updatedAt@",
        filters="id* createdAt* updatedAt*",
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "lifecycle-stage-prospects",
        "LifecycleStageProspect",
        "id# lifecycleStageName lifecycleId# lifecycleStageId# prospectId# createdAt@ updatedAt@",
        recycle_bin=False,
        procedures="CU",
        is_query=False,
    ),
    declare(
        "tags",
        "Tag",
        f"id# name objectCount# {_AUDIT}",
        filters=_USUAL_FILTERS,
        order_by=_USUAL_ORDER,
        recycle_bin=False,
        procedures="CU",
    ),
    declare(
        "tagged-objects",
        None,
        "id# tagId# objectType objectId# objectName createdAt@ createdById#",
        filters="id* tagId objectId objectName",
        recycle_bin=False,
    ),
    declare(
        "tracker-domains",
        "TrackerDomain",
        "id# domain isPrimary? isDeleted? validationStatus sslStatus sslRequestedById# sslStatusDetails"
        " httpsStatus vanityUrlStatus validatedAt@ defaultCampaignId# trackingCode"
        f" {_AUDIT}",
        procedures="CU",
    ),
    declare(
        "users",
        "User",
        "id# email firstName lastName username jobTitle role roleName salesforceId isDeleted?"
        f" tagReplacementLanguage {_AUDIT}",
        filters="id* createdAt* updatedAt*",
        order_by=_USUAL_ORDER,
        procedures="CU",
    ),
    declare(
        "account",
        None,
        "id# company level website pluginCampaignId# addressOne addressTwo city state zip territory country"
        " phone fax adminId# maximumDailyApiCalls# apiCallsUsed# createdAt@ updatedAt@ createdById#"
        " updatedById#",
        recycle_bin=False,
        is_single=True,
    ),
    declare(
        "bulk-actions",
        "BulkAction",
        "id# object bulkAction status origin count# percentComplete# errorCount# errorsRef fileName"
        " processedCount# createdAt@ updatedAt@ createdById# updatedById#",
        recycle_bin=False,
        procedures="CU",
        path="/api/v5/bulk-actions",
    ),
    declare(
        "imports",
        None,
        "id# object operation status isExpired? createdCount# updatedCount# errorCount# batchesRef errorRef"
        f" createOnNoMatch? restoreDeleted? fields{{}} {_AUDIT}",
        recycle_bin=False,
        path="/api/v5/imports",
    ),
    declare(
        "exports",
        None,
        "id# status isExpired? procedure{} fields[]† resultRefs[]† createdAt@ updatedAt@ createdById#"
        " updatedById# includeByteOrderMark? legacyDateFormat? maxFileSizeBytes#",
        filters="id* isExpired createdAt* updatedAt*",
        order_by=_USUAL_ORDER,
        recycle_bin=False,
        path="/api/v5/exports",
    ),
)

_BY_NAME = {each.name: each for each in _DECLARED}
_BY_EXPORT_NAME = {each.export_name: each for each in _DECLARED if each.export_name is not None}

COLLECTIONS: Mapping[str, Collection] = MappingProxyType(_BY_NAME)
"""Every collection by its version 5 name."""

EXPORTABLE: Mapping[str, Collection] = MappingProxyType(_BY_EXPORT_NAME)
"""Every collection that has export procedures, by the prefix of the procedure name."""
