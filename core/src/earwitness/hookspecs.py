"""Every hook a plugin may implement. This page is where a plugin author begins.

A plugin is a module. Implementations are functions in it, marked with `hookimpl`:

    from earwitness.hookspecs import hookimpl

    @hookimpl
    def earwitness_provider() -> type[Provider]:
        from .provider import MyProvider        # imported only when somebody asks for it
        return MyProvider

Announce the module in the distribution's entry points, under `earwitness.providers` with the provider's name, or under
`earwitness.plugins` for everything else:

    [project.entry-points."earwitness.providers"]
    myvendor = "earwitness_myvendor"

A hook may take fewer arguments than listed here, by name. A misspelt hook or argument is an error that names the
distribution, not a silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from .compare.metric import Metric
    from .compare.profile import Profile
    from .export import Exporter
    from .jobs import Job
    from .models import Transcript
    from .provider import Provider
    from .request import TranscriptionRequest

__all__ = [
    "PROJECT",
    "earwitness_exporters",
    "earwitness_job_changed",
    "earwitness_metrics",
    "earwitness_normalizers",
    "earwitness_prepare_request",
    "earwitness_provider",
    "earwitness_transcript_ready",
    "hookimpl",
]

PROJECT = "earwitness"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook of the same name."""


@hookspec(firstresult=True)
def earwitness_provider() -> type[Provider[Any]] | None:
    """The provider class of this plugin. Called only for a plugin that was found under `earwitness.providers`."""


@hookspec
def earwitness_prepare_request(request: TranscriptionRequest, profile: str | None) -> TranscriptionRequest | None:
    """The request to use instead, or None to leave it as it is. Each plugin sees what the one before it returned.

    Called before planning. An exception fails this request, with the plugin's name.
    """


@hookspec
def earwitness_transcript_ready(transcript: Transcript, job: Job) -> Transcript | None:
    """The transcript to hand out instead, or None to leave it. Each plugin sees what the one before it returned.

    Called after the paid result is safe. A plugin that fails here leaves a notice; the transcript still arrives.
    """


@hookspec
def earwitness_job_changed(job: Job) -> None:
    """A job has a new status. Observes only: an exception is logged and changes nothing."""


@hookspec
def earwitness_exporters() -> Mapping[str, Exporter] | None:
    """Output formats by name, beside the built-in ones."""


@hookspec
def earwitness_metrics() -> Iterable[Metric] | None:
    """What comparisons measure, beside the built-in metrics: objects as `earwitness.compare.metric.Metric` describes.

    Each has a name of its own. Called when a comparison begins, in the extra `compare`.
    """


@hookspec
def earwitness_normalizers() -> Iterable[Profile] | None:
    """Normalisation profiles for comparisons: objects as `earwitness.compare.profile.Profile` describes.

    Each has a name of its own, and a digest over everything that decides what it makes of a text.
    """
