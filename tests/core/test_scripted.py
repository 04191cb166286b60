"""The scripted provider plays what its caller wrote: every status, delay, fault and event, also after a restart."""

import asyncio
import json
import pickle
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earwitness
from earwitness import errors
from earwitness._runtime import CoreRuntime
from earwitness.capabilities import AudioFacts
from earwitness.config import Profile, load_config, settings_of
from earwitness.engine import Progress
from earwitness.errors import (
    BadAudioError,
    ConfigurationError,
    EarwitnessError,
    InvalidRequestError,
    JobCancelledError,
    JobNotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.jobs import Attempt, JobStatus, JobUpdate, VendorReference, new_id
from earwitness.models import Answer, Interim, Segment, Transcript
from earwitness.provider import Callback, Submission
from earwitness.request import Feature, LiveAudio, TranscriptionRequest
from earwitness.scripted import ScriptedEngine, ScriptedProvider, ScriptedSettings
from support.distributions import Site, on_path

TWO = {
    "segments": [
        {
            "text": "good",
            "start_ms": 0,
            "end_ms": 1000,
            "words": [{"text": "good", "start_ms": 0, "end_ms": 900}],
        },
        {"text": "bye", "start_ms": 1000, "end_ms": 2000},
    ],
    "duration_ms": 2500,
}
SECOND = b"\0\0" * 16_000


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Site]:
    """The provider as its distribution announces it, whether or not the core is installed here."""
    with on_path(tmp_path / "site") as site:
        site.hide_installed()
        site.add("core", providers={"scripted": "earwitness.scripted"})
        yield site


def _provider(*scenes: Mapping[str, Any], **settings: Any) -> ScriptedProvider:
    profile = Profile("test", "scripted", {"scenes": list(scenes), **settings})
    made = settings_of(profile, ScriptedProvider)
    assert isinstance(made, ScriptedSettings)
    return ScriptedProvider(made, CoreRuntime(heard=lambda attempt, event: None))


def _submission(audio: object = "https://example.com/a/speech.wav?key=1", **options: Any) -> Submission:
    request = TranscriptionRequest.of(audio, **options)
    plan = _provider().plan(request, AudioFacts())
    return Submission(request, plan, None, Attempt(new_id("att")))


def _submit(provider: ScriptedProvider, audio: object = "https://example.com/speech.wav") -> JobUpdate:
    return asyncio.run(provider.submit(_submission(audio)))


def _fetch(provider: ScriptedProvider, update: JobUpdate) -> JobUpdate:
    assert update.reference is not None
    return asyncio.run(provider.fetch(update.reference))


def _end(provider: ScriptedProvider, audio: object = "https://example.com/speech.wav") -> JobUpdate:
    update = _submit(provider, audio)
    while not update.status.finished:
        update = _fetch(provider, update)
    return update


def _text(update: JobUpdate) -> str:
    assert update.transcript is not None
    return update.transcript.text


def _settings_error(**settings: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(Profile("test", "scripted", settings), ScriptedProvider)
    return str(caught.value)


class TestLife:
    def test_passes_its_steps(self) -> None:
        """A job goes through the written statuses one by one, with progress and wished delays, to its transcript."""
        steps = [
            {"status": "queued", "seconds": 2},
            {"status": "running", "seconds": 1.5, "progress": 0.25},
            {"status": "running", "progress": 0.75},
        ]
        provider = _provider({"text": "hello", "steps": steps})
        seen = [_submit(provider)]
        while not seen[-1].status.finished:
            seen.append(_fetch(provider, seen[-1]))
        assert [one.status.value for one in seen] == ["queued", "running", "running", "succeeded"]
        assert [one.progress for one in seen] == [None, 0.25, 0.75, None]
        assert [one.check_after for one in seen] == [2, 1.5, 0, None]
        assert _text(seen[-1]) == "hello"

    def test_has_real_statuses_by_default(self) -> None:
        """Without steps of its own a scene is queued, runs and ends."""
        provider = _provider({"text": "hello"})
        first = _submit(provider)
        second = _fetch(provider, first)
        assert (first.status, second.status) == (JobStatus.QUEUED, JobStatus.RUNNING)
        assert _fetch(provider, second).status is JobStatus.SUCCEEDED

    def test_no_steps_is_finished_at_submission(self) -> None:
        """A scene with an empty list of steps is a vendor that answers at once."""
        assert _text(_submit(_provider({"text": "hello", "steps": []}))) == "hello"

    def test_a_reference_is_enough_after_a_restart(self) -> None:
        """Another provider object with the same script goes on from a stored reference, wherever it was."""
        scenes = ({"text": "first"}, {"text": "second"})
        before = _provider(*scenes)
        _submit(before)
        running = _fetch(before, _submit(before))
        assert running.reference is not None
        stored = json.loads(json.dumps({"id": running.reference.id, "state": dict(running.reference.state)}))
        taken_up = VendorReference("scripted", stored["id"], state=stored["state"])
        done = asyncio.run(_provider(*scenes).fetch(taken_up))
        assert (done.status, _text(done)) == (JobStatus.SUCCEEDED, "second")

    def test_a_finished_job_stays_finished(self) -> None:
        """Asking on after the end gives the end again."""
        provider = _provider({"text": "hello"})
        end = _end(provider)
        assert _text(_fetch(provider, end)) == "hello"

    @pytest.mark.parametrize(
        "state", [{}, {"scene": 7, "asked": 0}, {"scene": -1, "asked": 0}, {"scene": "0", "asked": 0}]
    )
    def test_unknown_jobs_are_not_found(self, state: dict[str, Any]) -> None:
        """A reference that this script did not give is an error, as at any vendor."""
        with pytest.raises(JobNotFoundError):
            asyncio.run(_provider({"text": "hello"}).fetch(VendorReference("scripted", "x", state=state)))

    def test_cancelling_ends_a_running_job(self) -> None:
        """A cancelled job is cancelled for good; one that has already ended keeps its end."""
        provider = _provider({"text": "hello"})
        running = _fetch(provider, _submit(provider))
        assert running.reference is not None
        cancelled = asyncio.run(provider.cancel(running.reference))
        assert cancelled.status is JobStatus.CANCELLED
        assert isinstance(cancelled.error, JobCancelledError)
        assert _fetch(provider, cancelled).status is JobStatus.CANCELLED
        end = _end(provider)
        assert end.reference is not None
        assert asyncio.run(provider.cancel(end.reference)).status is JobStatus.SUCCEEDED

    def test_a_job_may_fail(self) -> None:
        """A scene may end in a failure of any kind, with everything that a vendor says about it."""
        fails = {
            "error": "bad_audio",
            "message": "No sound",
            "vendor_code": "E1",
            "request_id": "r",
            "accepted": "yes",
        }
        end = _end(_provider({"fails": fails}))
        assert end.status is JobStatus.FAILED
        assert isinstance(end.error, BadAudioError)
        assert (end.error.vendor_code, end.error.request_id, end.error.accepted) == ("E1", "r", "yes")
        assert end.error.retryable is BadAudioError.default_retryable


class TestChoosingScenes:
    def test_in_order_and_the_last_again(self) -> None:
        """Scenes without a name answer one submission each, and the last one all that follow."""
        provider = _provider({"text": "one"}, {"text": "two"})
        assert [_text(_end(provider)) for _ in range(4)] == ["one", "two", "two", "two"]

    def test_by_name(self) -> None:
        """A scene that names the audio wins, whatever the order of submissions."""
        provider = _provider({"text": "any"}, {"audio": "b*.wav", "text": "bee"}, {"audio": "seek", "text": "stored"})
        assert _text(_end(provider, "folder/bee.wav")) == "bee"
        assert _text(_end(provider, "folder/sea.wav")) == "any"
        assert _text(_end(provider, "https://example.com/x/b.wav?signed=yes")) == "bee"
        assert _text(_end(provider, earwitness.BytesAudio(b"x", name="b2.wav"))) == "bee"
        assert _text(_end(provider, earwitness.StoredAudio("seek"))) == "stored"

    def test_several_of_one_name_in_order(self) -> None:
        """Several scenes of one name are played one after another."""
        provider = _provider({"audio": "a.wav", "text": "one"}, {"audio": "a.wav", "text": "two"})
        assert [_text(_end(provider, "a.wav")) for _ in range(3)] == ["one", "two", "two"]

    def test_none_that_fits_is_a_refusal(self) -> None:
        """Audio that the script does not know is refused before anything is accepted."""
        with pytest.raises(InvalidRequestError, match="no scene") as caught:
            _submit(_provider({"audio": "a.wav"}), "b.wav")
        assert caught.value.accepted == "no"

    def test_an_empty_script_is_silence(self) -> None:
        """Without any scene everything is silence, which is a success."""
        assert _end(_provider()).transcript == Transcript()


class TestFaults:
    def test_a_refusal_that_invites_another_try(self) -> None:
        """A retryable refusal comes as often as written, and then the same scene is taken."""
        fault = {"error": "rate_limited", "retry_after": 3, "times": 2}
        provider = _provider({"text": "one", "faults": [fault]}, {"text": "two"})
        for _ in range(2):
            with pytest.raises(RateLimitedError) as caught:
                _submit(provider)
            assert caught.value.retry_after == 3
        assert _text(_end(provider)) == "one"
        assert _text(_end(provider)) == "two"

    @pytest.mark.parametrize("kind", ["quota_exhausted", "outcome_unknown"])
    def test_a_refusal_for_good_ends_its_scene(self, kind: str) -> None:
        """After a refusal that nobody repeats, or an unknown outcome, the next submission plays the next scene."""
        provider = _provider({"faults": [{"error": kind}]}, {"text": "two"})
        with pytest.raises(EarwitnessError) as caught:
            _submit(provider)
        assert caught.value.kind == kind
        assert _text(_end(provider)) == "two"

    def test_faults_of_asking_count_per_job(self) -> None:
        """A fault at `fetch` leaves the job where it was, and each job has its own."""
        fault = {"error": "unavailable", "at": "fetch", "times": 1}
        provider = _provider({"text": "hello", "faults": [fault]})
        for _ in range(2):
            queued = _submit(provider)
            with pytest.raises(UnavailableError):
                _fetch(provider, queued)
            assert _fetch(provider, queued).status is JobStatus.RUNNING

    def test_a_fault_for_ever(self) -> None:
        """`times` set to nothing, as only code can, is a fault that never stops."""
        provider = _provider({"faults": [{"error": "unavailable", "times": None}]})
        for _ in range(5):
            with pytest.raises(UnavailableError):
                _submit(provider)

    def test_cancelling_may_fail(self) -> None:
        """A vendor that cannot cancel is written as a fault."""
        provider = _provider({"faults": [{"error": "unsupported", "at": "cancel"}]})
        queued = _submit(provider)
        assert queued.reference is not None
        with pytest.raises(UnsupportedFeatureError):
            asyncio.run(provider.cancel(queued.reference))

    @pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
    def test_every_error_can_be_played(self, name: str) -> None:
        """Each class of the error tree has a kind that a script can name, with its own defaults."""
        kind = getattr(errors, name)
        with pytest.raises(kind) as caught:
            _submit(_provider({"faults": [{"error": kind.kind}]}))
        assert type(caught.value) is kind
        assert caught.value.retryable is kind.default_retryable
        assert caught.value.accepted == kind.default_accepted


def _listen(engine: object, *blocks: bytes) -> list[object]:
    assert isinstance(engine, ScriptedEngine)
    return list(engine.listen(blocks))


def _told(events: list[object]) -> list[str]:
    return [
        f"{event.heard_ms}" if isinstance(event, Progress) else event.text
        for event in events
        if isinstance(event, Progress | Interim | Segment)
    ]


class TestStreams:
    def test_events_come_when_their_audio_has_passed(self) -> None:
        """Interim results and segments stand between the seconds at which their time has been heard."""
        interims = [{"at_ms": 1500, "text": "by"}, {"at_ms": 500, "text": "go"}]
        provider = _provider({"transcript": TWO, "interims": interims})
        events = _listen(provider.engine(_submission(LiveAudio())), *[SECOND] * 3)
        assert _told(events) == ["go", "good", "1000", "by", "bye", "2000", "3000"]

    def test_segments_without_times_come_at_the_end(self) -> None:
        """A bare text is told when the audio has ended, and so is what the audio was too short for."""
        assert _told(_listen(_provider({"text": "hi"}).engine(_submission(LiveAudio())), SECOND)) == [
            "1000",
            "hi",
        ]
        engine = _provider({"transcript": TWO, "interims": [{"at_ms": 1800, "text": "b"}]}).engine(
            _submission(LiveAudio())
        )
        assert _told(_listen(engine, SECOND)) == ["good", "1000", "bye"]

    @given(st.lists(st.integers(min_value=1, max_value=9000), min_size=1, max_size=20))
    def test_the_cutting_of_the_audio_changes_nothing(self, lengths: list[int]) -> None:
        """Blocks of any length, odd ones included, give the same segments, each exactly once."""
        engine = _provider({"transcript": TWO}).engine(_submission(LiveAudio()))
        events = _listen(engine, *(b"\0" * length for length in lengths))
        assert [event.text for event in events if isinstance(event, Segment)] == ["good", "bye"]

    def test_faults_in_the_middle(self) -> None:
        """A stream breaks at the written time of the audio, with what came before it told."""
        fault = {"error": "unavailable", "at": "stream", "at_ms": 1500}
        engine = _provider({"transcript": TWO, "faults": [fault]}).engine(_submission(LiveAudio()))
        events = engine.listen([SECOND] * 3)
        told: list[object] = []
        with pytest.raises(UnavailableError):
            told.extend(events)
        assert _told(told) == ["good", "1000", "bye", "2000"]

    def test_a_failing_scene_fails_a_stream_too(self) -> None:
        """A scene that ends in a failure does so as a stream, even without any audio."""
        provider = _provider({"fails": {"error": "bad_audio"}})
        for blocks in ([], [SECOND]):
            with pytest.raises(BadAudioError):
                _listen(provider.engine(_submission(LiveAudio())), *blocks)

    def test_the_engine_can_be_sent_to_a_worker(self) -> None:
        """The engine is picklable with its cues and its error."""
        scene = {"transcript": TWO, "faults": [{"error": "unavailable", "at": "stream", "at_ms": 9000}]}
        engine = _provider(scene).engine(_submission(LiveAudio()))
        again = pickle.loads(pickle.dumps(engine))
        assert _told(_listen(again, SECOND)) == _told(_listen(engine, SECOND))
        assert again.error.kind == "unavailable"


class TestReading:
    def test_answers_are_transcripts(self) -> None:
        """A kept answer, read again without any call, is the same transcript."""
        end = _end(_provider({"transcript": TWO}))
        assert end.answer is not None
        again = ScriptedProvider.read_answer(end.answer)
        assert again.transcript == end.transcript
        assert _text(again) == "good bye"

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"segments": 3}', b"\xff", b'{"segments": [{"text": 3}]}'])
    def test_other_bodies_are_protocol_errors(self, body: bytes) -> None:
        """What is no transcript is an error of the protocol, in answers and callbacks."""
        with pytest.raises(ProtocolError):
            ScriptedProvider.read_answer(Answer(body))
        with pytest.raises(ProtocolError):
            ScriptedProvider.read_callback(Callback(b'{"id": "x", "transcript": %b}' % body))

    def test_callbacks_carry_the_job(self) -> None:
        """A callback names the vendor's job and holds its transcript; a known reference is kept."""
        body = json.dumps({"id": "scripted-7", "transcript": TWO}).encode()
        update = ScriptedProvider.read_callback(Callback(body))
        assert update.reference == VendorReference("scripted", "scripted-7")
        assert _text(update) == "good bye"
        known = VendorReference("scripted", "scripted-7", state={"scene": 0})
        assert ScriptedProvider.read_callback(Callback(body), known).reference is known


class TestPretending:
    def test_can_do_everything_by_default(self) -> None:
        """Every feature, language and way of handing audio over is offered, so any request can be tried."""
        (service,) = _provider().offered().services
        assert set(service.features) == set(Feature)
        assert service.audio == ("inline", "stream", "url", "stored")
        assert service.speaks(("ko-KR", "en-US"))
        assert service.submission == "paid"

    def test_settings_take_away(self) -> None:
        """A script can play a vendor that lacks features and languages, or whose submissions cost nothing."""
        provider = _provider(without=["emotion"], languages=["ko-KR"], submission="free")
        (service,) = provider.offered().services
        assert Feature.EMOTION not in service.features
        assert Feature.SPEAKERS in service.features
        assert not service.speaks(("ja-JP",))
        assert service.submission == "free"
        assert provider.plan(TranscriptionRequest.of("a.wav"), AudioFacts()).languages == ("ko-KR",)


class TestScripts:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("script.toml", '[[scenes]]\ntext = "from the file"\n'),
            ("script.json", '{"scenes": [{"text": "from the file"}]}'),
        ],
    )
    def test_from_a_file_beside_the_configuration(self, tmp_path: Path, name: str, text: str) -> None:
        """A script file is found beside the configuration that names it; its scenes come before the inline ones."""
        (tmp_path / name).write_text(text)
        path = tmp_path / "earwitness.toml"
        path.write_text(
            f'[profiles.test]\nprovider = "scripted"\n[profiles.test.settings]\nscript = "{name}"\n'
            'scenes = [{text = "inline"}]\n'
        )
        settings = settings_of(load_config(path).profile(), ScriptedProvider)
        assert isinstance(settings, ScriptedSettings)
        assert [scene.text for scene in settings.scenes] == ["from the file", "inline"]

    @pytest.mark.parametrize(
        ("name", "text", "told"),
        [
            ("absent.toml", None, "absent.toml cannot be read: No such file"),
            ("s.toml", "= 1", "neither TOML nor"),
            ("s.json", "{", "neither TOML nor"),
            ("s.toml", "scenes = 1", "has to hold a list `scenes`"),
            ("s.toml", "scenes = []\nscene = 1", "and nothing else"),
            ("s.json", "[]", "has to hold a list `scenes`"),
            ("s.toml", "[[scenes]]\ntxt = 'a'", "settings.scenes.0.txt is not known (did you mean text?)"),
        ],
    )
    def test_wrong_files_are_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None, told: str
    ) -> None:
        """A script file that is missing, broken or of another shape is told by its name."""
        monkeypatch.chdir(tmp_path)
        if text is not None:
            Path(name).write_text(text)
        assert told in _settings_error(script=name)

    @pytest.mark.parametrize(
        ("scene", "told"),
        [
            ({"text": "a", "fails": {"error": "timeout"}}, "did you mean"),
            ({"text": "a", "fails": {"error": "deadline"}}, "a scene has one end, not text and fails"),
            ({"faults": [{"error": "rate_limitted"}]}, "did you mean rate_limited?"),
            (
                {"faults": [{"error": "unavailable", "att": "fetch"}]},
                "scenes.0.faults.0.att is not known (did you mean at?)",
            ),
            ({"steps": [{"status": "done"}]}, "must be 'queued' or 'running'"),
            ({"transcript": {"segmets": []}}, "'segmets' is no part of a transcript; did you mean segments?"),
            (
                {"transcript": {"segments": [{"txt": "a"}]}},
                "'txt' is no part of a segment; did you mean text?",
            ),
            (
                {"transcript": {"segments": [{"text": "a", "start_ms": 5, "end_ms": 1}]}},
                "ends before it starts",
            ),
        ],
    )
    def test_wrong_scenes_are_told_by_place(self, scene: dict[str, Any], told: str) -> None:
        """A misspelt key or kind, two ends and an impossible transcript are told, with the nearest right name."""
        assert told in _settings_error(scenes=[scene])


class TestInASession:
    def test_an_application_tests_itself(self, installed: Site) -> None:
        """Through the public surface: transcripts, refusals and uncertain outcomes as a vendor would give them."""
        scenes = [
            {"text": "hello", "steps": [{"status": "queued"}, {"status": "running", "progress": 0.5}]},
            {"faults": [{"error": "quota_exhausted"}]},
            {"faults": [{"error": "outcome_unknown"}]},
        ]
        seen = []
        with earwitness.open("scripted", settings={"scenes": scenes}) as session:
            transcript = session.transcribe("https://example.com/a.wav", on_change=lambda job: seen.append(job.status))
            assert transcript.text == "hello"
            with pytest.raises(errors.QuotaExhaustedError):
                session.transcribe("https://example.com/a.wav")
            assert session.submit("https://example.com/a.wav").status is JobStatus.UNCERTAIN
        assert list(dict.fromkeys(seen)) == [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED]
        assert transcript.served_by is not None
        assert transcript.served_by.provider == "scripted"

    def test_streams_through_a_worker(self, installed: Site, tmp_path: Path) -> None:
        """A scene is streamed by the session's worker process, from a real file, as any engine is."""
        speech = tmp_path / "speech.wav"
        with wave.open(str(speech), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(SECOND * 3)
        scene = {"transcript": TWO, "interims": [{"at_ms": 500, "text": "go"}]}

        async def events() -> tuple[list[str], Transcript]:
            async with earwitness.connect("scripted", settings={"scenes": [scene]}) as session:
                stream = session.stream(speech)
                return [type(event).__name__ async for event in stream], stream.transcript()

        told, transcript = asyncio.run(events())
        assert told == ["Interim", "Final", "Final"]
        assert transcript.text == "good bye"

    def test_swapping_needs_no_code(self, installed: Site, tmp_path: Path) -> None:
        """The same call hears differently because the file says so."""
        path = tmp_path / "earwitness.toml"
        heard = []
        for text in ("one", "two"):
            path.write_text(f'[profiles.p]\nprovider = "scripted"\n[[profiles.p.settings.scenes]]\ntext = "{text}"\n')
            with earwitness.open("p", config=path) as session:
                heard.append(session.transcribe("https://example.com/a.wav").text)
        assert heard == ["one", "two"]

    def test_an_unknown_outcome_may_be_retried_by_nobody(self, installed: Site) -> None:
        """The result of an uncertain job is its error, never a second submission."""
        scenes = [{"faults": [{"error": "outcome_unknown"}]}, {"text": "a second submission"}]
        opened = earwitness.open("scripted", settings={"scenes": scenes})
        with opened as session, pytest.raises(OutcomeUnknownError):
            session.transcribe("https://example.com/a.wav")
