"""What the documentation leaves open, as switches.

Wherever Salesforce's pages are silent, or contradict each other, the emulator has to choose. What begins with `v4_`
is about versions 3 and 4.
Each choice is a field of :class:`Behaviour`: the default is the likelier reading, the docstring names the
others. A client that is right under every one of ``Behaviour.alternatives()`` depends on none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

EmptyRefs = Literal["null", "absent", "[]", '""']

_NO_OVERRIDES: Mapping[int, int] = MappingProxyType({})


def _others(*values: Any) -> Mapping[str, Any]:
    """Remember every other value worth testing."""
    return {"others": values}


def _legacy(*values: Any) -> Mapping[str, Any]:
    """The same for a switch that only clients of versions 3 and 4 can meet."""
    return {"others": values, "is_legacy": True}


@dataclass(frozen=True)
class Behaviour:
    """One reading of the open questions about the API."""

    # -- errors and limits

    http_status: Mapping[int, int] = field(
        default_factory=lambda: _NO_OVERRIDES,
        metadata=_others(
            {46: 401},
            {49: 403},
            {66: 400},
            {66: 503},
            {122: 400},
            {122: 403},
            {109: 400},
            {178: 404},
            {181: 401},
            {182: 401},
            {184: 400},
            {184: 403},
            {201: 401},
            {201: 403},
            {202: 400},
        ),
    )
    """HTTP status by error code, over the table of :mod:`pardot_emulator.errors`."""

    errors_under_http_200: bool = field(default=False, metadata=_others(True))
    """Whether errors arrive with HTTP 200 and only the body says so. A connector looks for code 184 there."""

    detail_of_184: str = field(default="", metadata=_others("Inactive token"))
    """What follows the text of code 184 after a colon."""

    retry_after_seconds: int | None = field(default=None, metadata=_others(60))
    """``Retry-After`` with codes 66, 122 and 202; the documentation knows no such header."""

    usage_header: Literal["1234/100000", "1234 of 100000", "absent"] = field(
        default="1234/100000", metadata=_others("1234 of 100000", "absent")
    )
    """Text of ``x-api-usage`` when a request asks for it."""

    account_read_costs_a_call: bool = field(default=True, metadata=_others(False))
    """Whether reading the account, and so its counters, counts against the daily limit."""

    downloads_cost_a_call: bool = field(default=True, metadata=_others(False))
    """Whether downloading a result file counts against the daily limit."""

    # -- login

    oauth_error_status: Literal[400, 401] = field(default=400, metadata=_others(401))
    """HTTP status of a refused login."""

    token_seconds: int = field(default=7200, metadata=_others(900, 86_400))
    """Life of an access token; an administrator's setting, between 15 minutes and a day."""

    token_expires_in: bool = field(default=False, metadata=_others(True))
    """Whether the answer says ``expires_in``. Salesforce's own does not."""

    token_scope: bool = field(default=True, metadata=_others(False))
    """Whether the answer lists the granted ``scope``."""

    refresh_tokens: Literal["constant", "new, old kept", "new, old revoked"] = field(
        default="constant", metadata=_others("new, old kept", "new, old revoked")
    )
    """Whether each refresh hands out a new refresh token, and whether the old one still works afterwards."""

    device_code_over: Literal["expired_token", "invalid_grant"] = field(
        default="expired_token", metadata=_others("invalid_grant")
    )
    """What a device is told whose code was not entered in time."""

    # -- exports

    create_status: Literal[201, 200] = field(default=201, metadata=_others(200))
    """HTTP status of an accepted export."""

    create_refused_while_running: Literal[66, 178] | None = field(default=None, metadata=_others(66, 178))
    """Error code of a create call while another export is unfinished; None queues it."""

    body_fields_missing: Literal["13", "153", "all"] = field(default="13", metadata=_others("153", "all"))
    """A create call without ``fields`` in its body: refused with this code, or every field is exported."""

    unknown_export_field_code: Literal[130, 180, 154] = field(default=130, metadata=_others(180, 154))
    """Error code of a field that the exported object does not have."""

    over_one_year_code: Literal[177, 8, 7] = field(default=177, metadata=_others(8, 7))
    """Error code of an export over more than a year."""

    empty_range_code: Literal[177, 8] = field(default=177, metadata=_others(8))
    """Error code of an export that does not start before it ends."""

    bad_export_date_code: Literal[177, 7] = field(default=177, metadata=_others(7))
    """Error code of a date that cannot be read, in the arguments of an export."""

    accepts_type_5: bool = field(default=True, metadata=_others(False))
    """Whether the ``type`` argument takes 5 (Session); the published sample leaves it out."""

    export_bounds: Literal["exclusive", "inclusive"] = field(default="exclusive", metadata=_others("inclusive"))
    """Whether rows stamped exactly at ``…After`` or ``…Before`` are left out or exported."""

    bounds_cut_to_seconds: bool = field(default=True, metadata=_others(False))
    """Whether fractions of a second in the bounds are dropped before they are compared."""

    status_case: Literal["Title", "UPPER", "lower"] = field(default="Title", metadata=_others("UPPER", "lower"))
    """Letter case of the status words."""

    complete_word: Literal["Complete", "Completed"] = field(default="Complete", metadata=_others("Completed"))
    """Status of a finished export."""

    canceled_word: Literal["Canceled", "Cancelled"] = field(default="Canceled", metadata=_others("Cancelled"))
    """Status of a cancelled export."""

    expired_word: Literal["as before", "Expired"] = field(default="as before", metadata=_others("Expired"))
    """Status of an expired export: unchanged, or a word of its own."""

    cancel_status: Literal[200, 204] = field(default=200, metadata=_others(204))
    """HTTP status of a cancel call: with the export in the body, or empty."""

    cancel_passes_canceling: bool = field(default=False, metadata=_others(True))
    """Whether the first read after a cancel call still says ``Canceling``."""

    refs_before_completion: EmptyRefs = field(default="null", metadata=_others("absent", "[]", '""'))
    """``resultRefs`` of an export that is not finished, failed or cancelled."""

    refs_of_empty_export: EmptyRefs = field(default="null", metadata=_others("absent", "[]", '""'))
    """``resultRefs`` of a finished export without a file."""

    refs_after_expiry: EmptyRefs = field(default="null", metadata=_others("absent", "[]", '""'))
    """``resultRefs`` of an expired export."""

    single_ref_as_text: bool = field(default=False, metadata=_others(True))
    """Whether the only file is a plain string, as in version 4, instead of a list of one."""

    empty_export: Literal["no file", "header-only file"] = field(
        default="no file", metadata=_others("header-only file")
    )
    """What an export without rows leaves."""

    expiry_counts_from: Literal["completion", "creation"] = field(default="completion", metadata=_others("creation"))
    """Where the seven days of a result file begin."""

    expired_download_status: Literal[400, 404] = field(default=400, metadata=_others(404))
    """HTTP status of a download before completion or after expiry (code 178)."""

    # -- result files

    csv_dates: Literal["offset", "utc", "Z", "legacy"] = field(default="offset", metadata=_others("utc", "Z", "legacy"))
    """Date text: ISO 8601 with the user's offset, with ``+00:00``, with ``Z``, or the naive legacy text in
    the user's zone even though ``legacyDateFormat`` is off."""

    csv_booleans: Literal["true/false", "1/0"] = field(default="true/false", metadata=_others("1/0"))
    """How booleans are written."""

    csv_line_end: Literal["\n", "\r\n"] = field(default="\n", metadata=_others("\r\n"))
    """What ends a record."""

    csv_final_line_end: bool = field(default=True, metadata=_others(False))
    """Whether the last record of a file is ended as well."""

    csv_quoting: Literal["minimal", "all"] = field(default="minimal", metadata=_others("all"))
    """Which cells are quoted."""

    csv_mark_unasked: bool = field(default=False, metadata=_others(True))
    """Whether files begin with a byte order mark although nobody asked for it."""

    csv_columns: Literal["as asked", "sorted"] = field(default="as asked", metadata=_others("sorted"))
    """Order of the columns."""

    csv_relationship_header: Literal["campaign.name", "campaign_name", "campaignName"] = field(
        default="campaign.name", metadata=_others("campaign_name", "campaignName")
    )
    """How the header names a related field."""

    csv_multi_value_separator: Literal[";", "|"] = field(default=";", metadata=_others("|"))
    """What separates the values of a multi-select custom field, stored with ``;``."""

    single_empty_column_defect: bool = field(default=True, metadata=_others(False))
    """Whether an export of one field without any data repeats the field's name in every row. Source: AWS
    Glue, limitations of the connector."""

    download_content_type: Literal["text/csv", "text/csv; charset=utf-8", "application/octet-stream"] = field(
        default="text/csv", metadata=_others("text/csv; charset=utf-8", "application/octet-stream")
    )
    """Content type of a result file."""

    download_transfer: Literal["identity", "chunked", "gzip"] = field(
        default="identity", metadata=_others("chunked", "gzip")
    )
    """How a result file travels: with its length, in chunks, or compressed where the client accepts it."""

    download_names_file: bool = field(default=False, metadata=_others(True))
    """Whether a download carries ``Content-Disposition``."""

    # -- queries

    unknown_query_field_code: Literal[130, 180] = field(default=130, metadata=_others(180))
    """Error code of a field that the queried object does not have."""

    unqueryable_field_code: Literal[224, 130] = field(default=224, metadata=_others(130))
    """Error code of a field that only a read or an export shows."""

    bad_query_date_code: Literal[7, 154, 177] = field(default=7, metadata=_others(154, 177))
    """Error code of a filter date that cannot be read."""

    naive_dates: Literal["user zone", "UTC", "refused"] = field(default="user zone", metadata=_others("UTC", "refused"))
    """How a date without an offset is understood."""

    deleted_all_in_queries: bool = field(default=True, metadata=_others(False))
    """Whether queries take ``deleted=all``; the request collection describes a boolean."""

    next_page: Literal["both", "token", "url"] = field(default="both", metadata=_others("token", "url"))
    """What leads to the next page; the other one is null."""

    warning_header: bool = field(default=True, metadata=_others(False))
    """Whether ``Pardot-Warning`` announces the end of a page chain or hidden records."""

    null_relationship: Literal["null", "absent", "object"] = field(default="null", metadata=_others("absent", "object"))
    """A related record that does not exist: null, left out, or an object of nulls."""

    emails_updated_at: bool = field(default=True, metadata=_others(False))
    """Whether emails have ``updatedAt``: a captured response does, the field list does not."""

    ids_as_text: bool = field(default=False, metadata=_others(True))
    """Whether JSON ids are strings."""

    numbers_as_text: bool = field(default=False, metadata=_others(True))
    """Whether JSON numbers other than ids (``score``, ``value``) are strings."""

    booleans_as_integers: bool = field(default=False, metadata=_others(True))
    """Whether JSON booleans are 0 and 1."""

    cache_seconds: int = field(default=0, metadata=_others(60))
    """How long an object read or query may be answered from a cache; documented as up to a minute."""

    # -- versions 3 and 4

    account_versions: Literal["3 and 4", "only 4", "only 3"] = field(
        default="3 and 4", metadata=_legacy("only 4", "only 3")
    )
    """Which of versions 3 and 4 the account takes: it depends on whether it lets prospects share an address. The
    other one is refused with 88 or 89; whether any account takes both is not said."""

    v4_failure_status: Literal["200", "4xx"] = field(default="200", metadata=_legacy("4xx"))
    """HTTP status of refused requests other than exports, whose page promises 4xx. 401 and 5xx are real in any case."""

    v4_error_form: Literal["text", "object"] = field(default="text", metadata=_legacy("object"))
    """Whether ``err`` is the text, with ``err_code`` beside it, or an object with both as its attributes."""

    v4_several_errors: Literal["10000", "first"] = field(default="10000", metadata=_legacy("first"))
    """What a request with several wrong parameters gets: code 10000 and a node for each, or the first error alone."""

    v4_no_rows: Literal["key missing", "null", "[]"] = field(default="key missing", metadata=_legacy("null", "[]"))
    """Answer to a query that finds nothing: a result without the object's key, no result, or an empty list."""

    v4_nulls: Literal["absent", "null", "empty text"] = field(default="absent", metadata=_legacy("null", "empty text"))
    """Whether fields without a value are left out, as documented, or come empty, as in captured answers."""

    v4_limit_over_200: Literal["refused", "cut to 200"] = field(default="refused", metadata=_legacy("cut to 200"))
    """A limit over 200: code 23, or 200 rows. The error page says one thing and most object pages the other."""

    v4_booleans: Literal["true/false", "1/0", "text"] = field(default="true/false", metadata=_legacy("1/0", "text"))
    """Whether booleans are such, numbers, or the texts ``true`` and ``false``."""

    v4_entities: Literal["named", "numeric", "none"] = field(default="named", metadata=_legacy("numeric", "none"))
    """How texts are encoded: the documentation warns of HTML entities and says neither which nor where. With
    ``none`` a text that holds an entity itself cannot be told from an encoded one."""

    v4_values: Literal["value", "list"] = field(default="value", metadata=_legacy("list"))
    """Several values of a custom field in JSON: an object with ``value`` in it, as in XML, or a plain list."""

    v4_account_values: Literal["plain", "in value"] = field(default="plain", metadata=_legacy("in value"))
    """Texts of prospect accounts: plain, as documented, or in a ``value`` element, as in a captured answer."""

    v4_target: Literal["destination", "destination_url"] = field(
        default="destination", metadata=_legacy("destination_url")
    )
    """Name of a custom redirect's target: the field table says one thing, the sample on the object's page the other."""

    v4_template_query: bool = field(default=True, metadata=_legacy(False))
    """Whether email templates can be queried; their page has only a read and ``listOneToOne``."""

    v4_export_wrapper: bool = field(default=True, metadata=_legacy(False))
    """Whether an export stands under ``export``, as in the schema, or bare, as in the samples."""

    v4_export_format: Literal["xml", "json"] = field(default="xml", metadata=_legacy("json"))
    """Format of export answers when the request does not say: a known client reads JSON without asking for it."""

    v4_single_ref: Literal["text", "list"] = field(default="text", metadata=_legacy("list"))
    """Whether the only result file is a text, as documented, or a list of one."""

    v4_result_host: Literal["same", "other"] = field(default="same", metadata=_legacy("other"))
    """Host of result files: that of the request, or another name of it; the documentation's sample has another."""

    v4_prospect_export_deleted: Literal["any", "all only"] = field(default="any", metadata=_legacy("all only"))
    """Whether an export of prospects takes any ``deleted``, or has to say ``all``, as in 2020."""

    # -- zones

    user_zone: str = field(default="America/New_York", metadata=_others("UTC", "Asia/Kolkata"))
    """Time zone of the API user: decides the offset of every date."""

    account_zone: str = field(default="America/New_York", metadata=_others("UTC", "Pacific/Auckland"))
    """Time zone of the account: decides when the daily limit starts anew."""

    @classmethod
    def alternatives(cls, *, with_legacy: bool = True) -> Mapping[str, Behaviour]:
        """Every switch turned each other way, one at a time, by an id such as ``create_status=200``.

        Args:
            with_legacy: whether to include the switches that only clients of versions 3 and 4 can meet.
        """
        return {
            f"{each.name}={_readable(value)}": replace(cls(), **{each.name: value})
            for each in fields(cls)
            if with_legacy or not each.metadata.get("is_legacy")
            for value in each.metadata["others"]
        }


def _readable(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{code}:{status}" for code, status in value.items())
    return {"\r\n": "CRLF"}.get(str(value), str(value))
