"""What a failed call means for the one who asked: was anything sent, may it be sent again, what can a person do.

The libraries below (httpx, httpx2, aiohttp) are told apart by the names of their exceptions, so that none is imported
here. Only what proves that no byte of the call left counts as not sent; everything unknown counts as sent.
"""

import socket
import ssl
from collections.abc import Iterator

from ..errors import (
    Accepted,
    ConfigurationError,
    DeadlineError,
    EarwitnessError,
    InvalidRequestError,
    OutcomeUnknownError,
    ProtocolError,
    UnavailableError,
)
from ..exchange import HttpCall

__all__ = ["bad_address", "bad_reply", "call_failure", "redirect_error", "too_slow"]

_NOT_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "ClientConnectorError",
    "ClientHttpProxyError",
    "ConnectionTimeoutError",
}
_TIMEOUTS = {"TimeoutException", "ServerTimeoutError", "TimeoutError"}
_NO_ADDRESS = {"UnsupportedProtocol", "InvalidURL"}
_NOT_HTTP = {"ClientResponseError", "HttpProcessingError"}
_NOTHING_DONE = {301, 307, 308}
"""Redirects that ask for the same request elsewhere (RFC 9110, 15.4); the others may follow an action that was done."""

_CHECK_ADDRESS = "Check the address in the profile."
_CHECK_WAY = "Check the network and the address in the profile, or try again later."
_LOOK_FIRST = "Look in the vendor's console before you submit again: it may be billed."


def call_failure(raised: Exception, call: HttpCall, host: str, *, answered: bool = False) -> EarwitnessError:
    """The error of ours for whatever an HTTP client raised, before or after the head of an answer had come.

    Its text has the operation and the host, never the address.
    """
    chain = list(_causes(raised))
    names = _names(chain)
    where = f"The {call.operation} call to {host}"
    if names & _NO_ADDRESS:
        return bad_address(call)
    untrusted = next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        return _untrusted(where, untrusted)
    kind = DeadlineError if names & _TIMEOUTS else UnavailableError
    told = f"{where} failed: {_reason(chain, names)}"
    if names & _NOT_SENT:
        return kind(told, action=_CHECK_WAY, retryable=True, accepted="no")
    if not answered and _is_not_http(chain, names):
        return bad_reply(call, "is not HTTP", retryable=call.repeatable)
    return _lost(call, kind, told)


def bad_address(call: HttpCall) -> InvalidRequestError:
    """The error for an address that no client could call."""
    return InvalidRequestError(
        f"The {call.operation} call has an address that is not a valid http or https one",
        action=_CHECK_ADDRESS,
    )


def redirect_error(status: int, call: HttpCall, host: str) -> ProtocolError:
    """The error for a redirect, which is never followed: the credentials are meant for this host alone."""
    accepted = "no" if status in _NOTHING_DONE else _accepted(call)
    return ProtocolError(
        f"The {call.operation} call to {host} was answered with HTTP {status}, which points elsewhere",
        action=_checking(accepted),
        accepted=accepted,
    )


def bad_reply(call: HttpCall, what: str, *, retryable: bool = False) -> ProtocolError:
    """The error for a reply that cannot be used, whatever it says."""
    accepted = _accepted(call)
    return ProtocolError(
        f"The reply to the {call.operation} call {what}",
        action=_checking(accepted),
        retryable=retryable,
        accepted=accepted,
    )


def too_slow(call: HttpCall) -> EarwitnessError:
    """The error for a reply that has begun and does not end."""
    return _lost(call, DeadlineError, f"The reply to the {call.operation} call trickles in too slowly")


def _lost(call: HttpCall, kind: type[EarwitnessError], told: str) -> EarwitnessError:
    if call.repeatable:
        return kind(told, action="Try again later.", retryable=True, accepted="no")
    return OutcomeUnknownError(told, action=_LOOK_FIRST)


def _accepted(call: HttpCall) -> Accepted:
    return "no" if call.repeatable else "unknown"


def _checking(accepted: Accepted) -> str:
    """What to do about somebody who does not answer like the vendor."""
    return _CHECK_ADDRESS if accepted == "no" else f"{_CHECK_ADDRESS} {_LOOK_FIRST}"


def _untrusted(where: str, error: ssl.SSLCertVerificationError) -> ConfigurationError:
    return ConfigurationError(
        f"{where} was not made: its certificate is not trusted ({getattr(error, 'verify_message', 'no reason given')})",
        action="Check this machine's clock; behind a company proxy, set SSL_CERT_FILE to the company's certificates.",
    )


def _names(chain: list[BaseException]) -> set[str]:
    # Under httpx, aiohttp is translated coarsely: a lost answer becomes a ConnectTimeout. So its own word counts alone.
    own = next((link for link in chain if type(link).__module__.startswith("aiohttp")), chain[0])
    return {cls.__name__ for cls in type(own).__mro__}


def _is_not_http(chain: list[BaseException], names: set[str]) -> bool:
    by_parser = any(type(link).__module__.startswith("h11") for link in chain)
    return bool(names & _NOT_HTTP) or ("RemoteProtocolError" in names and by_parser)


def _reason(chain: list[BaseException], names: set[str]) -> str:
    if any(isinstance(link, socket.gaierror) for link in chain):
        return "the host's name could not be found"
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return "the connection was refused"
    if names & _TIMEOUTS:
        return "no connection in time" if names & _NOT_SENT else "no answer in time"
    if any(isinstance(link, ssl.SSLError) for link in chain):
        return "no secure connection could be made"
    return "no connection could be made" if names & _NOT_SENT else "the connection was lost"


def _causes(raised: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while raised is not None and id(raised) not in seen:
        seen.add(id(raised))
        yield raised
        raised = raised.__cause__ or raised.__context__
