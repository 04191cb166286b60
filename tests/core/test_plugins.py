"""Plugins of a session: each guarded and named, folded in order, and none able to harm another."""

import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from earwitness._plugins import Plugins
from earwitness.errors import ConfigurationError, InvalidRequestError, PluginError
from earwitness.export import Exporter
from earwitness.hookspecs import hookimpl
from earwitness.jobs import Job, JobStatus
from earwitness.models import Segment, Transcript
from earwitness.request import TranscriptionRequest
from support.distributions import Site, on_path, plugin_source

REQUEST = TranscriptionRequest.of("speech.wav")
JOB = Job("job_1", "scripted", None, JobStatus.RUNNING, datetime.now(UTC))
SAID = "nobody else shall read this"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with on_path(tmp_path) as made:
        made.hide_installed()
        yield made


def _plugin(site: Site, name: str, body: str) -> None:
    site.add(f"dist-{name}", plugins={name: f"fake_{name}"}, modules={f"fake_{name}": plugin_source(body)})


class _Noting:
    """Appends its letter to the model's name, so that the order of calls can be read."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    @hookimpl
    def earwitness_prepare_request(self, request: TranscriptionRequest) -> TranscriptionRequest:
        return request.model_copy(update={"model": (request.model or "") + self.letter})

    @hookimpl
    def earwitness_transcript_ready(self, transcript: Transcript) -> Transcript:
        return replace(transcript, segments=(*transcript.segments, Segment(self.letter)))


class _First(_Noting):
    @hookimpl(tryfirst=True)
    def earwitness_prepare_request(self, request: TranscriptionRequest) -> TranscriptionRequest:
        return request.model_copy(update={"model": (request.model or "") + self.letter})


class _Failing:
    """Fails at every hook, with text that must not be told."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hookimpl
    def earwitness_prepare_request(self) -> None:
        raise self.error

    @hookimpl
    def earwitness_transcript_ready(self) -> None:
        raise self.error

    @hookimpl
    def earwitness_job_changed(self) -> None:
        raise self.error


class _Wrong:
    """Returns what no hook may return."""

    @hookimpl
    def earwitness_prepare_request(self) -> Any:
        return {"language": "ko"}

    @hookimpl
    def earwitness_transcript_ready(self) -> Any:
        return SAID


class TestFolding:
    def test_each_sees_what_the_one_before_returned(self, site: Site) -> None:
        """Requests and transcripts pass all plugins in the order in which they were given."""
        plugins = Plugins([_Noting("a"), _Noting("b"), _Noting("c")])
        assert plugins.prepare_request(REQUEST, None).model == "abc"
        assert plugins.transcript_ready(Transcript(), JOB).text == "a b c"

    def test_installed_ones_come_first_by_distribution(self, site: Site) -> None:
        """Installed plugins stand before the application's, sorted by distribution, whatever the order on the disk."""
        for name in ("zeta", "alpha"):
            _plugin(
                site,
                name,
                "@hookimpl\ndef earwitness_prepare_request(request):\n"
                f"    return request.model_copy(update={{'model': (request.model or '') + {name!r}}})\n",
            )
        assert Plugins([_Noting("!")]).prepare_request(REQUEST).model == "alphazeta!"

    def test_tryfirst_is_honoured(self, site: Site) -> None:
        """pluggy's own way of moving an implementation to the front works."""
        assert Plugins([_Noting("a"), _First("f")]).prepare_request(REQUEST).model == "fa"

    def test_none_leaves_it(self, site: Site) -> None:
        """A plugin that returns nothing has only looked."""
        _plugin(site, "quiet", "@hookimpl\ndef earwitness_prepare_request(request):\n    return None\n")
        assert Plugins().prepare_request(REQUEST) is REQUEST

    def test_hooks_get_what_they_ask_for(self, site: Site) -> None:
        """A hook takes any of its specified arguments, by name."""
        seen: list[object] = []

        class Both:
            @hookimpl
            def earwitness_prepare_request(self, profile: str | None, request: TranscriptionRequest) -> None:
                seen.extend((profile, request))

            @hookimpl
            def earwitness_transcript_ready(self, job: Job) -> None:
                seen.append(job)

        plugins = Plugins([Both()])
        plugins.prepare_request(REQUEST, "korean-calls")
        plugins.transcript_ready(Transcript(), JOB)
        assert seen == ["korean-calls", REQUEST, JOB]

    def test_without_plugins_nothing_changes(self, site: Site) -> None:
        """No plugin is the ordinary case: everything comes back as it was."""
        plugins, transcript = Plugins(), Transcript()
        plugins.job_changed(JOB)
        assert plugins.prepare_request(REQUEST) is REQUEST
        assert plugins.transcript_ready(transcript, JOB) is transcript
        assert plugins.exporters() == {}
        assert plugins.failures == ()


FAILURES = [ValueError(SAID), SystemExit(SAID), KeyError(SAID)]


class TestFailingHooks:
    @pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)
    def test_a_request_fails_with_the_plugins_name(self, site: Site, error: BaseException) -> None:
        """A failing prepare_request fails this request, names the plugin and the place, and quotes nothing."""
        with pytest.raises(PluginError) as caught:
            Plugins([_Failing(error)]).prepare_request(REQUEST)
        assert "'_Failing' of the application" in str(caught.value)
        assert f"{type(error).__name__} in _Failing.earwitness_prepare_request" in str(caught.value)
        assert SAID not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_a_plugins_own_refusal_keeps_its_kind(self, site: Site) -> None:
        """A plugin may refuse a request with one of our errors; the note says who it was."""
        refusal = InvalidRequestError("Recordings of this customer stay in the house")
        with pytest.raises(InvalidRequestError) as caught:
            Plugins([_Failing(refusal)]).prepare_request(REQUEST)
        assert caught.value is refusal
        assert any("'_Failing'" in note for note in caught.value.__notes__)

    @pytest.mark.parametrize("error", FAILURES, ids=lambda one: type(one).__name__)
    def test_a_paid_transcript_still_arrives(
        self, site: Site, error: BaseException, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A failing transcript_ready leaves a notice, and the plugins before and after it have done their part."""
        plugins = Plugins([_Noting("a"), _Failing(error), _Noting("b")])
        transcript = plugins.transcript_ready(Transcript(), JOB)
        assert transcript.text == "a b"
        assert [(one.kind, "'_Failing'" in one.message) for one in transcript.notices] == [("plugin_failed", True)]
        assert SAID not in transcript.notices[0].message + caplog.text

    def test_observers_are_isolated(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """An observer that fails is logged by name and the next one is told all the same."""
        seen: list[Job] = []

        class Watching:
            @hookimpl
            def earwitness_job_changed(self, job: Job) -> None:
                seen.append(job)

        Plugins([_Failing(ValueError(SAID)), Watching()]).job_changed(JOB)
        assert seen == [JOB]
        assert "'_Failing'" in caplog.text
        assert SAID not in caplog.text

    def test_wrong_results_are_failures(self, site: Site) -> None:
        """What is neither the right type nor nothing is told by its type only."""
        plugins = Plugins([_Wrong()])
        with pytest.raises(PluginError, match="it returned a dict"):
            plugins.prepare_request(REQUEST)
        (notice,) = plugins.transcript_ready(Transcript(), JOB).notices
        assert "it returned a str" in notice.message
        assert SAID not in notice.message

    def test_interrupts_pass(self, site: Site) -> None:
        """Ctrl-C in a hook ends the program as it should."""
        with pytest.raises(KeyboardInterrupt):
            Plugins([_Failing(KeyboardInterrupt())]).transcript_ready(Transcript(), JOB)


class TestBrokenPlugins:
    def test_failures_are_data_and_one_warning(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """Plugins that cannot be loaded or are misspelt are listed with their distributions and warned of once."""
        _plugin(site, "exits", "raise SystemExit(1)")
        _plugin(site, "misspelt", "@hookimpl\ndef earwitness_job_chnged(job):\n    pass\n")
        _plugin(site, "argument", "@hookimpl\ndef earwitness_job_changed(jobb):\n    pass\n")
        _plugin(site, "works", "@hookimpl\ndef earwitness_transcript_ready(transcript):\n    return transcript\n")
        with caplog.at_level(logging.DEBUG, logger="earwitness"):
            plugins = Plugins([_Noting("a")])
            assert plugins.prepare_request(REQUEST).model == "a"
            plugins.exporters()
        assert [one.distribution for one in plugins.failures] == [
            "dist-argument",
            "dist-exits",
            "dist-misspelt",
        ]
        assert len(caplog.records) == 1
        assert all(name in caplog.text for name in ("dist-argument", "dist-exits", "earwitness_job_changed?"))

    def test_the_applications_own_mistake_is_told_at_once(self, site: Site) -> None:
        """A plugin object of the application that is misspelt or a class raises; nothing is collected silently."""

        class Misspelt:
            @hookimpl
            def earwitness_transcript_redy(self) -> None: ...

        for given in (Misspelt(), _Noting, object()):
            with pytest.raises(PluginError, match="the application"):
                Plugins([given])

    def test_a_plugin_in_place_of_a_list(self, site: Site) -> None:
        """A single plugin where a list belongs gets a sentence, not a TypeError."""
        with pytest.raises(ConfigurationError, match="not a list"):
            Plugins(_Noting("a"))  # type: ignore[arg-type]

    def test_a_module_is_a_plugin(self, site: Site) -> None:
        """The application may give a module, as entry points do."""
        module = ModuleType("my_listener")
        vars(module).update(earwitness_prepare_request=_prepare)
        assert Plugins([module]).prepare_request(REQUEST).model == "module"

    def test_the_same_plugin_twice_runs_once(self, site: Site) -> None:
        """A plugin that is announced twice is called once and the second time is a failure."""
        listener = _Noting("a")
        plugins = Plugins([listener, listener])
        assert plugins.prepare_request(REQUEST).model == "a"
        assert len(plugins.failures) == 1

    def test_one_name_in_two_distributions_is_no_conflict(self, site: Site) -> None:
        """Names of plugins need to be unique within their distribution only."""
        for name in ("one", "two"):
            body = (
                "@hookimpl\ndef earwitness_prepare_request(request):\n"
                f"    return request.model_copy(update={{'model': (request.model or '') + {name!r}}})\n"
            )
            site.add(
                f"dist-{name}",
                plugins={"listen": f"fake_{name}"},
                modules={f"fake_{name}": plugin_source(body)},
            )
        plugins = Plugins()
        assert plugins.failures == ()
        assert plugins.prepare_request(REQUEST).model == "onetwo"

    def test_coroutines_are_refused(self, site: Site) -> None:
        """A hook written as a coroutine, which nobody would await, is refused before it is called."""

        class Async:
            @hookimpl
            async def earwitness_job_changed(self, job: Job) -> None: ...

        with (
            warnings.catch_warnings(action="error"),
            pytest.raises(PluginError, match="wrapper or coroutine"),
        ):
            Plugins([Async()])


def _format(name: str) -> Exporter:
    return Exporter(name, f".{name}", "text/plain", lambda transcript: name)


class _Formats:
    def __init__(self, formats: object) -> None:
        self.formats = formats

    @hookimpl
    def earwitness_exporters(self) -> Any:
        if isinstance(self.formats, Exception):
            raise self.formats
        return self.formats


class TestExporters:
    def test_formats_of_all_plugins_are_merged(self, site: Site) -> None:
        """Output formats come from every plugin, and none is called twice for them."""
        plugins = Plugins([_Formats({"sbv": _format("sbv")}), _Formats(None), _Formats({"ttml": _format("ttml")})])
        assert sorted(plugins.exporters()) == ["sbv", "ttml"]
        assert plugins.exporters() is not plugins.exporters()
        assert plugins.failures == ()

    def test_a_contested_name_is_left_out_and_told(self, site: Site) -> None:
        """Of two formats of one name none is taken; the rest stays."""
        _plugin(
            site,
            "sbv",
            "from earwitness.export import Exporter\n@hookimpl\ndef earwitness_exporters():\n"
            "    return {'sbv': Exporter('sbv', '.sbv', 'text/plain', str)}\n",
        )
        plugins = Plugins([_Formats({"sbv": _format("sbv"), "ttml": _format("ttml")})])
        assert list(plugins.exporters()) == ["ttml"]
        (failure,) = plugins.failures
        assert "dist-sbv 1.0 and the application" in str(failure)

    def test_built_in_formats_cannot_be_replaced(self, site: Site) -> None:
        """A plugin's `json` would change what every script relies on."""
        plugins = Plugins([_Formats({"json": _format("json")})])
        assert plugins.exporters() == {}
        assert "Earwitness itself and the application" in str(plugins.failures[0])

    @pytest.mark.parametrize("formats", [{"sbv": _format("ttml")}, {"sbv": str}, 7, ValueError(SAID)])
    def test_wrong_formats_are_failures(self, site: Site, formats: object) -> None:
        """What is no mapping of names to exporters is told once and harms no other format."""
        plugins = Plugins([_Formats(formats), _Formats({"eaf": _format("eaf")})])
        assert list(plugins.exporters()) == ["eaf"]
        assert list(plugins.exporters()) == ["eaf"]
        (failure,) = plugins.failures
        assert "earwitness_exporters" in str(failure)
        assert SAID not in str(failure)


@hookimpl(specname="earwitness_prepare_request")
def _prepare(request: TranscriptionRequest) -> TranscriptionRequest:
    return request.model_copy(update={"model": "module"})
