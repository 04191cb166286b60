"""What a vendor's dialect answers is looked at before it is used: its mistakes are told as its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from .._foreign import where
from .._shapes import json_flaw
from .._yields import flaws_of
from ..errors import EarwitnessError, PluginError
from ..models import Interim, Notice
from ..streaming import Dial, Dialect, Final, Frame, ReadsErrors, Settled

__all__ = ["asked", "dial_of", "dialect_of", "events_in", "frames_of", "meaning_of"]

T = TypeVar("T")

_NUMBERS = ("open_timeout_s", "ready_timeout_s", "flush_timeout_s", "max_age_s", "idle_s")
_METHODS = ("dial", "opened", "audio", "finish", "received")


def dialect_of(make: Callable[[], object]) -> Dialect:
    """A fresh dialect. Raises PluginError for what is none, or asks for what no audio can be."""
    dialect: Any = asked(make)
    if not all(callable(getattr(dialect, name, None)) for name in _METHODS):
        raise _broken(f"the provider's dialect() gave an object of type {_type(dialect)}, which is no Dialect")
    rate, chunk_ms, pace = (asked(getattr, dialect, name, None) for name in ("sample_rate", "chunk_ms", "pace"))
    if type(rate) is not int or type(chunk_ms) is not int or not _is_number(pace):
        raise _broken("a streaming dialect has a sample rate, chunk or pace that is no number")
    if not all(one > 0 for one in (rate, chunk_ms, pace)):
        raise _broken("a streaming dialect has a sample rate, chunk or pace that is not above zero")
    made: Dialect = dialect
    return made


def dial_of(dialect: Dialect, now: datetime) -> Dial:
    """Where the dialect wants to connect. Raises PluginError for anything but a Dial of the declared types."""
    dial: object = asked(dialect.dial, now)
    if not isinstance(dial, Dial):
        raise _broken(f"the dialect's dial() gave an object of type {_type(dial)}, not a Dial")
    if flaw := next(_dial_flaws(dial), None):
        raise _broken(f"the dialect's dial() gave a wrong Dial: {flaw}")
    return dial


def frames_of(dialect: Dialect, name: str, *values: Any) -> Sequence[Frame]:
    """The frames that this method of the dialect gives. Raises PluginError for anything but a list of bytes and str."""
    frames: object = asked(getattr(dialect, name), *values)
    if not isinstance(frames, Sequence) or isinstance(frames, bytes | str):
        raise _broken(f"the dialect's {name}() gave an object of type {_type(frames)}, not a list of frames")
    for frame in frames:
        if not isinstance(frame, bytes | str):
            raise _broken(f"the dialect's {name}() gave a frame of type {_type(frame)}, not bytes or str")
    return frames


def events_in(given: object) -> Sequence[Interim | Final | Settled | Notice]:
    """What `received` gave, known to be events of the declared types. Raises PluginError without what was said."""
    if not isinstance(given, Sequence) or isinstance(given, bytes | str):
        raise _broken(f"the dialect's received() gave an object of type {_type(given)}, not a list of events")
    for event in given:
        if not isinstance(event, Interim | Final | Settled | Notice):
            raise _broken(f"the dialect's received() gave an object of type {_type(event)}, which is no event")
        if flaw := next(_event_flaws(event), None):
            raise _broken(f"the dialect's received() gave a wrong {_type(event)}: {flaw}")
    return given


def meaning_of(dialect: ReadsErrors, error: EarwitnessError) -> EarwitnessError:
    """What the dialect makes of this error. Raises PluginError for anything but an error of ours."""
    meant: object = asked(dialect.meaning, error)
    if not isinstance(meant, EarwitnessError):
        raise _broken(f"the dialect's meaning() gave an object of type {_type(meant)}, not an EarwitnessError")
    return meant


def asked(method: Callable[..., T], *values: Any) -> T:
    """What the dialect answers. Raises PluginError for a failure that is no EarwitnessError."""
    try:
        return method(*values)
    except EarwitnessError:
        raise
    except Exception as error:  # any bug of a dialect
        raise _broken(f"a streaming dialect failed with {where(error)}") from None


def _dial_flaws(dial: Dial) -> Iterator[str]:
    if dial.kind not in get_args(get_type_hints(Dial)["kind"]):
        yield "kind is neither websocket nor grpc"
    for name in ("target", "method"):
        if not isinstance(getattr(dial, name), str):
            yield f"{name} is of type {_type(getattr(dial, name))}, not str"
    headers: object = dial.headers
    if not isinstance(headers, Mapping) or not all(isinstance(s, str) for pair in headers.items() for s in pair):
        yield "headers is not a mapping of str to str"
    for name in _NUMBERS:
        value = getattr(dial, name)
        if not _is_number(value) and not (value is None and name in _NUMBERS[-2:]):
            yield f"{name} is of type {_type(value)}, not float"


def _event_flaws(event: Interim | Final | Settled | Notice) -> Iterator[str]:
    yield from flaws_of(event, exact=False)
    # It will stand one level deeper, in the list of all.
    if isinstance(event, Final) and event.vendor and (flaw := json_flaw({"segments": [event.vendor]})):
        yield f"vendor {flaw}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type(value: object) -> str:
    return "None" if isinstance(value, NoneType) else type(value).__name__


def _broken(what: str) -> PluginError:
    return PluginError(what[0].upper() + what[1:], action="Report this to the maintainers of the plugin.", reason=what)
