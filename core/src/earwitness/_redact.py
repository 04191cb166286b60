"""Secrets never leave through a text: a masker that knows their disguises, and a guard on the wire libraries' loggers.

httpx logs whole addresses at INFO, httpcore whole header lists and websockets whole messages at DEBUG. What these
libraries say below WARNING about our own calls is dropped; a line of our own tells what is harmless.
"""

import base64
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

from .errors import EarwitnessError

__all__ = ["LogGuard", "Masker", "our_traffic"]

MASK = "***"
SHORTEST = 4
"""A secret of fewer characters is none, and masking it would blot out every text."""
SHORTEST_ENCODED = 6

_ours: ContextVar[bool] = ContextVar("earwitness_traffic", default=False)
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^\s/?#'\"<>]*@)?([^\s/?#'\"<>]*)[^\s'\"<>]*", re.IGNORECASE)
_REQUEST_LINE = re.compile(r"\b([A-Z]{3,7}) /\S*")
_CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "websockets", "grpc", "h2", "hpack")
_WIRE_LOGGERS = (
    *_CHATTY,
    *(
        f"{core}.{part}"
        for core in ("httpcore", "httpcore2")
        for part in ("connection", "http11", "http2", "proxy", "socks")
    ),
    *(f"aiohttp.{part}" for part in ("access", "client", "internal", "server", "web", "websocket")),
    *(
        "websockets.client",
        "websockets.server",
        "websockets.http11",
        "grpc._channel",
        "grpc._cython.cygrpc",
        "grpc.aio",
    ),
    "asyncio",
)


class Masker:
    """Replaces known secrets in texts: plain, percent-encoded, in JSON, in base64 (within a longer one too), in hex."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def __repr__(self) -> str:
        return f"<Masker of {len(self._forms)} forms>"

    def add(self, *secrets: str) -> None:
        """From now on these are masked too. Those of fewer than four characters are left alone."""
        known = len(self._forms)
        for secret in filter(None, map(str.strip, secrets)):
            if len(secret) >= SHORTEST:
                self._forms.update(_disguises(secret))
        if len(self._forms) > known:
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(_any_case_escapes, longest_first)))

    def mask(self, text: str) -> str:
        """The text with every known secret replaced by three asterisks."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def clean(self, error: BaseException) -> None:
        """Masks what an error says, and what the errors behind it say, in place."""
        if self._pattern is None:
            return
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            found = waiting.pop()
            if found is None or id(found) in seen:
                continue
            seen.add(id(found))
            waiting += [found.__cause__, found.__context__]
            self._clean_one(found)

    def _clean_one(self, error: BaseException) -> None:
        error.args = tuple(self.mask(value) if isinstance(value, str) else value for value in error.args)
        if isinstance(error, EarwitnessError):
            texts = {name: self.mask(value) for name, value in error.__dict__.items() if isinstance(value, str)}
            error.__dict__.update(texts)


class LogGuard(logging.Filter):
    """A filter on the wire libraries' loggers: nothing of our traffic below WARNING, no known secret at any level.

    What an application sends through the same libraries is still logged, with our secrets masked.
    """

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self._masker = masker
        self._guarded: list[logging.Logger] = []

    def attach(self) -> None:
        """Guards every wire logger there is by now; called again after a library has been imported."""
        # A logger's filter does not see what its children log, so that each has to be named.
        present = (name for name in list(logging.Logger.manager.loggerDict) if name.partition(".")[0] in _CHATTY)
        for name in {*_WIRE_LOGGERS, *present}:
            logger = logging.getLogger(name)
            if self not in logger.filters:
                logger.addFilter(self)
                self._guarded.append(logger)

    def detach(self) -> None:
        """Leaves the loggers as they were."""
        while self._guarded:
            self._guarded.pop().removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """False for chatter about our own calls; otherwise the record passes, masked in place."""
        ours = _ours.get()
        if ours and record.levelno < logging.WARNING and record.name.partition(".")[0] in _CHATTY:
            return False
        self._mask_message(record, ours)
        self._mask_traceback(record)
        return True

    def _mask_message(self, record: logging.LogRecord, ours: bool) -> None:
        try:
            said = record.getMessage()
        except Exception:  # a badly formatted record is logging's own affair, and it has a way to say so
            return
        masked = self._masker.mask(_without_addresses(said) if ours else said)
        if masked != said:
            record.msg, record.args = masked, None

    def _mask_traceback(self, record: logging.LogRecord) -> None:
        if not record.exc_info or record.exc_info[1] is None:
            return
        told = record.exc_text or "".join(traceback.format_exception(record.exc_info[1]))
        masked = self._masker.mask(told)
        if masked != told:
            record.exc_info, record.exc_text = None, masked


@contextmanager
def our_traffic() -> Iterator[None]:
    """Inside, and in tasks and connections begun inside, the wire libraries speak about our own calls."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _without_addresses(text: str) -> str:
    return _REQUEST_LINE.sub(rf"\1 {MASK}", _ADDRESS.sub(rf"\1\2/{MASK}", text))


def _disguises(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        in_json = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (in_json, in_json.replace("/", "\\/"))
    yield repr(secret)[1:-1]
    yield repr(secret.encode())[2:-1]
    for encoded in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield from (encoded, quote(encoded, safe=""))
    in_bytes = secret.encode()
    encodings = (in_bytes.hex(), in_bytes.hex().upper(), *_base64_cores(in_bytes))
    yield from (encoded for encoded in encodings if len(encoded) >= SHORTEST_ENCODED)


def _any_case_escapes(form: str) -> str:
    """A pattern for this text; percent escapes may have letters of either case (RFC 3986, 2.1)."""
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda found: f"(?i:{found[0]})", re.escape(form))


def _base64_cores(secret: bytes) -> Iterator[str]:
    """What the secret looks like at each of its three places in a longer base64 text, less the letters it shares."""
    for before in range(3):
        shared = (0, 2, 3)[before]
        whole = (before + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + secret).decode()[shared:whole]
