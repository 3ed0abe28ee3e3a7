"""Reading one answer's body to its proven end, in bounded memory and time.

The HTTP libraries accept a gzip stream that stops in the middle as long as the bytes on the wire are
complete, and a body without length that ends when the connection does. Here the framing, the length, the end
of the compressed stream with its checksum, the sizes and the total time are all demanded.
"""

from __future__ import annotations

import http.client
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import requests
import urllib3

from .retry import Failure

CHUNK_BYTES: Final = 1 << 20
"""A sink gets pieces of at least this size, the last one excepted."""

_ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content-Encoding -> zlib window bits; 31 demands the gzip wrapper with its checksum."""

NETWORK_ERRORS: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProxySchemeUnsupported,
    http.client.HTTPException,
    OSError,
)
"""Everything that requests, urllib3 and the standard library raise for a request; a test counts them."""


class WireError(Exception):
    """No usable answer; for `transport` and `credentials`, which make one of our errors of it.

    It never has a cause: the libraries' texts quote whole URLs, and what they say is in `reason`.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


class BodyTooLargeError(WireError):
    """The body is larger than anything that we asked for."""


def read_body(
    response: requests.Response,
    sink: Callable[[bytes], object],
    *,
    max_bytes: int,
    must_be_framed: bool,
    seconds: float,
    monotonic: Callable[[], float],
) -> None:
    """Hand the decoded body to the sink; errors of the sink pass through untouched.

    Args:
        response: a streamed response of which nothing was read.
        sink: takes pieces of at least 1 MiB, the last one excepted.
        max_bytes: bound on the decoded size, and on the size on the wire.
        must_be_framed: refuse a body that ends only because the connection does.
        seconds: bound on the time for the whole body.
        monotonic: the clock for it.

    Raises:
        BodyTooLargeError: one of the sizes passed `max_bytes`.
        WireError: the body broke off, was damaged, or took too long.
    """
    length = _framing(response.headers, must_be_framed)
    decoder = _decoder(response.headers.get("Content-Encoding", "").strip().lower())
    deadline = monotonic() + seconds
    wire_bytes = written_bytes = 0
    pending = bytearray()
    while piece := _read_piece(response):
        wire_bytes += len(piece)
        for decoded in decoder.feed(piece):
            written_bytes += len(decoded)
            if written_bytes > max_bytes:
                break
            pending += decoded
            if len(pending) >= CHUNK_BYTES:
                sink(bytes(pending))
                pending.clear()
        if max(wire_bytes, written_bytes) > max_bytes:
            raise BodyTooLargeError(Failure.UNREADABLE, f"a body of more than {max_bytes} bytes")
        if monotonic() > deadline:
            raise WireError(Failure.ANSWER_LOST, f"the body was not complete after {seconds:.0f} seconds")
    if length is not None and wire_bytes != length:
        raise WireError(Failure.ANSWER_LOST, f"the body broke off after {wire_bytes} of {length} bytes")
    decoder.finish()
    if pending:
        sink(bytes(pending))


def describe(error: BaseException, *, sent: bool) -> WireError:
    """Return a library's exception as ours, in our own words: theirs hold URLs with their query.

    Args:
        error: one of NETWORK_ERRORS.
        sent: whether the request had left before; then nothing counts as "not sent".
    """
    chain = _chain(error)
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return WireError(Failure.UNUSABLE, "the server's TLS certificate could not be verified")
    for kinds, failure, reason in _REASONS:
        if any(isinstance(one, kinds) for one in chain):
            lost = Failure.ANSWER_LOST if sent and failure is Failure.NOT_SENT else failure
            return WireError(lost, reason)
    return WireError(Failure.ANSWER_LOST, f"the connection failed ({type(error).__name__})")


_REASONS: Final[tuple[tuple[tuple[type[BaseException], ...], Failure, str], ...]] = (
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.MissingSchema,
            requests.exceptions.InvalidSchema,
            requests.exceptions.URLRequired,
            urllib3.exceptions.LocationValueError,
        ),
        Failure.UNUSABLE,
        "the address or the proxy setting is no usable URL",
    ),
    ((urllib3.exceptions.ProxySchemeUnsupported,), Failure.UNUSABLE, "the proxy setting is no usable URL"),
    ((requests.exceptions.ProxyError, urllib3.exceptions.ProxyError), Failure.NOT_SENT, "the proxy refused"),
    ((urllib3.exceptions.NameResolutionError,), Failure.NOT_SENT, "the host name was not found"),
    ((ConnectionRefusedError,), Failure.NOT_SENT, "the connection was refused"),
    (
        (
            requests.exceptions.ConnectTimeout,
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.EmptyPoolError,
        ),
        Failure.NOT_SENT,
        "no connection could be made",
    ),
    (
        (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
        Failure.ANSWER_LOST,
        "the server went silent",
    ),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        Failure.ANSWER_LOST,
        "the TLS layer failed",
    ),
    (
        (requests.exceptions.InvalidHeader, urllib3.exceptions.InvalidHeader),
        Failure.UNREADABLE,
        "the headers contradict each other",
    ),
    ((http.client.BadStatusLine, http.client.LineTooLong), Failure.ANSWER_LOST, "the answer was no HTTP"),
    ((ConnectionResetError, BrokenPipeError), Failure.ANSWER_LOST, "the connection was reset"),
    (
        (
            http.client.IncompleteRead,
            urllib3.exceptions.IncompleteRead,
            requests.exceptions.ChunkedEncodingError,
        ),
        Failure.ANSWER_LOST,
        "the body broke off",
    ),
)
"""First match decides; the exception, what wraps it and what it wraps are all looked at."""


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception with its causes, contexts and wrapped exceptions, outermost first."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(found) < 20:
        one = queue.pop(0)
        if isinstance(one, BaseException) and all(one is not known for known in found):
            found.append(one)
            queue += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
    return found


def _read_piece(response: requests.Response) -> bytes:
    # read1 returns what is there; read would wait for all of it, and a slow drip would outlast the deadline.
    try:
        piece: bytes = response.raw.read1(CHUNK_BYTES, decode_content=False)
        return piece
    except NETWORK_ERRORS as error:
        failure = describe(error, sent=True)
    raise failure


def _framing(headers: Mapping[str, str], must_be_framed: bool) -> int | None:
    """Return the announced length, None for a chunked body."""
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return None
    length = headers.get("Content-Length", "").strip()
    if length.isdecimal():
        return int(length)
    if must_be_framed or length:
        raise WireError(Failure.ANSWER_LOST, "the answer says neither its length nor that it is chunked")
    return None


class _Plain:
    """A body that is sent as it is."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    def finish(self) -> None:
        return None


class _Inflate:
    """A compressed body, expanded in bounded steps; its end mark and checksum are demanded."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._stream = zlib.decompressobj(window_bits)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._stream.eof:  # gzip allows one stream after the other
                self._stream = zlib.decompressobj(self._window_bits)
            try:
                decoded = self._stream.decompress(piece, CHUNK_BYTES)
            except zlib.error:
                raise WireError(Failure.ANSWER_LOST, "the compressed body is damaged") from None
            piece = self._stream.unconsumed_tail or self._stream.unused_data
            yield decoded

    def finish(self) -> None:
        if not self._stream.eof:
            raise WireError(Failure.ANSWER_LOST, "the compressed body stops before its end mark")


def _decoder(encoding: str) -> _Plain | _Inflate:
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in _ENCODINGS:
        return _Inflate(_ENCODINGS[encoding])
    raise WireError(Failure.UNREADABLE, "a Content-Encoding that was not asked for")
