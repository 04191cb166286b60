"""The plugin streams to the emulator: real speech comes back as the engine heard it, and no cut changes that."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from earwitness._live.duplex import StreamPolicy, drive
from earwitness._plugins import Plugins
from earwitness.config import Config, Profile
from earwitness.emulation import EmulatorOptions, Fault, Faults, GivenHearing, ProfileHearing, running
from earwitness.errors import AuthenticationError, EarwitnessError, RateLimitedError
from earwitness.media import open_media, pcm
from earwitness.models import Notice, Segment, Transcript, Word
from earwitness.request import FileAudio, LiveAudio, RequestOptions
from earwitness.session import AsyncSession
from earwitness.streaming import Final, Reconnected
from earwitness_clova.emulator import create
from earwitness_clova.provider import Clova
from support.clova import provider, submission
from support.nest import SECRET, Nest, SampleHearing, bare, serving
from support.streams import TickingClock, expected_words, live, speech

T = TypeVar("T")
SAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "first_words.wav"
AT_ONCE = StreamPolicy(backoff_s=0.0)
VALUES = [1, 2, 3, 0, 4, 5, 0, 0, 0, 0, 0, 0, 6, 7, 8, 9, 10, 0, 11, 12, 0, 0, 0, 0, 0, 0, 13]

PATIENT: dict[str, Any] = {"vendor": {"flush_timeout_s": 120.0}}
"""A busy machine may take long to hear what is left at the end."""

Words = list[tuple[str, int | None, int | None]]


def run(main: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(240):
            return await main

    return asyncio.run(bounded())


def settings_of(nest: Nest, key: str = SECRET) -> dict[str, Any]:
    return {"stream_secret_key": key, "stream_target": nest.target, "stream_plaintext": True}


def session(settings: dict[str, Any]) -> AsyncSession:
    """A session with the plugin."""
    profile = Profile("emulated", "clova", settings, RequestOptions(language=("en-US",)))
    return AsyncSession(Clova, profile, Plugins(()), version="0")


def dialects(nest: Nest, **vendor: Any) -> Callable[[], Any]:
    """Makes fresh dialects of the plugin, as core gets them."""
    clova, _ = provider(**settings_of(nest))
    return lambda: clova.dialect(submission(clova, LiveAudio(), vendor=vendor))


@dataclass
class Heard:
    """Everything that a stream told."""

    finals: list[Final] = field(default_factory=list)
    reconnections: list[Reconnected] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def take(self, event: Any) -> None:
        if isinstance(event, Final):
            self.finals.append(event)
        elif isinstance(event, Reconnected):
            self.reconnections.append(event)
        elif isinstance(event, Notice):
            self.notices.append(event)

    @property
    def words(self) -> Words:
        return words_of(tuple(final.segment for final in self.finals))


def words_of(segments: tuple[Segment, ...]) -> Words:
    return [(word.text, word.start_ms, word.end_ms) for one in segments for word in one.words]


async def driven(make: Callable[[], Any], audio: AsyncIterator[bytes], **how: Any) -> Heard:
    heard = Heard()
    async with aclosing(drive(make, audio, in_rate=16_000, **{"policy": AT_ONCE, **how})) as events:
        async for event in events:
            heard.take(event)
    return heard


async def streamed(settings: dict[str, Any], audio: object, heard: Heard | None = None, **options: Any) -> Heard:
    heard = heard or Heard()
    async with session(settings) as opened:
        async for event in opened.stream(audio, **options):
            heard.take(event)
    return heard


async def engine_words(audio: object) -> Words:
    """What the embedded engine hears by itself."""
    from earwitness import connect

    async with connect("pocketsphinx", config=Config()) as opened, opened.stream(audio) as stream:
        async for _ in stream:
            pass
        return words_of(stream.transcript().segments)


def samples() -> bytes:
    """The recording's samples."""
    with open_media(FileAudio(SAMPLE)) as media:
        return b"".join(pcm(media, sample_rate=16_000))


def test_real_speech_comes_back_as_the_engine_heard_it() -> None:
    """The same words at the same times as from the embedded engine itself, through the vendor's own wire format."""

    async def main() -> tuple[Heard, Words]:
        async with serving(ProfileHearing()) as nest:
            return await streamed(settings_of(nest), SAMPLE, **PATIENT), await engine_words(SAMPLE)

    heard, words = run(main())
    assert heard.words == words
    said = SAMPLE.with_suffix(".txt").read_text().split()
    assert [word for word, _, _ in words] == said
    assert not heard.notices and not heard.reconnections


def test_real_speech_survives_a_cut() -> None:
    """The recording twice, and the connection lost within the second: no word is lost or doubled, and times go on."""
    once, pause_ms = samples(), 1000

    async def main() -> Heard:
        heard = Heard()

        async def twice() -> AsyncIterator[bytes]:
            async for block in live(once + bytes(32 * pause_ms)):
                yield block
            while not heard.finals:
                await asyncio.sleep(0.01)
            async for block in live(once):
                yield block

        cut = Fault("stream", "stream_cut", value="seconds", after=8.0)
        async with serving(ProfileHearing(), faults=[cut]) as nest:
            return await streamed(settings_of(nest), twice(), heard=heard, **PATIENT)

    heard = run(main())
    said = SAMPLE.with_suffix(".txt").read_text().split()
    assert [word for word, _, _ in heard.words] == said * 2
    [again] = heard.reconnections
    assert again.offset_ms >= 2000
    starts = [start or 0 for _, start, _ in heard.words]
    shift = len(once) // 32 + pause_ms
    for first, second in zip(starts, starts[len(said) :], strict=False):
        assert abs(second - first - shift) <= 150


@pytest.mark.parametrize("ending", ["UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "OK"])
@pytest.mark.parametrize("after", [0, 1, 3, 7, 14, 20, 26])
def test_a_cut_anywhere_loses_and_doubles_nothing(after: int, ending: str) -> None:
    """Whenever and however the stream ends early, every word comes once, at its time in the whole audio."""

    async def main() -> Heard:
        hearing, cut = SampleHearing(), Fault("stream", "stream_cut", value=ending, after=after)
        async with serving(hearing, faults=[cut]) as nest:
            heard = await driven(dialects(nest), live(speech(VALUES)))
            assert len(hearing.ears) == 2
            return heard

    heard = run(main())
    assert heard.words == expected_words(VALUES)
    assert not heard.notices


@pytest.mark.parametrize("blank", ["none", "leading", "counted"])
@pytest.mark.parametrize("vendor", [{}, {"use_word_epd": True}, {"duration_threshold": 200}, {"skip_empty_text": True}])
def test_many_cuts_with_every_kind_of_piece_lose_nothing(blank: str, vendor: dict[str, Any]) -> None:
    """Stream after stream is cut after little; however pieces are cut and blanks are told, the words are whole."""

    async def main() -> Heard:
        cuts = [Fault("stream", "stream_cut", after=17, times=4)]
        async with serving(SampleHearing(), faults=cuts, stream_blank=blank, stream_align_blank=True) as nest:
            return await driven(dialects(nest, **vendor), live(speech(VALUES)))

    heard = run(main())
    assert heard.words == expected_words(VALUES)
    assert heard.reconnections
    text = " ".join(final.segment.text for final in heard.finals)
    assert text.split() == [word for word, _, _ in expected_words(VALUES)]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("stream", "status", value=503),
        Fault("stream", "drop"),
        Fault("stream", "answer", value="INTERNAL: engine"),
        Fault("stream", "garbage"),
        Fault("stream", "garbage", after=1),
        Fault("stream", "cut"),
        Fault("stream", "cut", after=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.after}",
)
def test_a_bad_start_or_a_spoiled_answer_is_survived(fault: Fault) -> None:
    """The plugin opens another stream, and every word comes once."""

    async def main() -> Heard:
        async with serving(SampleHearing(), faults=[fault]) as nest:
            return await driven(dialects(nest), live(speech(VALUES)))

    assert run(main()).words == expected_words(VALUES)


def test_the_end_of_a_connections_life_is_no_end_of_the_stream() -> None:
    """Each connection lives for two seconds of the emulator's clock; a long stream goes on over several."""

    async def main() -> tuple[Heard, int]:
        hearing = SampleHearing()
        async with serving(hearing, stream_lifetime_s=2.0) as nest:

            async def aged() -> AsyncIterator[bytes]:
                async for block in live(speech(VALUES)):
                    yield block
                    nest.clock.advance(0.1)
                    await asyncio.sleep(0.02)

            return await driven(dialects(nest), aged()), len(hearing.ears)

    heard, connections = run(main())
    assert heard.words == expected_words(VALUES)
    assert connections > 1
    assert len(heard.reconnections) == connections - 1


class WaitingRoom(TickingClock):
    """A clock whose five seconds last until somebody leaves, who is asked to go when they begin."""

    def __init__(self, nest: Nest) -> None:
        super().__init__()
        self._nest = nest
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.gate.set()
        while self._nest.server.open_streams == 15:
            await asyncio.sleep(0.01)


def test_fifteen_streams_are_heard_and_the_sixteenth_waits_for_a_place() -> None:
    """It is refused with the vendor's words, waits at least five seconds, and is then heard like the others."""

    async def main() -> tuple[list[Heard], int, list[float]]:
        async with serving(SampleHearing()) as nest:
            make, room = dialects(nest), WaitingRoom(nest)

            async def held(number: int) -> AsyncIterator[bytes]:
                yield speech([number, 0])
                await room.gate.wait()

            first = [asyncio.create_task(driven(make, held(number))) for number in range(1, 16)]
            while nest.server.open_streams < 15:
                await asyncio.sleep(0.01)
            last = await driven(make, live(speech([16, 0])), clock=room)
            return [*await asyncio.gather(*first), last], nest.server.most_streams, room.slept

    heard, most, slept = run(main())
    assert [one.words for one in heard] == [expected_words([number]) for number in range(1, 17)]
    assert most == 15
    assert len(slept) == 1 and slept[0] >= 5.0


def test_a_full_domain_is_given_up_with_the_vendors_words() -> None:
    """After the last try the person learns what CLOVA said."""

    async def main() -> EarwitnessError:
        async with serving(SampleHearing(), stream_limit=0) as nest:
            with pytest.raises(RateLimitedError) as caught:
                await driven(dialects(nest), live(speech([1])), clock=TickingClock())
            return caught.value

    error = run(main())
    assert error.vendor_message == "Too many channels, the max channel is: 0"


def test_a_wrong_key_is_an_authentication_error_at_once() -> None:
    """It is not tried again."""

    async def main() -> int:
        hearing = SampleHearing()
        async with serving(hearing) as nest:
            with pytest.raises(AuthenticationError):
                await streamed(settings_of(nest, "WRONGKEYMARKER"), live(speech([1])))
        return len(hearing.ears)

    assert run(main()) == 0


def test_a_pause_longer_than_the_idle_time_gives_the_words_before_it() -> None:
    """The server flushes by itself while the source is silent, and the stream goes on."""

    async def main() -> Heard:
        async with serving(SampleHearing()) as nest:
            heard = Heard()

            async def pausing() -> AsyncIterator[bytes]:
                yield speech([1, 2])
                while not heard.finals:
                    nest.clock.advance(1)
                    await asyncio.sleep(0.01)
                yield speech([3])

            async with aclosing(drive(dialects(nest), pausing(), in_rate=16_000, policy=AT_ONCE)) as events:
                async for event in events:
                    heard.take(event)
            return heard

    heard = run(main())
    assert heard.words == expected_words([1, 2, 3])
    assert [final.vendor["epdType"] for final in heard.finals] == ["unvoice", "endPoint"]


def test_no_key_appears_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    """On both sides and at DEBUG: through streams that succeed, are cut, are refused, and have a wrong key."""
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        faults = [Fault("stream", "stream_cut", after=3), Fault("stream", "answer", value="No more slot", first=3)]
        async with serving(SampleHearing(), faults=faults, stream_limit=1) as nest:
            await driven(dialects(nest), live(speech(VALUES)))
            await driven(dialects(nest), live(speech(VALUES)), clock=TickingClock())
            async with bare(nest) as blocking:
                await blocking.configure()
                with pytest.raises(RateLimitedError):
                    await driven(dialects(nest), live(speech([1])), clock=TickingClock())
            with pytest.raises(AuthenticationError):
                await streamed(settings_of(nest, "WRONGKEYMARKER"), live(speech([1])))

    run(main())
    assert "stream" in caplog.text
    assert "MARKER" not in caplog.text
    assert "w12" not in caplog.text


def test_the_whole_emulator_serves_streams_beside_its_other_services() -> None:
    """Its ready-made profile is all that is needed; transcripts that were given are told as the audio goes on."""
    words = (Word("hello", 100, 400, 0.9), Word("there", 500, 900, 0.8))
    given = Transcript((Segment("Hello, there.".lower(), 100, 900, words, 0.85),))
    options = EmulatorOptions(hearing=GivenHearing(given), faults=Faults(), secrets={"stream_secret_key": SECRET})
    with running(create(options)) as emulator:
        facts = emulator.facts()
        assert facts["stream_secret_key"] == SECRET
        settings = {"stream_target": facts["stream_target"], "stream_secret_key": SECRET, "stream_plaintext": True}
        heard = run(streamed(settings, live(bytes(48_000))))
    [final] = heard.finals
    assert final.segment.text == "hello, there."
    assert (final.segment.start_ms, final.segment.end_ms, final.segment.confidence) == (100, 900, 0.85)
    assert [charge.billed_seconds for charge in emulator.billing.entries] == [15.0]
