"""The emulated real-time recognition, spoken to over a WebSocket by hand as the manual describes it."""

import array
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import av
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from earwitness.emulation import Clock, Fault, Faults, GivenHearing
from earwitness.errors import JobFailedError
from earwitness.models import Interim, Segment, Transcript
from earwitness.streaming import Final
from support.tencent_emulator import (
    KEY,
    MORNING,
    Client,
    emulated,
    end,
    hear,
    line,
    parameters,
    results,
    stream_url,
    tone,
    until,
)

SECOND = tone(1)[44:]


def refused(client: Client, **changes: object) -> tuple[int, str]:
    """The code and message with which a connection ends at once."""
    with line(client, **changes) as socket:
        (message,) = hear(socket)
    return message["code"], message["message"]


class Guessing(GivenHearing):
    """An ear that guesses twice before each sentence."""

    def stream(self, *, sample_rate: int, language: str | None = None) -> Any:
        return _Guesses(super().stream(sample_rate=sample_rate, language=language))


class _Guesses:
    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.feed, self.flush, self.finish, self.aclose = inner.feed, inner.flush, inner.finish, inner.aclose

    async def __aiter__(self) -> Any:
        async for event in self.inner:
            if isinstance(event, Final):
                start = event.segment.start_ms
                for text in ("", event.segment.text[:4], event.segment.text[:8]):
                    yield Interim(text, start)
            yield event


# The hand-shake


def test_a_signed_address_opens_the_line() -> None:
    """The first message is success with the voice_id, over the real host's name and the own one."""
    with emulated() as client:
        for host in (None, client.facts["endpoint"], "127.0.0.1"):
            with line(client, host=host, voice_id=f"v-{host}") as socket:
                hello = json.loads(socket.recv(timeout=60))
            assert hello == {"code": 0, "message": "success", "voice_id": f"v-{host}"}
        assert refused(client, host="asr.example.com")[0] == 4002


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"secretid": "AKIDother"}, 4002, ""),
        ({"secretid": None}, 4001, "secretid"),
        ({"nonce": None}, 4001, "nonce"),
        ({"voice_id": None}, 4001, "voice_id"),
        ({"expired": "soon"}, 4001, "expired"),
        ({"expired": 1}, 4002, ""),
        ({"nonce": 12_345_678_901}, 4001, "nonce"),
        ({"nonce": 0}, 4001, "nonce"),
        ({"voice_id": "v" * 129}, 4001, "voice_id"),
        ({"engine_model_type": "16k_klingon"}, 4001, "engine_model_type"),
        ({"engine_model_type": "16k_zh_en_2.0"}, 4001, "engine_model_type"),
        ({"voice_format": 2}, 4001, "voice_format"),
        ({"needvad": 2}, 4001, "needvad"),
        ({"vad_silence_time": 2001}, 4001, "vad_silence_time"),
        ({"max_speak_time": 4999}, 4001, "max_speak_time"),
        ({"noise_threshold": "nan"}, 4001, "noise_threshold"),
        ({"filter_punc": 2}, 4001, "filter_punc"),
        ({"word_info": 100}, 4001, "word_info"),
        ({"emotion_recognition": 1, "needvad": 0}, 4001, "emotion_recognition"),
        ({"hotword_list": "Zephyr|12"}, 4001, "hotword_list"),
        ({"token": "of-somebody"}, 4002, ""),
    ],
)
def test_a_refusal_is_a_message_on_the_open_line(changes: dict[str, object], code: int, named: str) -> None:
    """Its code tells parameters and keys apart, and a wrong parameter is named in brackets."""
    with emulated() as client:
        told, message = refused(client, **changes)
    assert told == code
    assert message.endswith(f"({named})") if named else "(" not in message


def test_what_is_not_in_the_signature_is_not_believed() -> None:
    """Another key, another AppId, a parameter more: each fails."""
    with emulated() as client:
        client.key = KEY + "x"
        assert refused(client)[0] == 4002
        client.key = KEY
        address = stream_url(client.facts, parameters(client))
        for other in (address.replace("/1250000000?", "/1250000001?"), address + "&word_info=1"):
            with connect(other, proxy=None) as socket:
                assert json.loads(socket.recv(timeout=60))["code"] == 4002


def test_a_signature_that_is_not_url_encoded_fails_when_it_holds_a_plus() -> None:
    """The mistake that shows only now and then."""
    with emulated() as client:
        for number in range(1, 500):
            address = stream_url(client.facts, parameters(client, nonce=number))
            if "%2B" in address.partition("&signature=")[2]:
                break
        with connect(address.replace("%2B", "+"), proxy=None) as socket:
            assert json.loads(socket.recv(timeout=60))["code"] == 4002
        with connect(address, proxy=None) as socket:
            assert json.loads(socket.recv(timeout=60))["code"] == 0


@pytest.mark.parametrize(("life", "code"), [(90 * 86_400 - 1, 0), (90 * 86_400, 4002), (0, 4002)])
def test_a_signature_may_live_less_than_ninety_days(life: int, code: int) -> None:
    """`expired` is later than `timestamp`, and less than 90 days later."""
    clock = Clock(start=datetime(2026, 1, 1, tzinfo=UTC), scale=0)
    with emulated(clock=clock) as client, line(client, expired=client.now + life) as socket:
        assert json.loads(socket.recv(timeout=60))["code"] == code


def test_a_signature_expires_by_the_clock() -> None:
    """One that was good a second ago is not any more."""
    with emulated(clock=Clock(start=datetime(2026, 1, 1, tzinfo=UTC), scale=0)) as client:
        then = client.now
        client.emulator.clock.advance(100)
        assert refused(client, timestamp=then, expired=then + 100)[0] == 4002
        with line(client, timestamp=then, expired=then + 101) as socket:
            assert json.loads(socket.recv(timeout=60))["code"] == 0


def test_every_connection_needs_a_voice_id_of_its_own() -> None:
    """The second use of one is refused; a refused first use does not count."""
    with emulated() as client:
        assert refused(client, voice_id="one", nonce=0)[0] == 4001
        with line(client, voice_id="one") as socket:
            socket.recv(timeout=60)
        assert refused(client, voice_id="one") == (4001, "参数不合法(voice_id)")


def test_temporary_credentials_carry_their_token_in_the_address() -> None:
    """The token is a signed parameter like all others."""
    with emulated() as client:
        facts = client.facts
        client.secret_id, client.key = facts["temporary_secret_id"], facts["temporary_secret_key"]
        assert refused(client)[0] == 4002
        with line(client, token=facts["token"]) as socket:
            assert json.loads(socket.recv(timeout=60))["code"] == 0


def test_a_refusal_may_also_be_a_failed_hand_shake() -> None:
    """Some clients saw HTTP status 400."""
    with emulated(refused_stream="status") as client, pytest.raises(InvalidStatus) as caught, line(client, nonce=0):
        pass
    assert caught.value.response.status_code == 400


# Results


def test_sentences_come_as_their_ends_are_heard() -> None:
    """Each is final, counted, with absolute times, and the last message says that nothing more comes."""
    with emulated(ahead_ms=0) as client, line(client, voice_id="v", word_info=1) as socket:
        for _ in range(7):
            socket.send(SECOND)
        messages = end(socket)
    first, second = results(messages)
    assert (first["slice_type"], first["index"], second["index"]) == (2, 0, 1)
    assert (first["voice_text_str"], first["start_time"], first["end_time"]) == ("Good morning.", 240, 2900)
    assert first["word_list"] == [
        {"word": "Good", "start_time": 300, "end_time": 1020, "stable_flag": 1},
        {"word": "morning", "start_time": 1020, "end_time": 2640, "stable_flag": 1},
    ]
    assert (first["word_size"], second["word_size"]) == (2, 3)
    assert messages[-1]["final"] == 1
    assert "result" not in messages[-1]
    assert {message["voice_id"] for message in messages} == {"v"}
    assert len({message["message_id"] for message in messages[1:]}) == 3


def test_a_final_sentence_comes_before_the_end() -> None:
    """Whoever goes on speaking sees what was said before."""
    with emulated(ahead_ms=0) as client, line(client) as socket:
        for _ in range(3):
            socket.send(SECOND)
        socket.recv(timeout=60)
        assert json.loads(socket.recv(timeout=60))["result"]["voice_text_str"] == "Good morning."
        assert len(results(end(socket))) == 1


def test_interim_results_begin_with_0_and_go_on_with_1() -> None:
    """Per sentence 0, 1, 2; words of a guess are marked as such, and an empty guess is not sent."""
    with emulated(Guessing(MORNING), ahead_ms=0) as client, line(client, word_info=2) as socket:
        for _ in range(7):
            socket.send(SECOND)
        told = results(end(socket))
    assert [(one["index"], one["slice_type"]) for one in told] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert [one["voice_text_str"] for one in told[:3]] == ["Good", "Good mor", "Good morning."]
    assert [word["stable_flag"] for word in told[1]["word_list"]] == [0, 0]
    assert [word["word"] for word in told[2]["word_list"]] == ["Good", "morning", "."]


def test_without_needvad_only_a_minute_ends_a_sentence() -> None:
    """All that is said grows into one sentence, which is final at the end or after sixty seconds."""
    with emulated(ahead_ms=0) as client, line(client, needvad=0) as socket:
        for _ in range(7):
            socket.send(SECOND)
        told = results(end(socket))
    assert [(one["index"], one["slice_type"]) for one in told] == [(0, 0), (0, 1), (0, 2)]
    assert told[-1]["voice_text_str"] == "Good morning. Shall we start?"
    assert (told[-1]["start_time"], told[-1]["end_time"]) == (240, 6180)
    long = Transcript(tuple(Segment(str(at), at * 25_000, at * 25_000 + 20_000) for at in range(5)))
    with emulated(GivenHearing(long), ahead_ms=0) as client, line(client, needvad=0) as socket:
        told = results(end(socket))
    assert [one["voice_text_str"] for one in told if one["slice_type"] == 2] == ["0 1 2", "3 4"]


def test_words_and_punctuation_only_where_asked() -> None:
    """`word_info` 0 gives an empty list, `filter_punc` a text without marks."""
    with emulated(ahead_ms=0) as client, line(client, filter_punc=1) as socket:
        told = results(end(socket))
    assert [one["voice_text_str"] for one in told] == ["Good morning", "Shall we start"]
    assert [(one["word_size"], one["word_list"]) for one in told] == [(0, []), (0, [])]


def test_the_second_form_of_the_newer_engines() -> None:
    """`sentences.sentence_list` in place of `result`, with numbered speakers where that is asked."""
    second = {"engine_model_type": "16k_zh_en_speaker", "result_mod": 1, "sentence_strategy": 1, "needvad": None}
    with emulated(Guessing(MORNING), ahead_ms=0) as client:
        with line(client, speaker_diarization=1, **second) as socket:
            messages = end(socket)
        with line(client, **second) as socket:
            plain = end(socket)
    told = [message["sentences"]["sentence_list"][0] for message in messages if "sentences" in message]
    assert results(messages) == []
    assert [one["sentence_type"] for one in told] == [0, 0, 1, 0, 0, 1]
    assert [one["speaker_id"] for one in told] == [-1, -1, 0, -1, -1, 1]
    assert told[2] == {
        "sentence": "Good morning.",
        "sentence_type": 1,
        "sentence_id": 0,
        "speaker_id": 0,
        "start_time": 240,
        "end_time": 2900,
    }
    assert {one["sentences"]["sentence_list"][0]["speaker_id"] for one in plain if "sentences" in one} == {0}


def test_silence_ends_with_the_final_message_alone() -> None:
    """Nothing said gives no result."""
    with emulated(GivenHearing(Transcript()), ahead_ms=0) as client, line(client) as socket:
        socket.send(SECOND)
        messages = end(socket)
    assert [message.get("final") for message in messages] == [None, 1]


class Counting(GivenHearing):
    """An ear that keeps the samples that reach it."""

    def __init__(self) -> None:
        super().__init__(Transcript())
        self.heard = b""
        self.asked: list[tuple[int, str | None]] = []

    def stream(self, *, sample_rate: int, language: str | None = None) -> Any:
        self.asked.append((sample_rate, language))
        inner, ear = super().stream(sample_rate=sample_rate, language=language), self

        class Stream(_Guesses):
            def __init__(self) -> None:
                super().__init__(inner)
                self.feed = self._feed

            async def _feed(self, pcm: bytes) -> None:
                ear.heard += pcm
                assert len(pcm) % 2 == 0

        return Stream()


@pytest.mark.parametrize("size", [1, 3, 640, 6399, 50_000])
def test_frames_of_any_length_are_the_same_samples(size: int) -> None:
    """Half samples wait for their other half, and a WAV file's header is no sound."""
    for number, sound in ((1, SECOND), (12, tone(1))):
        audio, ear = sound[:4000] if size == 1 else sound, Counting()
        with emulated(ear, ahead_ms=0) as client:
            with line(client, voice_format=number) as socket:
                for start in range(0, len(audio), size):
                    socket.send(audio[start : start + size])
                end(socket)
            bill = until(lambda client=client: client.emulator.billing.entries, bool)[0]
        assert ear.heard == (audio if number == 1 else audio[44:])
        assert bill.billed_seconds == len(ear.heard) // 32 / 1000


def packed(form: int) -> bytes:
    """A second of hum as mp3, Opus in the vendor's frames, or aac."""
    name = {8: "libmp3lame", 10: "libopus", 16: "aac"}[form]
    held = io.BytesIO()
    with av.open(io.BytesIO(tone(1))) as sound, av.open(held, "w", format="adts" if form == 16 else "mp3") as out:
        encoder = av.CodecContext.create(name, "w") if form == 10 else out.add_stream(name, rate=16_000, layout="mono")
        if form == 10:
            encoder.sample_rate, encoder.layout, encoder.format = 16_000, "mono", "s16"
        packets = [packet for frame in [*framed(sound, encoder), None] for packet in encoder.encode(frame)]
        if form == 10:
            return b"".join(b"opus" + len(bytes(one)).to_bytes(2, "little") + bytes(one) for one in packets)
        for packet in packets:
            out.mux(packet)
    return held.getvalue()


def framed(sound: Any, encoder: Any) -> list[Any]:
    """The samples in frames of the size that the encoder wants."""
    encoder = getattr(encoder, "codec_context", encoder)
    encoder.open(strict=False)
    resampler = av.AudioResampler(encoder.format, encoder.layout, 16_000, frame_size=encoder.frame_size)
    return [one for frame in [*sound.decode(audio=0), None] for one in resampler.resample(frame)]


@pytest.mark.parametrize("form", [8, 10, 16])
@pytest.mark.parametrize("size", [100, 100_000])
def test_compressed_audio_is_decoded(form: int, size: int) -> None:
    """mp3, Opus and aac are heard as the hum that they hold, however they are cut."""
    ear, audio = Counting(), packed(form)
    with emulated(ear, ahead_ms=0) as client, line(client, voice_format=form) as socket:
        for start in range(0, len(audio), size):
            socket.send(audio[start : start + size])
        assert end(socket)[-1]["final"] == 1
    samples = array.array("h", ear.heard)
    assert 15_000 < len(samples) < 19_000
    assert 2_000 < max(samples[4_000:12_000]) < 4_000


@pytest.mark.parametrize("form", [8, 10, 16])
def test_compressed_audio_that_is_none_cannot_be_decoded(form: int) -> None:
    """Samples under another name end in 4007, or in silence where the codec finds no packet."""
    ear = Counting()
    with emulated(ear, ahead_ms=0) as client, line(client, voice_format=form) as socket:
        socket.send(b"no opus here" * 400)
        last = end(socket)[-1]
    assert last["code"] == 4007 or (form != 10 and ear.heard == b"")


def test_the_engine_and_the_rate_reach_the_ear() -> None:
    """Telephone engines hear 8000 Hz, and `input_sample_rate` lowers the rate of the others."""
    ear = Counting()
    with emulated(ear) as client:
        for changes in (
            {"engine_model_type": "8k_zh"},
            {"engine_model_type": "16k_yue"},
            {"input_sample_rate": 8000},
        ):
            with line(client, **changes) as socket:
                end(socket)
    assert ear.asked == [(8000, "zh-CN"), (16000, "yue-HK"), (8000, "en-US")]


# What goes wrong


def test_audio_faster_than_it_may_come_ends_the_line() -> None:
    """Three seconds within one are the most; more is 4000. With the clock running along nothing is wrong."""
    with emulated(clock=Clock(scale=0)) as client:
        with line(client) as socket:
            for _ in range(3):
                socket.send(SECOND)
            socket.recv(timeout=60)
            assert json.loads(socket.recv(timeout=60))["code"] == 0
            socket.send(SECOND[:64])
            assert hear(socket)[-1]["code"] == 4000
        with line(client) as socket:
            for _ in range(3):
                socket.send(SECOND)
            socket.recv(timeout=60)
            assert json.loads(socket.recv(timeout=60))["code"] == 0
            client.emulator.clock.advance(1)
            socket.send(SECOND)
            assert end(socket)[-1]["final"] == 1


def test_silence_on_the_line_ends_it_by_the_clock() -> None:
    """Fifteen seconds without audio are 4008; audio begins the count anew."""
    with emulated(clock=Clock(scale=0), ahead_ms=0) as client, line(client) as socket:
        socket.recv(timeout=60)
        socket.send(SECOND * 3)
        assert "Good" in socket.recv(timeout=60)
        client.emulator.clock.advance(14.9)
        socket.send(SECOND * 4)
        assert "Shall" in socket.recv(timeout=60)
        client.emulator.clock.advance(14.9)
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.2)
        client.emulator.clock.advance(0.2)
        (message,) = hear(socket)
    assert (message["code"], message["voice_id"] != "") == (4008, True)


@pytest.mark.parametrize("text", ["hello", '{"type": "stop"}', "[]", "{}", "[" * 100_000])
def test_an_unknown_text_ends_the_line(text: str) -> None:
    """Only the end is a text message."""
    with emulated() as client, line(client) as socket:
        socket.send(text)
        assert hear(socket)[-1]["code"] == 4010


def test_a_wav_file_that_is_none_cannot_be_decoded() -> None:
    """4007, as soon as that is plain."""
    with emulated() as client, line(client, voice_format=12) as socket:
        socket.send(bytes(5000))
        assert hear(socket)[-1]["code"] == 4007


@pytest.mark.parametrize("form", [None, 4, 6, 14])
def test_a_form_that_cannot_be_decoded_is_refused_when_audio_comes(form: int | None) -> None:
    """The vendor's SDK says 4, and so does silence about it: the line opens, and is good until the first audio."""
    with emulated() as client:
        with line(client, voice_format=form) as socket:
            assert json.loads(socket.recv(timeout=60))["code"] == 0
            socket.send(b"")
            socket.send(bytes(640))
            message = hear(socket)[-1]
        with line(client, voice_format=form) as socket:
            *_, last = end(socket)
    assert (message["code"], message["message"].endswith("(voice_format)")) == (4007, True)
    assert (last["code"], last["final"]) == (0, 1)


def test_a_line_without_audio_costs_nothing() -> None:
    """Only what was heard is billed."""
    with emulated() as client:
        with line(client) as socket:
            end(socket)
        with line(client, voice_id="heard") as socket:
            socket.send(bytes(3200))
            end(socket)
        until(lambda: client.emulator.billing.entries, lambda entries: bool(entries))
        assert [(one.token, one.billed_seconds) for one in client.emulator.billing.entries] == [("heard", 0.1)]


def test_only_so_many_lines_at_once() -> None:
    """One more is 4006, until one is closed."""
    with emulated(streams_at_once=2) as client:
        with line(client) as first, line(client) as second:
            for socket in (first, second):
                socket.recv(timeout=60)
                socket.send(bytes(3200))
            assert refused(client)[0] == 4006
        until(lambda: len(client.emulator.billing.entries), lambda count: count == 2)
        with line(client) as again:
            assert json.loads(again.recv(timeout=60))["code"] == 0


def test_an_ear_that_breaks_is_5002() -> None:
    """While audio still comes, and when it has nothing more to say too early."""

    class Broken(GivenHearing):
        def stream(self, *, sample_rate: int, language: str | None = None) -> Any:
            stream = _Guesses(super().stream(sample_rate=sample_rate))
            stream.feed = self.feed
            return stream

        async def feed(self, pcm: bytes) -> None:
            raise JobFailedError("it gave up")

    class Ended(GivenHearing):
        def stream(self, *, sample_rate: int, language: str | None = None) -> Any:
            stream = _Guesses(super().stream(sample_rate=sample_rate))
            stream.feed = self.feed
            self.close = stream.aclose
            return stream

        async def feed(self, pcm: bytes) -> None:
            await self.close()

    for ear in (Broken(MORNING), Ended(MORNING)):
        with emulated(ear) as client, line(client) as socket:
            socket.send(SECOND)
            assert hear(socket)[-1]["code"] == 5002


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (Fault("stream", "stream_cut", after=2), 2),
        (Fault("stream", "stream_cut", "seconds", after=3), 3),
    ],
)
def test_a_line_can_be_cut_in_the_middle(fault: Fault, sent: int) -> None:
    """After so many messages or seconds it is gone without a word, and the next one is whole."""
    with emulated(faults=Faults([fault]), ahead_ms=0) as client:
        with line(client) as socket:
            for _ in range(sent):
                socket.send(SECOND)
            messages = hear(socket)
            assert all("final" not in message and message["code"] == 0 for message in messages)
            assert socket.close_code == 1006
        with line(client) as socket:
            for _ in range(7):
                socket.send(SECOND)
            assert len(results(end(socket))) == 2


def test_other_faults_of_a_line() -> None:
    """A code after some messages, a refused hand-shake, a hung-up one, broken JSON, and silence at the end."""
    script = [
        Fault("stream", "answer", "5001", after=1),
        Fault("stream", "status", 503, first=2),
        Fault("stream", "drop", first=3),
        Fault("stream", "garbage", first=4),
        Fault("stream", "lost", first=5),
    ]
    with emulated(faults=Faults(script), ahead_ms=0) as client:
        with line(client) as socket:
            socket.send(SECOND)
            assert hear(socket)[-1]["code"] == 5001
        with pytest.raises(InvalidStatus), line(client):
            pass
        with pytest.raises(Exception, match="did not receive a valid HTTP response"), line(client):
            pass
        with line(client) as socket, pytest.raises(json.JSONDecodeError):
            end(socket)
        with line(client) as socket:
            assert results(end(socket)) == []


def test_what_was_sent_is_billed_when_the_line_is_over() -> None:
    """By the samples that came, under the voice_id, also when the client just goes."""
    with emulated(ahead_ms=0) as client:
        with line(client, voice_id="v") as socket:
            socket.send(SECOND * 3)
            socket.recv(timeout=60)
            assert "Good" in socket.recv(timeout=60)
        bills = until(lambda: client.emulator.billing.entries, bool)
    assert [(one.operation, one.token, one.billed_seconds) for one in bills] == [("realtime", "v", 3.0)]


def test_plain_http_is_no_stream() -> None:
    """The address answers a browser with an error status, not with a crash."""
    with emulated() as client:
        values: Mapping[str, str] = parameters(client)
        address = stream_url(client.facts, values).replace("ws://", "http://")
        assert client.http.get(address).status_code == 400
