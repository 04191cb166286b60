"""The plugins of one session: what is installed under `earwitness.plugins`, and what the application gives itself.

Each implementation of a hook is called by itself and guarded, so that a failing plugin is named and harms no other.
They are called in the order of their distributions' names, then as the application gave them; `tryfirst` and
`trylast` move one to the front or the back.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ._entrypoints import PLUGINS, Found, Origin, scan
from ._foreign import where
from ._registration import load_object, new_manager, registered
from .errors import ConfigurationError, EarwitnessError, InvalidTranscriptError, PluginError
from .models import Notice, Transcript
from .request import TranscriptionRequest
from .validation import accepted

if TYPE_CHECKING:
    from .export import Exporter
    from .jobs import Job

__all__ = ["Plugins"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Plugin:
    """One plugin that passed every check."""

    plugin: object
    origin: Origin

    def __str__(self) -> str:
        return str(self.origin)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing that plugins offer by name: by which hook, what it is called, our own, and how it is known."""

    hook: str
    what: str
    own: Mapping[str, Any]
    fits: Callable[[Any], bool]


class Plugins:
    """The hooks at work. A broken installed plugin is in `failures`; a broken one of `given` raises PluginError."""

    def __init__(self, given: Iterable[object] = ()) -> None:
        self._failures: list[PluginError] = []
        self._reported = 0
        installed = [plugin for found in scan(PLUGINS) if (plugin := self._load(found))]
        self._manager = new_manager()
        self._by_key: dict[str, _Plugin] = {}
        # pluggy calls what was registered last first; a fold reads better in the order in which it was written.
        for plugin in reversed([*installed, *map(_checked, _objects(given))]):
            self._register(plugin)
        self._report()

    @property
    def failures(self) -> tuple[PluginError, ...]:
        """What is wrong with installed plugins, as data; the others work on."""
        return tuple(self._failures)

    def prepare_request(self, request: TranscriptionRequest, profile: str | None = None) -> TranscriptionRequest:
        """The request after every plugin. Raises PluginError naming the one that failed.

        An EarwitnessError that a plugin raises itself is its refusal and keeps its kind.
        """
        for plugin, call in self._implementations("earwitness_prepare_request"):
            try:
                changed = call({"request": request, "profile": profile})
            except EarwitnessError as error:
                error.add_note(f"{plugin} refused the request.")
                raise
            except (Exception, SystemExit) as error:
                raise _failed(plugin, "earwitness_prepare_request", where(error)) from None
            if changed is not None and not isinstance(changed, TranscriptionRequest):
                raise _failed(plugin, "earwitness_prepare_request", f"it returned a {type(changed).__name__}")
            request = changed or request
        return request

    def transcript_ready(self, transcript: Transcript, job: Job) -> Transcript:
        """The transcript after every plugin; one that fails leaves a notice on it and changes nothing else."""
        for plugin, call in self._implementations("earwitness_transcript_ready"):
            try:
                changed = call({"transcript": transcript, "job": job})
            except (Exception, SystemExit) as error:
                transcript = _noticed(transcript, plugin, where(error))
                continue
            if changed is None:
                continue
            if not isinstance(changed, Transcript):
                transcript = _noticed(transcript, plugin, f"it returned a {type(changed).__name__}")
                continue
            try:
                transcript = accepted(changed)
            except InvalidTranscriptError as error:
                transcript = _noticed(transcript, plugin, f"what it returned is no transcript: {error.message}")
        return transcript

    def job_changed(self, job: Job) -> None:
        """Tells every plugin; one that fails is logged."""
        for plugin, call in self._implementations("earwitness_job_changed"):
            try:
                call({"job": job})
            except (Exception, SystemExit) as error:
                log.warning("%s failed at earwitness_job_changed: %s", plugin, where(error))

    def exporters(self) -> dict[str, Exporter]:
        """The plugins' output formats by name; a name claimed twice, or built in, is left out and a failure."""
        return dict(self._exporters)

    def metrics(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The plugins' metrics by name; a name claimed twice, or among our `own`, is left out and a failure."""
        return self._claimed(_Kind("earwitness_metrics", "metric", own, _is_metric))

    def normalizers(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The plugins' normalisation profiles by name; one claimed twice, or our `own`, is left out and a failure."""
        return self._claimed(_Kind("earwitness_normalizers", "normalisation profile", own, _is_profile))

    @cached_property
    def _exporters(self) -> dict[str, Exporter]:
        from .export import Exporter, exporters

        return self._claimed(
            _Kind("earwitness_exporters", "output format", exporters(), lambda one: isinstance(one, Exporter))
        )

    def _claimed(self, kind: _Kind) -> dict[str, Any]:
        """What the plugins offer of this kind, by name, where the name is theirs alone."""
        claims: defaultdict[str, list[tuple[_Plugin, Any]]] = defaultdict(list)
        for plugin, name, offered in self._offered(kind):
            claims[name].append((plugin, offered))
        clear = {}
        for name, claimed in claims.items():
            whose = [*(["Earwitness itself"] if name in kind.own else []), *(one.origin.whose for one, _ in claimed)]
            if len(whose) > 1:
                self._fail(_contested(f"{kind.what} {name!r}", whose, claimed[-1][0]))
            else:
                clear[name] = claimed[0][1]
        self._report()
        return clear

    def _offered(self, kind: _Kind) -> Iterator[tuple[_Plugin, str, Any]]:
        for plugin, call in self._implementations(kind.hook):
            try:
                offered = _named(call({}))
                for name, one in offered:
                    if kind.fits(one) and one.name == name:
                        yield plugin, name, one
                    else:
                        told = f"its {kind.what} {name!r} is none of that name"
                        self._fail(_failed(plugin, kind.hook, told))
            except (Exception, SystemExit) as error:
                self._fail(_failed(plugin, kind.hook, where(error)))

    def _implementations(self, hook: str) -> Iterator[tuple[_Plugin, Callable[[dict[str, Any]], Any]]]:
        """Each implementation in pluggy's order of calling, taking its arguments by name."""
        for implementation in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            plugin = self._by_key[implementation.plugin_name]

            def call(known: dict[str, Any], one: Any = implementation) -> Any:
                return one.function(*(known[name] for name in one.argnames))

            yield plugin, call

    def _load(self, found: Found) -> _Plugin | None:
        try:
            plugin = load_object(found)
            registered(plugin, found.origin)
        except PluginError as error:
            self._fail(error)
            return None
        return _Plugin(plugin, found.origin)

    def _register(self, plugin: _Plugin) -> None:
        key = f"{plugin.origin.whose}/{plugin.origin.name}/{len(self._by_key)}"
        try:
            self._manager.register(plugin.plugin, key)
        except ValueError:
            # The same module announced under two names, or the same object given twice, would run twice.
            self._fail(_failed(plugin, "registration", "it is announced more than once"))
            return
        self._by_key[key] = plugin

    def _fail(self, error: PluginError) -> None:
        self._failures.append(error)

    def _report(self) -> None:
        """One warning for all new failures: a broken plugin must be seen, and not at every call."""
        if new := self._failures[self._reported :]:
            log.warning("Plugins that do not work: %s", " ".join(map(str, new)))
            self._reported = len(self._failures)


def _named(offered: Any) -> list[tuple[Any, Any]]:
    """Names and things, from a mapping or from things that know their own names."""
    if isinstance(offered, Mapping):
        return list(offered.items())
    return [(one.name, one) for one in offered or ()]


def _is_metric(one: Any) -> bool:
    # The protocol lives above this module; what a comparison reads of a metric is what makes it one.
    given = (one.title, one.unit, one.better, one.level)
    return all(isinstance(text, str) for text in given) and callable(one.measure)


def _is_profile(one: Any) -> bool:
    methods = (one.normalize, one.words, one.characters, one.mixed)
    return all(isinstance(text, str) for text in (one.version, one.digest, one.headline)) and all(
        map(callable, methods)
    )


def _objects(given: Iterable[object]) -> tuple[object, ...]:
    try:
        return tuple(given)
    except TypeError:
        raise ConfigurationError("plugins is not a list of plugins", action="Give plugins=[...].") from None


def _checked(plugin: object) -> _Plugin:
    """An object of the application, checked like an installed plugin; its author is there to be told."""
    origin = Origin(getattr(plugin, "__name__", type(plugin).__name__))
    registered(plugin, origin)
    return _Plugin(plugin, origin)


def _noticed(transcript: Transcript, plugin: _Plugin, reason: str) -> Transcript:
    log.warning("%s failed at earwitness_transcript_ready: %s", plugin, reason)
    notice = Notice("plugin_failed", f"{plugin} failed at earwitness_transcript_ready: {reason}.")
    return replace(transcript, notices=(*transcript.notices, notice))


def _failed(plugin: _Plugin, hook: str, reason: str) -> PluginError:
    return PluginError(
        f"{plugin} failed at {hook}: {reason}",
        action="Report this to its maintainers, or remove it.",
        distribution=plugin.origin.distribution,
        reason=reason,
    )


def _contested(what: str, whose: list[str], last: _Plugin) -> PluginError:
    return PluginError(
        f"The {what} is claimed by {' and '.join(whose)}",
        action="Remove all but one of them.",
        distribution=last.origin.distribution,
        reason="claimed more than once",
    )
