"""Every error that leaves this package, as one tree; the class says who has to act.

    PardotError                    exit 1
      SettingsError                change the configuration                 exit 2
      RequestError                 one call to Salesforce or Pardot         exit 1
        TransientRequestError      gave up waiting; run again               exit 75
        LimitReachedError          API allowance used up                    exit 75
        RejectedRequestError       the same request will fail again         exit 1
          AuthenticationError      the credentials were refused             exit 2
      ExportError                  one export                               exit 1
        ExportFailedError          Pardot could not finish it               exit 1
        ExportTimedOutError        still unfinished; resumable              exit 75
      DataError                    an answer or a file breaks its contract  exit 1
      StorageError                 disk, folder or database                 exit 1
      RunLockedError               another run is active                    exit 75
      StoppedError                 the process was told to end              exit 130

Constructors take facts. The text is composed when it is read, in at most three sentences: what did not
happen (to which thing, over which window), the evidence, then what is safe and the next step. So a caller
that knows more than the raiser may call `error.name_window` before passing the error on. Instances survive
pickling and copying with their facts; the cause stays behind, as for every exception of Python's.

This module knows no secrets and hides none: text from a server must come here already redacted
(`pardot.redaction.redact`). It is cut to one line and its control characters are removed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

QUOTED_TEXT_LENGTH = 200

_RUN_AGAIN = "run `pardot-etl run` again"
_NOTHING_LOADED = "Nothing from this window was loaded"


def one_line(text: object, limit: int = QUOTED_TEXT_LENGTH) -> str:
    """Return text on one line, without control or direction characters, cut to `limit` characters."""
    raw = str(text)[: limit * 20]
    # Category C holds control, format (direction overrides), surrogate and unassigned characters.
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in raw)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def path_only(url: str | None) -> str | None:
    """Return the path of a URL: its host is noise and its query may hold personal data."""
    if url is None:
        return None
    try:
        return one_line(urlsplit(url).path or "/")
    except ValueError:
        return "(unreadable address)"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."


def _quoted(text: str | None) -> str:
    return f"“{text.rstrip('.')}”" if text else ""  # the sentence brings its own full stop


def _restore(cls: type[PardotError], facts: dict[str, Any]) -> PardotError:
    error = cls.__new__(cls)
    error.__dict__.update(facts)
    return error


_LACKS_ABILITY = 46
"""The role of the API user does not allow this one thing. Source: Account Engagement API guide, error codes."""


class PardotError(Exception):
    """Base of every error of this package; catch it to catch them all."""

    exit_code: ClassVar[int] = 1
    """What the command line returns for this error (see the table of exit codes in the README)."""

    def name_window(self, object_name: str, window: str | None = None) -> None:
        """Take over which object, and which window of it if known, this is about, where the raiser did not say.

        Calls, exports and data do; without a window calls only, as data is named by its object from the start.
        """

    def _sentences(self) -> Sequence[str]:
        return tuple(str(part) for part in self.args)

    def __str__(self) -> str:
        return " ".join(_sentence(part) for part in self._sentences() if part)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception would call the class with `args`, which keyword-only constructors do not accept.
        return _restore, (type(self), self.__dict__.copy())


class SettingsError(PardotError):
    """The configuration cannot be used; every problem of one load is in `problems`.

    Args:
        problems: one phrase each: key, what was found (never a secret), what was expected, where we looked.
        next_step: replaces the usual advice.
    """

    exit_code = 2

    def __init__(self, problems: str | Sequence[str], *, next_step: str | None = None) -> None:
        super().__init__()
        found = [problems] if isinstance(problems, str) else list(problems)
        self.problems: tuple[str, ...] = tuple(one_line(problem, 600) for problem in found)
        self.next_step = next_step

    def _sentences(self) -> Sequence[str]:
        advice = self.next_step or "Nothing was started; correct the setting and run `pardot-etl check`"
        if len(self.problems) == 1:
            return self.problems[0], advice
        listed = "".join(f"\n  - {problem}" for problem in self.problems)
        return f"{len(self.problems)} settings cannot be used:{listed}\n{_sentence(advice)}", ""


class RequestError(PardotError):
    """One call did not bring what was asked for.

    Args:
        operation: name of what was attempted: "export.create", "query visitor-activities".
        method: HTTP method, None when nothing was sent.
        path: path or URL; only its path is kept.
        status: HTTP status, None when no answer came.
        code: Pardot's own error code.
        reason: what the server said or what we measured; cut to one line.
        request_id: the server's name for the call, when it gave one.
        attempts: how often the call was tried.
        window: the window of data it was for, as text.
        next_step: what is safe and what to do; each class has its own default.
    """

    def __init__(
        self,
        operation: str,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        code: int | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        attempts: int = 1,
        window: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__()
        self.operation = one_line(operation)
        self.method = method
        self.path = path_only(path)
        self.status = status
        self.code: int | None = code
        self.reason = None if reason is None else one_line(reason)
        self.request_id = None if request_id is None else one_line(request_id, 80)
        self.attempts = attempts
        self.window: str | None = window
        self.next_step = next_step

    def name_window(self, object_name: str, window: str | None = None) -> None:
        self.window = self.window or (f"{object_name}, {window}" if window else object_name)

    def _sentences(self) -> Sequence[str]:
        return self._what(), self._evidence(), self.next_step or self._advice()

    def _what(self) -> str:
        call = f" ({self.method} {self.path})" if self.method and self.path else ""
        window = f" for {self.window}" if self.window else ""
        return f'Request "{self.operation}"{call} did not succeed{window}'

    def _evidence(self) -> str:
        known = ", ".join(fact for fact in self._facts() if fact)
        return f"Evidence: {known}" if known else ""

    def _facts(self) -> list[str]:
        return [
            f"HTTP status {self.status}" if self.status is not None else "",
            f"Pardot code {self.code}" if self.code is not None else "",
            _quoted(self.reason),
            f"request id {self.request_id}" if self.request_id else "",
            f"{self.attempts} attempts" if self.attempts > 1 else "",
        ]

    def _advice(self) -> str:
        return f"What was loaded before is safe; {_RUN_AGAIN} and keep this text if it happens twice"


class TransientRequestError(RequestError):
    """Retries were used up or not allowed; the same call may succeed later.

    Attributes:
        outcome_unknown: the call may have taken effect although no answer came; look before repeating it.
        body_interrupted: the headers were fine and the body broke off; start the download again.
        should_split: Pardot ran out of time over it (code 214, HTTP 504); ask for less at once.
        retry_after_seconds: the wait that the server asked for, when it was longer than we wait in a run.
    """

    exit_code = 75

    def __init__(
        self,
        operation: str,
        *,
        outcome_unknown: bool = False,
        body_interrupted: bool = False,
        should_split: bool = False,
        retry_after_seconds: float | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(operation, **facts)
        self.outcome_unknown = outcome_unknown
        self.body_interrupted = body_interrupted
        self.should_split = should_split
        self.retry_after_seconds = retry_after_seconds

    def _facts(self) -> list[str]:
        wait = self.retry_after_seconds
        return [*super()._facts(), f"the server asks for a wait of {wait:.0f} seconds" if wait is not None else ""]

    def _advice(self) -> str:
        if self.outcome_unknown:
            return f"Pardot may have carried it out all the same; {_RUN_AGAIN}, it looks before it repeats"
        return f"Nothing is lost; {_RUN_AGAIN} later"


class LimitReachedError(RequestError):
    """The daily API allowance, or our configured share of it, is used up.

    Attributes:
        used: calls counted today, by everyone who uses this account, as far as known.
        allowed: the number that we stop at; None when Pardot itself refused (code 122).
        maximum: the account's daily allowance, when known.
    """

    exit_code = 75

    def __init__(
        self,
        operation: str,
        *,
        used: int | None = None,
        allowed: int | None = None,
        maximum: int | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(operation, **facts)
        self.used = used
        self.allowed = allowed
        self.maximum = maximum

    def _facts(self) -> list[str]:
        return [
            *super()._facts(),
            f"{self.used} calls used today" if self.used is not None else "",
            f"we stop at {self.allowed}" if self.allowed is not None else "",
            f"the account has {self.maximum} a day" if self.maximum is not None else "",
        ]

    def _advice(self) -> str:
        return (
            f"Nothing is lost; {_RUN_AGAIN} after midnight of the account's time zone, "
            "or change `sources.pardot.max_daily_calls` or `reserve_percent`"
        )


class RejectedRequestError(RequestError):
    """The server understood and refused; the same request will be refused again."""

    @property
    def refuses_login(self) -> bool:
        """Whether whatever this login asks for will be refused, not this request alone."""
        return False

    def _advice(self) -> str:
        return "What was loaded before is safe; repeating this will not help, the codes are explained in docs/errors.md"


class AuthenticationError(RejectedRequestError):
    """The login or the API refused the credentials; `hints` are the likely reasons, best first."""

    exit_code = 2

    def __init__(self, operation: str, *, hints: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(operation, **facts)
        self.hints = tuple(hints)

    @property
    def refuses_login(self) -> bool:
        return self.code != _LACKS_ABILITY

    def _advice(self) -> str:
        if not self.hints:
            return "Nothing was changed; check the credentials, then run `pardot-etl check`"
        return f"Nothing was changed; {'; or '.join(self.hints)}; then run `pardot-etl check`"


class ExportError(PardotError):
    """One export did not deliver.

    Args:
        export_id: Pardot's number, None before there is one.
        object_name: our table name, for example "visitor_activities".
        window: the window of data, as text.
        status: the last status that Pardot gave.
        reason: further evidence, cut to one line.
        request_id: the server's name for the last call.
        next_step: what is safe and what to do; each class has its own default.
    """

    def __init__(
        self,
        *,
        export_id: int | None = None,
        object_name: str | None = None,
        window: str | None = None,
        status: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__()
        self.export_id = export_id
        self.object_name = object_name
        self.window: str | None = window
        self.status = None if status is None else one_line(status, 60)
        self.reason = None if reason is None else one_line(reason)
        self.request_id = None if request_id is None else one_line(request_id, 80)
        self.next_step = next_step

    def name_window(self, object_name: str, window: str | None = None) -> None:
        if window:
            self.object_name = self.object_name or object_name
            self.window = self.window or window

    def _sentences(self) -> Sequence[str]:
        return f"{self._name()} {self._outcome()}", self._evidence(), self.next_step or self._advice()

    def _name(self) -> str:
        number = f"Export {self.export_id}" if self.export_id is not None else "An export"
        what = f" of {self.object_name.replace('_', ' ')}" if self.object_name else ""
        window = f" for {self.window}" if self.window else ""
        return f"{number}{what}{window}"

    def _outcome(self) -> str:
        return "could not be used"

    def _evidence(self) -> str:
        facts = [
            f"Last status: {self.status}" if self.status else "",
            _quoted(self.reason),
            f"request id {self.request_id}" if self.request_id else "",
        ]
        return ", ".join(fact for fact in facts if fact)

    def _advice(self) -> str:
        return f"{_NOTHING_LOADED}; {_RUN_AGAIN}"


class ExportFailedError(ExportError):
    """Pardot ended the export without a result, also when asked anew, and for a shorter window where it was long."""

    def _outcome(self) -> str:
        return "was ended by Pardot without a result"

    def _advice(self) -> str:
        return f"{_NOTHING_LOADED}, other windows are not affected; {_RUN_AGAIN} to create a new export"


class ExportTimedOutError(ExportError):
    """The export was unfinished when our patience ended; the next run waits for the same one."""

    exit_code = 75

    def __init__(self, *, waited_seconds: float, **facts: Any) -> None:
        super().__init__(**facts)
        self.waited_seconds = waited_seconds

    def _outcome(self) -> str:
        doing = (self.status or "unfinished").lower()
        return f"was still {doing} after {self.waited_seconds:.0f} seconds"

    def _advice(self) -> str:
        return f"{_NOTHING_LOADED}; {_RUN_AGAIN} to keep waiting for the same export"


class DataError(PardotError):
    """An answer or a file is not what its contract says.

    Args:
        what: what could not be read, as words: "a result file of export 4711".
        expected: the contract, as words.
        found: what was there instead; no personal data, cut to one line.
        object_name: our table name.
        file: name of the file, never a URL with a query.
        line: line number in it, from 1.
        window: the window of data, as text.
        next_step: replaces the usual advice.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str,
        found: str,
        object_name: str | None = None,
        file: str | None = None,
        line: int | None = None,
        window: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__()
        self.what = one_line(what)
        self.expected = one_line(expected)
        self.found = one_line(found)
        self.object_name = object_name
        self.file = file
        self.line = line
        self.window: str | None = window
        self.next_step = next_step

    def name_window(self, object_name: str, window: str | None = None) -> None:
        if window:
            self.object_name = self.object_name or object_name
            self.window = self.window or window

    def _sentences(self) -> Sequence[str]:
        place = [
            f"of {self.object_name.replace('_', ' ')}" if self.object_name else "",
            f"for {self.window}" if self.window else "",
            f"in file {self.file}" if self.file else "",
            f"at line {self.line}" if self.line is not None else "",
        ]
        where = "".join(f" {part}" for part in place if part)
        return (
            f"{self.what[:1].upper()}{self.what[1:]}{where} could not be read",
            f"Expected {self.expected}; found {self.found}",
            self.next_step or f"Nothing of it was loaded; {_RUN_AGAIN}, and report this text if it happens twice",
        )


class StorageError(PardotError):
    """A disk, folder or database of ours could not be used.

    Args:
        what: what did not happen, as words: "write the result file of export 4711".
        path: the file or folder.
        reason: what the operating system or the database said; cut to one line.
        next_step: replaces the usual advice.
    """

    def __init__(
        self, what: str, *, path: str | None = None, reason: str | None = None, next_step: str | None = None
    ) -> None:
        super().__init__()
        self.what = one_line(what)
        self.path = None if path is None else str(path)
        self.reason = None if reason is None else one_line(reason)
        self.next_step = next_step

    def _sentences(self) -> Sequence[str]:
        place = f" ({self.path})" if self.path else ""
        return (
            f"Could not {self.what}{place}",
            f"Evidence: {_quoted(self.reason)}" if self.reason else "",
            self.next_step
            or f"What was finished before is safe; free the space or mend the permissions, then {_RUN_AGAIN}",
        )


class RunLockedError(PardotError):
    """Another run holds the lock of this working folder."""

    exit_code = 75

    def __init__(
        self,
        path: str,
        *,
        pid: int | None = None,
        host: str | None = None,
        started_at: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__()
        self.path = str(path)
        self.pid = pid
        self.host = host
        self.started_at = started_at
        self.next_step = next_step

    def _sentences(self) -> Sequence[str]:
        facts = [
            f"process {self.pid}" if self.pid is not None else "",
            f"on {self.host}" if self.host else "",
            f"since {self.started_at}" if self.started_at else "",
        ]
        holder = " ".join(fact for fact in facts if fact) or "another process"
        return (
            "This run did not start because another one is active",
            f"Evidence: {holder} holds {self.path}",
            self.next_step or "Nothing was touched; wait for it to end, the next scheduled run goes on by itself",
        )


class StoppedError(PardotError):
    """The process was told to end while it waited; what was reached is in the ledger."""

    exit_code = 130

    def _sentences(self) -> Sequence[str]:
        return (
            "The run was stopped before it was finished",
            f"Nothing is lost; {_RUN_AGAIN} and it goes on from here",
        )
