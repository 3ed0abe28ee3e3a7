"""The settings of the source: one frozen value, checked as a whole before anything is touched.

`load_settings()` reads them dlt's ways, by exact key only (`pardot.settings_lookup` says why), types them
strictly and reports every problem of one load together. Importing this module is cheap: dlt comes in only
when settings are loaded.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final, Literal

from . import settings_values as values
from .api.hosts import HOSTS, is_loopback_url
from .errors import SettingsError, one_line
from .redaction import Secret, register_secret
from .settings_lookup import Found, Lookup, suggestion, variable

LoginMethod = Literal["refresh_token", "password", "jwt_bearer", "client_credentials", "stored"]


@dataclass(frozen=True)
class Credentials:
    """How to log in. Which fields are filled in decides the OAuth flow, see `login_method`."""

    client_id: str = field(default="", repr=False)
    """Consumer key of the connected app (Setup > App Manager > View > Manage Consumer Details)."""

    client_secret: Secret | None = None
    """Consumer secret of the connected app; not needed with a private key, nor where the app asks for none."""

    refresh_token: Secret | None = None
    """From a login in a browser with the scopes `pardot_api` and `refresh_token`; `pardot-etl login` makes one."""

    username: str | None = field(default=None, repr=False)
    """Salesforce user to act for; with a password or a private key."""

    password: Secret | None = None
    """Password of that user."""

    security_token: Secret | None = None
    """Security token of that user, appended to the password when the org asks for it."""

    private_key: Secret | None = None
    """RSA private key (PEM, unencrypted) whose certificate the connected app knows: JWT bearer login."""

    private_key_file: str | None = None
    """Path of a file with that key, readable by its owner only; instead of `private_key`."""


@dataclass(frozen=True)
class Settings:
    """Everything that the source can be told; keys are `sources.pardot.<field>`."""

    business_unit_id: str
    """Business unit: 18 characters, starts with `0Uv` (Setup > Pardot Account Setup)."""

    credentials: Credentials = field(default_factory=Credentials)
    """Login; keys `sources.pardot.credentials.<field>`."""

    environment: Literal["production", "sandbox", "developer"] = "production"
    """Kind of Salesforce org; picks both hosts."""

    api_url: str = ""
    """API host as a URL; empty takes the environment's."""

    login_url: str = ""
    """Token host as a URL, for example your My Domain; empty takes the environment's."""

    api_version: int = 5
    """Version of the Pardot API: 5, or 4 and 3, which have fewer objects and need `time_zone`."""

    time_zone: str | None = None
    """The API user's time zone, an IANA name; needed by versions 3 and 4, whose times carry no offset."""

    start_date: datetime | None = None
    """Where history begins, a date or date-time (UTC without an offset); default one year before now, or before the
    newest visitor activity where that is older: an account that rests has its last year."""

    objects: Literal["standard", "all"] | tuple[str, ...] = "standard"
    """`standard` (what the reporting tables need), `all`, or a list of table names."""

    related_fields: tuple[str, ...] = ()
    """Fields of related objects in the exports of visitor activities and visitors, such as `campaign.name`,
    `prospect.email`: columns `campaign_name`, `prospect_email`, as of the export. Version 5 only."""

    poll_seconds: float = 30.0
    """First wait between two looks at an export, seconds; the waits grow from there."""

    export_patience_seconds: float = 7200.0
    """How long one run waits for one export, seconds; the next run goes on waiting for the same one."""

    request_timeout_seconds: float = 60.0
    """Longest silence within one request, seconds."""

    max_daily_calls: int | None = None
    """API calls a day of everyone who uses the account, ours among them; we stop `reserve_percent` below it. Default,
    and never more than, the account's own allowance."""

    reserve_percent: float = 10.0
    """Share of `max_daily_calls`, or of the account's allowance where that is smaller, that is left over, percent."""

    review_days: int = 30
    """Days within which every loaded row is looked at again, for rows purged or changed without a stamp; 0 is never."""

    few_rows: int = 2000
    """Where so few new and changed rows are expected, activities, visits and page views are queried: a call per 1,000
    rows and no waiting for an export; so many prospect accounts in all are read whole. 0 always exports."""

    rejected_text: Literal["keep", "mask", "drop"] = "keep"
    """What `rejected_rows` holds of the text of rows that cannot be read: `keep`; `mask` without e-mail addresses, IP
    addresses, phone numbers and queries of URLs; `drop` nothing of it."""

    provenance: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each setting came from, field name to provider and key; never a value."""

    def __post_init__(self) -> None:
        login_url, api_url = HOSTS[self.environment]
        object.__setattr__(self, "api_url", self.api_url or api_url)
        object.__setattr__(self, "login_url", self.login_url or login_url)

    @property
    def login_method(self) -> LoginMethod:
        """The OAuth flow that the credentials ask for; without any secret it is what `pardot-etl login` stored."""
        given = self.credentials
        if given.refresh_token:
            return "refresh_token"
        if given.password:
            return "password"
        if given.private_key or given.private_key_file:
            return "jwt_bearer"
        return "client_credentials" if given.client_secret else "stored"

    @property
    def is_loopback(self) -> bool:
        """Whether the API is on this very machine: the emulator, a rehearsal."""
        return is_loopback_url(self.api_url)

    def history_start(self, now: datetime) -> datetime:
        """Where history begins: `start_date`, else midnight (UTC) one year before `now`."""
        if self.start_date is not None:
            return self.start_date
        midnight = now.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            return midnight.replace(year=midnight.year - 1)
        except ValueError:  # 29 February
            return midnight.replace(year=midnight.year - 1, day=28)


@dataclass(frozen=True)
class SettingKey:
    """One key that can be set: how it is typed, and what may be shown of it."""

    name: str
    """Below `sources.pardot`: "objects", "credentials.client_id"."""

    parse: Callable[[object], Any]
    is_secret: bool = False
    """May come only from places that keep secrets, and is never shown."""

    is_private: bool = False
    """No secret, yet not shown either: it names a person or an app."""

    @property
    def key(self) -> str:
        """Full name, as in TOML."""
        return f"sources.pardot.{self.name}"

    @property
    def environment_variable(self) -> str:
        """Full name, as in the environment."""
        return variable(self.key)

    @property
    def default(self) -> object:
        """Value when nothing is set; None when there is none."""
        kind, name = self._field()
        default = next(entry.default for entry in fields(kind) if entry.name == name)
        return None if default is MISSING else default

    @property
    def description(self) -> str:
        """The text under the field; needs the source file, so it is for docs and help."""
        kind, name = self._field()
        body = ast.parse(inspect.getsource(kind)).body[0]
        assert isinstance(body, ast.ClassDef)  # noqa: S101  what getsource of a class gives
        for statement, below in zip(body.body, body.body[1:], strict=False):
            named = isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name
            if named and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                return str(below.value.value)
        return ""

    def _field(self) -> tuple[type, str]:
        section, _, name = self.name.rpartition(".")
        return (Credentials if section else Settings), name


SETTINGS_KEYS: Final = (
    # Credentials first: a vault that is asked for a secret brings its whole section along.
    SettingKey("credentials.client_id", values.text, is_private=True),
    SettingKey("credentials.client_secret", values.secret, is_secret=True),
    SettingKey("credentials.refresh_token", values.secret, is_secret=True),
    SettingKey("credentials.username", values.text, is_private=True),
    SettingKey("credentials.password", values.secret, is_secret=True),
    SettingKey("credentials.security_token", values.secret, is_secret=True),
    SettingKey("credentials.private_key", values.secret, is_secret=True),
    SettingKey("credentials.private_key_file", values.text),
    SettingKey("business_unit_id", values.business_unit_id),
    SettingKey("environment", values.one_of(*HOSTS)),
    SettingKey("api_url", values.host),
    SettingKey("login_url", values.host),
    SettingKey("api_version", values.api_version),
    SettingKey("time_zone", values.time_zone),
    SettingKey("start_date", values.moment),
    SettingKey("objects", values.objects),
    SettingKey("related_fields", values.related_fields),
    SettingKey("poll_seconds", values.positive_seconds),
    SettingKey("export_patience_seconds", values.positive_seconds),
    SettingKey("request_timeout_seconds", values.positive_seconds),
    SettingKey("max_daily_calls", values.positive_calls),
    SettingKey("reserve_percent", values.percent),
    SettingKey("review_days", values.days),
    SettingKey("few_rows", values.rows),
    SettingKey("rejected_text", values.one_of("keep", "mask", "drop")),
)
"""Every key of the source, in the order in which they are looked up."""

_SECTION: Final = ("sources", "pardot")
"""The section that is ours; a stranger there is a typing error."""

_NAMES: Final = frozenset(key.name for key in SETTINGS_KEYS)


def load_settings(**overrides: object) -> Settings:
    """Return the settings, or raise one SettingsError with every problem found.

    Args:
        overrides: values by field name that win over everything else; `credentials` takes a `Credentials` or
            a mapping of its fields. None counts as not given.
    """
    lookup = Lookup()
    given = _flatten(overrides)
    problems = list(lookup.unknown_keys({_SECTION: _NAMES}))
    problems += [f"{name} is not a setting{suggestion(name, _NAMES)}" for name in sorted(given.keys() - _NAMES)]
    chosen: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    for key in SETTINGS_KEYS:
        section, _, name = key.name.rpartition(".")
        found = lookup.find(name, (*_SECTION, *filter(None, [section])))
        problems += _misplaced(key, found)
        if key.name in given:
            found = [Found(given[key.name], "argument", may_hold_secrets=True)]
        for first in found[:1]:
            try:
                chosen[key.name] = key.parse(first.value)
                provenance[key.name] = first.place
            except ValueError as expected:
                problems.append(f"{key.key}: expected {expected}; found {_shown(key, first)}")
    problems += _missing(chosen, problems)
    credentials = Credentials(**{name.partition(".")[2]: value for name, value in chosen.items() if "." in name})
    problems += _login_problems(credentials, problems)
    if chosen.get("api_version", 5) < 5 and "time_zone" not in chosen and not any("time_zone" in p for p in problems):
        problems.append(
            "sources.pardot.time_zone is not set, and the times of versions 3 and 4 carry no offset; set it to the "
            "time zone of the API user, such as Europe/Berlin"
        )
    if problems:
        raise SettingsError(problems)
    if credentials.username and "@" in credentials.username:
        register_secret(credentials.username)  # a person's address; login errors may quote it
    plain = {name: value for name, value in chosen.items() if "." not in name}
    return Settings(**plain, credentials=credentials, provenance=provenance)


def _misplaced(key: SettingKey, found: Sequence[Found]) -> list[str]:
    """Return a phrase per place that has the secret and is not made for secrets."""
    if not key.is_secret:
        return []
    return [
        f"{key.key} is a secret and stands in {one.place.partition(':')[0]}; move it to secrets.toml"
        for one in found
        if not one.may_hold_secrets
    ]


_PASSWORD: Final = re.compile(r"//[^/\s]*@")


def _shown(key: SettingKey, found: Found) -> str:
    hidden = key.is_secret or key.is_private
    # Of a URL with a password in it, which is refused, the password is not shown back.
    value = "a value that is not shown" if hidden else repr(_PASSWORD.sub("//…@", one_line(found.value, 80)))
    return f"{value} ({found.place})"


def _flatten(overrides: Mapping[str, object]) -> dict[str, object]:
    """Return overrides by dotted name, without those that are None."""
    flat: dict[str, object] = {}
    for name, value in overrides.items():
        if name == "credentials" and isinstance(value, Credentials):
            value = {entry.name: getattr(value, entry.name) for entry in fields(value)}
        if name == "credentials" and isinstance(value, Mapping):
            flat |= {f"credentials.{below}": one for below, one in value.items()}
        else:
            flat[name] = value
    return {name: value for name, value in flat.items() if value is not None and value != ""}


def _missing(chosen: Mapping[str, object], problems: list[str]) -> list[str]:
    """Return a phrase per required key found nowhere; one found but unusable was reported already."""
    return [
        f"{key.key} is not set; looked for it in {key.environment_variable}, secrets.toml and config.toml"
        for key in SETTINGS_KEYS
        if key.name in ("business_unit_id", "credentials.client_id")
        and key.name not in chosen
        and not any(problem.startswith(f"{key.key}:") for problem in problems)
    ]


def _login_problems(given: Credentials, problems: list[str]) -> list[str]:
    """Return what is missing or too much for exactly one way to log in."""
    if any(problem.startswith("sources.pardot.credentials.") for problem in problems):
        return []  # consequences of those would only confuse
    where = "sources.pardot.credentials"
    key_given = given.private_key or given.private_key_file
    ways = {
        "refresh_token": given.refresh_token,
        "password": given.password,
        "private_key or private_key_file": key_given,
    }
    chosen = [name for name, value in ways.items() if value]
    rules = {
        f"{where}: {' and '.join(chosen)} are set; keep one of them, each is another way to log in": len(chosen) > 1,
        f"{where}: private_key and private_key_file are both set; keep one": given.private_key
        and given.private_key_file,
        f"{where}.username is not set, yet {chosen[0] if chosen else ''} needs it": len(chosen) == 1
        and not given.refresh_token
        and not given.username,
        f"{where}.username is set without password or private key; add one or remove it": given.username
        and not (given.password or key_given),
        f"{where}.security_token is set without password": given.security_token and not given.password,
        f"{where}.client_secret is not set, yet password needs it": given.password and not given.client_secret,
    }
    found = [phrase for phrase, broken in rules.items() if broken]
    return found + (_key_file_problems(given.private_key_file) if given.private_key_file else [])


def _key_file_problems(name: str) -> list[str]:
    """Return what is wrong with the file of the private key, without reading it."""
    where = "sources.pardot.credentials.private_key_file"
    if "-----" in name or "\n" in name:
        return [f"{where} holds a key instead of the path of its file; put it into private_key"]
    where += f" ({one_line(name)})"
    try:
        mode = Path(name).expanduser().stat().st_mode
    except OSError as problem:
        return [f"{where} cannot be read: {problem.strerror}"]
    if not Path(name).expanduser().is_file():
        return [f"{where} is not a file"]
    if mode & 0o077:
        return [f"{where} can be read by others (mode {mode & 0o777:03o}); run `chmod 600` on it"]
    return []
