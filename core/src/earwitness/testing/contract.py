"""The class that a provider's tests inherit: one test for each clause, none of which can be changed or lost in silence.

class TestEcho(ProviderContract):
    plugin = "earwitness_echo"
    settings = {"api_key": "a-key-of-the-tests"}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any, ClassVar

from .._foreign import where
from .._names import nearest
from ..errors import EarwitnessError
from ._clause import Blocked, Clause, Unsupported, raised
from ._declaration import Recorded, Sample, Table
from ._outcome import Outcome, Report
from ._subject import Subject

__all__ = ["ProviderContract", "clauses", "examine"]

_THEMES = (
    *("discovery", "settings", "capabilities", "wishes", "requests", "refusals", "answers", "reading"),
    *("callbacks", "live", "engines", "exchanges", "running"),
)
_MOST_TOLD = 8
_QUOTING = "AK"  # clauses that read what was recorded, so that an exception may quote what a person said
_PAGE = "docs/reference/contract.md"


@cache
def clauses() -> tuple[Clause, ...]:
    """Every clause of the contract, in its order."""
    found: list[Clause] = []
    for theme in _THEMES:
        module = import_module(f"._clauses.{theme}", __package__)
        found += [one for one in vars(module).values() if isinstance(one, Clause)]
    return tuple(found)


def examine(contract: type[ProviderContract], *, only: Collection[str] | None = None) -> Report:
    """What became of each clause, without pytest; `only` names the ids to look at."""
    chosen = [one for one in clauses() if only is None or one.id in only]
    with Subject(contract) as subject:
        return Report(contract.__name__, {one.id: _judged(one, subject) for one in chosen})


class ProviderContract:
    """Subclass it, name the plugin and its sample settings, and pytest checks every clause of the contract.

    `plugin` is the light module that the entry point names; `settings` a profile's settings with invented secrets of
    at least eight characters, which the kit looks for wherever nothing secret may be. `request` are options that every
    request needs, such as the language. `emulator` is `module:function` of the emulator's maker, with its `switches`;
    `sample` is real speech for a provider without an emulator, such as an engine. `answers` and `callbacks` are
    recorded payloads, `tables` the vendor's words and codes. `always` names the features that the vendor delivers
    whether they are asked for or not. `excused` maps a clause's id to the reason why this provider departs from it.

    Raises TypeError when the class is made for a test of the kit that is changed, for a name that means nothing, and
    for an excuse without a reason or of no clause.
    """

    plugin: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]
    request: ClassVar[Mapping[str, Any]] = {}
    emulator: ClassVar[str | None] = None
    switches: ClassVar[Mapping[str, str]] = {}
    sample: ClassVar[Sample | None] = None
    answers: ClassVar[tuple[Recorded, ...]] = ()
    callbacks: ClassVar[tuple[Recorded, ...]] = ()
    tables: ClassVar[tuple[Table, ...]] = ()
    always: ClassVar[tuple[str, ...]] = ()
    excused: ClassVar[Mapping[str, str]] = {}

    _subject: ClassVar[Subject | None] = None

    def __init_subclass__(cls, **known: Any) -> None:
        super().__init_subclass__(**known)
        for name in vars(cls):
            if flaw := _flaw(name):
                raise TypeError(f"{cls.__name__}.{name} {flaw}")
        for name in (*_OURS, *(one.test_name for one in clauses())):
            if _inherited(cls, name) is not vars(ProviderContract)[name]:
                raise TypeError(f"{cls.__name__}.{name}, from another base class, {_flaw(name)}")
        _require_excuses(cls)

    @classmethod
    def setup_class(cls) -> None:
        """pytest calls it before the first test of a class."""
        cls._subject = Subject(cls)

    @classmethod
    def teardown_class(cls) -> None:
        """pytest calls it after the last test of a class: ends the emulator."""
        subject, cls._subject = cls._subject, None
        if subject is not None:
            subject.close()


_DECLARED = tuple(name for name in ProviderContract.__annotations__ if not name.startswith("_"))
_OURS = ("setup_class", "teardown_class", "_subject")


def _inherited(cls: type, name: str) -> object:
    """What this class has under the name, unbound."""
    return next(vars(one)[name] for one in cls.__mro__ if name in vars(one))


def _flaw(name: str) -> str:
    """Why a subclass may not define this name; empty where it may."""
    if name in _OURS or any(name == one.test_name for one in clauses()):
        return f"would change a test of the kit; a departure is told in `excused`, see {_PAGE}"
    if name.startswith(("_", "test")) or name in _DECLARED:
        return ""
    meant = nearest(name, _DECLARED)
    return f"means nothing to the kit; {f'did you mean {meant}?' if meant else 'begin helpers with an underscore'}"


def _require_excuses(cls: type[ProviderContract]) -> None:
    known = {one.id for one in clauses()}
    for id, reason in cls.excused.items():
        if id not in known:
            raise TypeError(f"{cls.__name__} excuses {id!r}, which is no clause; see {_PAGE}")
        if not str(reason).strip():
            raise TypeError(f"{cls.__name__} excuses {id} without a reason")


def _judged(clause: Clause, subject: Subject) -> Outcome:
    """This clause's outcome, the author's excuse included."""
    outcome, excuse = _checked(clause, subject), subject.contract.excused.get(clause.id)
    if excuse is None or outcome.verdict == "blocked":
        return outcome
    if outcome.verdict == "failed":
        return Outcome("excused", excuse)
    why = "it holds" if outcome.verdict == "held" else f"it does not apply: {outcome.text}"
    return Outcome("failed", f"{clause.id} is excused, and {why}. Take it out of `excused`.")


def _checked(clause: Clause, subject: Subject) -> Outcome:
    try:
        _require_ground(clause, subject)
        wrong = list(islice(clause.check(subject), _MOST_TOLD + 1))
    except Unsupported as error:
        return Outcome("unsupported", str(error))
    except Blocked as error:
        return Outcome("blocked", f"{error} fails")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        known = isinstance(error, EarwitnessError) or clause.id[0] not in _QUOTING
        wrong = [f"the provider raised {raised(error) if known else where(error)}"]
    return Outcome("failed", _told(clause, wrong)) if wrong else Outcome("held")


def _require_ground(clause: Clause, subject: Subject) -> None:
    """What every clause stands on. Raises Blocked."""
    grounds: list[tuple[str, Callable[[], object]]] = [
        ("D1", lambda: subject.kind),
        ("S1", lambda: subject.planned_for),
    ]
    for id, ground in grounds:
        if clause.id == id or (id == "S1" and clause.id.startswith("D")):
            return
        try:
            ground()
        except Exception:
            raise Blocked(id) from None


def _told(clause: Clause, wrong: list[str]) -> str:
    lines = [f"  - {one}" for one in wrong[:_MOST_TOLD]]
    more = ["  - and more of the same"] if len(wrong) > _MOST_TOLD else []
    return "\n".join(
        [
            f"{clause.id} {clause.title}",
            *lines,
            *more,
            f"Why: {clause.why}",
            f"To mend it: {clause.mend}",
            f"See {_PAGE}",
        ]
    )


def _test_of(clause: Clause) -> Callable[..., None]:
    """The test of this clause, as pytest calls it."""

    def test(self: ProviderContract, request: Any) -> None:
        import pytest

        from . import reporting

        assert self._subject is not None
        outcome = _judged(clause, self._subject)
        told = [type(self).__name__, clause.id, outcome.verdict, outcome.text]
        request.node.user_properties.append((reporting.PROPERTY, told))
        if outcome.verdict == "failed":
            pytest.fail(outcome.text, pytrace=False)
        if outcome.verdict != "held":
            pytest.skip(f"{outcome.verdict}: {outcome.text}")

    test.__name__ = test.__qualname__ = clause.test_name
    test.__doc__ = f"{clause.title}."
    return test


for _clause in clauses():
    setattr(ProviderContract, _clause.test_name, _test_of(_clause))
