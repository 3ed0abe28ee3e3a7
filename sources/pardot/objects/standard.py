"""The objects that the reporting tables need, and those that give their rows a name.

Source: Account Engagement API v5 object pages, their field tables, query filters and export procedures.
"""

from __future__ import annotations

from .entry import TOLD_BY_BIN, Entry, Route, build_fields

_AUDIT = "createdById updatedById"
_STAMPS = "createdAt updatedAt"
_OPTIONS = "senderOptions replyToOptions"
"""Lists of objects, kept as JSON text."""
_CAMPAIGN_PARAMETERS = "campaignParameter mediumParameter sourceParameter contentParameter termParameter"


STANDARD = (
    Entry(
        "visitor_activities",
        build_fields(
            ints="type prospectId visitorId visitId visitorPageViewId campaignId emailId listEmailId emailTemplateId "
            "formId formHandlerId landingPageId fileId customRedirectId siteSearchQueryId paidSearchAdId "
            "multivariateTestVariationId opportunityId",
            text="typeName details",
            times=_STAMPS,
        ),
        Route.EXPORT,
        relations="campaign customRedirect email emailTemplate file form formHandler landingPage listEmail opportunity "
        "prospect visit visitor visitorPageView",
        export_object="VisitorActivity",
        few_by_query=True,
        export_arguments=(("prospectOnly", False),),
    ),
    Entry(
        "prospects",
        build_fields(
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
        query_refuses_several=True,
    ),
    Entry(
        "prospect_accounts",
        build_fields(
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
    # Whether a query without `isIdentified` leaves out anonymous visitors, as in version 4, is not documented.
    Entry(
        "visitors",
        build_fields(
            ints="prospectId campaignId pageViewCount",
            text=_CAMPAIGN_PARAMETERS + " hostname ipAddress",
            flags="isIdentified isDeleted doNotSell",
            times=_STAMPS,
        ),
        Route.EXPORT,
        relations="campaign prospect",
        export_object="Visitor",
        has_recycle_bin=True,
    ),
    Entry(
        "visits",
        build_fields(
            ints="visitorId prospectId visitorPageViewCount durationInSeconds",
            text=_CAMPAIGN_PARAMETERS,
            times="firstVisitorPageViewAt lastVisitorPageViewAt " + _STAMPS,
        ),
        Route.EXPORT,
        export_object="Visit",
        few_by_query=True,
    ),
    Entry(
        "visitor_page_views",
        build_fields(
            ints="visitorId visitId campaignId durationInSeconds",
            text="url title salesforceId",
            times="createdAt",
        ),
        Route.EXPORT,
        export_object="VisitorPageView",
        changed_by="createdAt",
        few_by_query=True,
        exports_changes=False,
    ),
    Entry(
        "campaigns",
        build_fields(
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
        build_fields(
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
        build_fields(ints="listId prospectId " + _AUDIT, flags="optedOut isDeleted", times=_STAMPS),
        Route.QUERY,
        export_object="ListMembership",
        has_recycle_bin=True,
    ),
    Entry(
        "list_emails",
        build_fields(
            ints="campaignId trackerDomainId emailTemplateId folderId " + _AUDIT,
            text="name subject type clientType " + _OPTIONS,
            flags="isPaused isSent isDeleted operationalEmail isOperational",
            times="sentAt scheduledTime " + _STAMPS,
        ),
        Route.QUERY,
        export_object="ListEmail",
        has_recycle_bin=True,
        left_out=("htmlMessage", "textMessage", "recipientListIds", "suppressionListIds"),
    ),
    Entry(
        "emails",
        build_fields(
            ints="userId campaignId listId prospectId listEmailId emailTemplateId trackerDomainId folderId createdById",
            text="name subject type clientType salesforceCmsId " + _OPTIONS,
            flags="isOperational",
            times="sentAt scheduledTime",
        )
        + TOLD_BY_BIN,
        Route.QUERY,
        changed_by="sentAt",
        finds_new_by_id=True,
        has_recycle_bin=True,
        left_out=("htmlMessage", "textMessage"),
    ),
    Entry(
        "email_templates",
        build_fields(
            ints="trackerDomainId campaignId folderId " + _AUDIT,
            text="name subject type tagReplacementLanguage " + _OPTIONS,
            flags="isOneToOneEmail isAutoResponderEmail isDripEmail isListEmail isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="EmailTemplate",
        has_recycle_bin=True,
        left_out=("htmlMessage", "textMessage"),
    ),
    Entry(
        "forms",
        build_fields(
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
        build_fields(
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
        build_fields(
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
        build_fields(
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
        build_fields(
            ints="campaignId probability " + _AUDIT,
            text="name type stage status salesforceId",
            numbers="value",
            times="closedAt " + _STAMPS,
        )
        + TOLD_BY_BIN,
        Route.QUERY,
        export_object="Opportunity",
        has_recycle_bin=True,
    ),
    Entry(
        "users",
        build_fields(
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
        build_fields(ints="position", text="name matchType", flags="isLocked isDeleted", times=_STAMPS),
        Route.QUERY,
        export_object="LifecycleStage",
        has_recycle_bin=True,
    ),
    Entry(
        "lifecycle_histories",
        build_fields(ints="prospectId previousStageId nextStageId secondsElapsed", times="createdAt"),
        Route.QUERY,
        export_object="LifecycleHistory",
        exports_changes=False,
        changed_by="createdAt",
    ),
    Entry(
        "custom_fields",
        build_fields(
            ints=_AUDIT,
            text="name fieldId apiFieldId type salesforceId",
            flags="isRecordMultipleResponses isUseValues isRequired isAnalyticsSynced",
            times=_STAMPS,
        )
        + TOLD_BY_BIN,
        Route.QUERY,
        export_object="CustomField",
        has_recycle_bin=True,
    ),
)
