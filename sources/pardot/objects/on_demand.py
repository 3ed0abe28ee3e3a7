"""The objects that no reporting table needs: loaded where `sources.pardot.objects` names them, or is `all`.

Most of them are small and are read whole at every run, a call per thousand rows: either no date can be filtered by,
or the only one is that of creation while rows change later.

Source: Account Engagement API v5 object pages, their field tables, query filters and export procedures.
"""

from __future__ import annotations

from dataclasses import replace

from .entry import TOLD_BY_BIN, Entry, Route, build_fields

_AUDIT = "createdById updatedById"
_STAMPS = "createdAt updatedAt"

_ENTRIES = (
    Entry(
        "files",
        build_fields(
            ints="size campaignId folderId trackerDomainId " + _AUDIT,
            text="name url vanityUrl salesforceId bitlyShortUrl",
            flags="isTracked bitlyIsPersonalized isDeleted",
            times=_STAMPS,
        ),
        Route.WALK,
        export_object="File",
        has_recycle_bin=True,
    ),
    Entry(
        "form_fields",
        build_fields(
            ints="formId sortOrder " + _AUDIT,
            text="prospectApiFieldId label errorMessage cssClasses type dataFormat",
            flags="isRequired isAlwaysDisplay isMaintainInitialValue isDoNotPrefill hasProgressives hasValues "
            "hasDependents",
            times=_STAMPS,
        )
        + TOLD_BY_BIN,
        Route.QUERY,
        export_object="FormField",
        has_recycle_bin=True,
        left_out=("description",),
    ),
    Entry(
        "form_handler_fields",
        build_fields(
            ints="formHandlerId createdById",
            text="name dataFormat errorMessage prospectApiFieldId",
            flags="isMaintainInitialValue isRequired",
            times="createdAt",
        ),
        Route.WALK,
        export_object="FormHandlerField",
        exports_changes=False,
    ),
    Entry(
        "layout_templates",
        build_fields(
            ints="folderId " + _AUDIT,
            text="name layoutContent formContent siteSearchContent",
            flags="isIncludeDefaultCss isDeleted",
            times=_STAMPS,
        ),
        Route.WALK,
        export_object="LayoutTemplate",
        has_recycle_bin=True,
    ),
    Entry(
        "dynamic_contents",
        build_fields(
            ints="folderId trackerDomainId " + _AUDIT,
            text="name basedOn basedOnProspectApiFieldId embedCode embedUrl tagReplacementLanguage",
            flags="isDeleted",
            times=_STAMPS,
        ),
        Route.QUERY,
        export_object="DynamicContent",
        has_recycle_bin=True,
        left_out=("baseContent",),
    ),
    Entry(
        "dynamic_content_variations",
        build_fields(ints="dynamicContentId", text="comparison content operator value1 value2"),
        Route.WALK,
    ),
    Entry(
        "engagement_studio_programs",
        build_fields(
            ints="folderId scheduleCreatedById " + _AUDIT,
            # Lists and objects among them are kept as JSON text, as they were sent.
            text="name status salesforceId description businessHours prospectsMultipleEntry recipientListIds "
            "suppressionListIds schedule",
            flags="isDeleted",
            times=_STAMPS,
        ),
        Route.WALK,
        export_object="EngagementStudioProgram",
        has_recycle_bin=True,
    ),
    Entry(
        "folders",
        build_fields(ints="parentFolderId " + _AUDIT, text="name path", flags="usePermissions", times=_STAMPS)
        + TOLD_BY_BIN,
        Route.WALK,
        export_object="Folder",
        has_recycle_bin=True,
    ),
    Entry(
        "folder_contents",
        build_fields(
            ints="folderId objectId " + _AUDIT, text="folderRef objectType objectName objectRef", times=_STAMPS
        )
        + TOLD_BY_BIN,
        Route.QUERY,
        export_object="FolderContents",
        has_recycle_bin=True,
    ),
    Entry(
        "tags",
        build_fields(ints="objectCount " + _AUDIT, text="name", times=_STAMPS),
        Route.QUERY,
        export_object="Tag",
    ),
    Entry(
        "tagged_objects",
        build_fields(ints="tagId objectId createdById", text="objectType objectName", times="createdAt"),
        Route.WALK,
    ),
    Entry(
        "tracker_domains",
        build_fields(
            ints="sslRequestedById defaultCampaignId " + _AUDIT,
            text="domain validationStatus sslStatus sslStatusDetails httpsStatus vanityUrlStatus trackingCode",
            flags="isPrimary isDeleted",
            times="validatedAt " + _STAMPS,
        ),
        Route.WALK,
        export_object="TrackerDomain",
        has_recycle_bin=True,
    ),
    Entry(
        "external_activities",
        build_fields(
            ints="prospectId createdById",
            text="extension extensionSalesforceId type typeSalesforceId value",
            times="activityDate createdAt",
        ),
        Route.QUERY,
        export_object="ExternalActivity",
        exports_changes=False,
        changed_by="createdAt",
        left_out=("email",),  # named when one is created, and never told again
    ),
    Entry(
        "lifecycle_stage_prospects",
        build_fields(ints="lifecycleId lifecycleStageId prospectId", text="lifecycleStageName", times=_STAMPS),
        Route.EXPORT,
        export_object="LifecycleStageProspect",
        has_query=False,
    ),
    Entry(
        "bulk_actions",
        build_fields(
            ints="count percentComplete errorCount processedCount " + _AUDIT,
            text="object bulkAction status origin errorsRef fileName",
            times=_STAMPS,
        ),
        Route.EXPORT,
        export_object="BulkAction",
        has_query=False,
    ),
    Entry(
        "account",
        build_fields(
            ints="pluginCampaignId adminId maximumDailyApiCalls " + _AUDIT,
            text="company level website addressOne addressTwo city state zip territory country phone fax",
            times=_STAMPS,
        ),
        Route.WALK,
        is_single=True,
        left_out=("apiCallsUsed",),  # counts the call that reads it, so the row would never come again unchanged
    ),
)

ON_DEMAND = tuple(replace(entry, standard=False) for entry in _ENTRIES)
