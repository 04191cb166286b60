"""What CLOVA is sent: every option mapped, traps always explicit, nothing null, wrong wishes refused before sending."""

import asyncio
import json
from typing import Any

import pytest

from earwitness.capabilities import AudioFacts
from earwitness.errors import EarwitnessError, InvalidRequestError, UnsupportedFeatureError
from earwitness.exchange import HttpCall, StreamBody, full_url
from earwitness.jobs import Attempt
from earwitness.request import HotWord, StoredAudio
from support.clova import ACCEPTED, COMPLETED, INVOKE_KEY, KEYS, SHORT, provider, reply, submission


def sent(audio: object = "https://host/a.wav", **known: Any) -> dict[str, Any]:
    """The JSON of a submission by URL or stored object."""
    return dict(json.loads(bytes(call_of(audio, **known).body)))  # type: ignore[arg-type]


def call_of(audio: object = None, **known: Any) -> HttpCall:
    answer = SHORT if known.get("service") == "short" else ACCEPTED
    clova, runtime = provider(reply(answer))
    asyncio.run(clova.submit(submission(clova, audio, **known)))
    return runtime.calls[0]


def whole(body: bytes | StreamBody) -> bytes:
    return body if isinstance(body, bytes) else b"".join(body.open())


def refusal(kind: type[EarwitnessError] = InvalidRequestError, audio: object = "https://h/a", **known: Any) -> str:
    clova, runtime = provider(reply(ACCEPTED))
    with pytest.raises(kind) as caught:
        asyncio.run(clova.submit(submission(clova, audio, **known)))
    assert not runtime.calls
    return str(caught.value)


def test_what_could_be_a_trap_is_always_explicit() -> None:
    """With nothing asked, everything whose default is doubtful is still sent, and nothing else but the attempt's id."""
    assert sent() == {
        "url": "https://host/a.wav",
        "language": "ko-KR",
        "completion": "async",
        "userdata": {"earwitness_attempt": "att_1"},
        "wordAlignment": True,
        "fullText": True,
        "resultToObs": True,
        "noiseFiltering": True,
        "diarization": {"enable": False},
        "sed": {"enable": False},
    }


def test_every_option_is_mapped() -> None:
    """Each neutral option and each option of the vendor has its place on the wire."""
    asked = sent(
        word_times=False,
        speakers="2-4",
        hot_words=[HotWord(text="로드맵", weight=2), "품질팀", HotWord(text="안건", weight=2)],
        forbidden_words=["금칙어", "비밀"],
        noise_filter=False,
        sound_events=True,
        metadata={"case": "7"},
        vendor={"completion": "sync", "format": "SRT", "full_text": False, "userdata": {"n": [1, None]}},
    )
    assert asked == {
        "url": "https://host/a.wav",
        "language": "ko-KR",
        "completion": "sync",
        "userdata": {"n": [1], "case": "7", "earwitness_attempt": "att_1"},
        "wordAlignment": False,
        "fullText": False,
        "resultToObs": False,
        "noiseFiltering": False,
        "boostings": [{"words": "로드맵, 안건", "weight": 2.0}, {"words": "품질팀"}],
        "forbiddens": "금칙어, 비밀",
        "diarization": {"enable": True, "speakerCountMin": 2, "speakerCountMax": 4},
        "sed": {"enable": True},
        "format": "SRT",
    }


def test_an_open_number_of_speakers_is_left_to_the_vendor() -> None:
    """`speakers=True` sends no counts: the vendor's own -1 stands for automatic."""
    assert sent(speakers=True)["diarization"] == {"enable": True}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("ko", "ko-KR"), ("en-US", "en-US"), ("ko,en", "enko"), ("en-US,ko-KR", "enko"), ("ja-JP", "ja"),
        ("zh", "zh-cn"), ("zh-CN", "zh-cn"), ("zh-Hans", "zh-cn"), ("zh-TW", "zh-tw"), ("zh-Hant-TW", "zh-tw"),
    ],
)  # fmt: skip
def test_languages_of_the_long_service(tag: str, code: str) -> None:
    """Each tag, and Korean with English, has the manual's name."""
    assert sent(language=tag)["language"] == code


def test_the_domains_own_boostings() -> None:
    """The domain's stored list is switched on only where asked."""
    assert sent(vendor={"use_domain_boostings": True})["useDomainBoostings"] is True


@pytest.mark.parametrize("key", ["/a/x.wav", "a/x.wav"])
def test_a_stored_object_is_named_as_given(key: str) -> None:
    """Both slash forms of a data key go out unchanged, under the key that real servers read."""
    call = call_of(StoredAudio(key))
    params = json.loads(whole(call.body))
    assert params["dataKey"] == key and "url" not in params and call.url.endswith("/recognizer/object-storage")


def test_the_single_use_address_of_an_attempt_is_taken() -> None:
    """Where core gives the audio a URL of its own, nothing is uploaded."""
    clova, runtime = provider(reply(ACCEPTED))
    attempt = Attempt("att_2", callback_url="https://us/cb/1", audio_url="https://us/audio/1")
    asyncio.run(clova.submit(submission(clova, attempt=attempt)))
    params = json.loads(whole(runtime.calls[0].body))
    assert params["url"] == "https://us/audio/1" and params["callback"] == "https://us/cb/1"
    assert params["resultToObs"] is False


def test_a_callback_of_ones_own() -> None:
    """The option `callback` is sent, and the result is then stored only where asked."""
    asked = sent(vendor={"callback": "https://me/cb"})
    assert asked["callback"] == "https://me/cb" and asked["resultToObs"] is False
    assert sent(vendor={"callback": "https://me/cb", "result_to_obs": True})["resultToObs"] is True


def test_an_upload_is_a_form_with_a_plain_params_field() -> None:
    """The file is streamed as the part `media`; `params` has no filename and holds the same JSON."""
    call = call_of()
    assert isinstance(call.body, StreamBody) and call.headers["content-type"].startswith(
        "multipart/form-data; boundary="
    )
    body = whole(call.body)
    assert len(body) == call.body.length == len(whole(call.body))
    head, _, rest = body.partition(b'name="params"\r\n\r\n')
    assert b"filename" not in head and json.loads(rest.partition(b"\r\n--")[0])["completion"] == "async"
    assert b'name="media"; filename="audio"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in body


def test_a_submission_is_never_repeatable_and_a_question_is() -> None:
    """Only asking may be done twice; waiting for a transcript takes longer than for a token."""
    clova, runtime = provider(reply(ACCEPTED), reply(COMPLETED), reply(COMPLETED))
    job = asyncio.run(clova.submit(submission(clova)))
    assert job.reference is not None
    asyncio.run(clova.fetch(job.reference))
    hour = AudioFacts("wav", duration_ms=3_600_000)
    asyncio.run(clova.submit(submission(clova, facts=hour, vendor={"completion": "sync"})))
    handed, asked, waited = runtime.calls
    assert (handed.repeatable, asked.repeatable, waited.repeatable) == (False, True, False)
    assert handed.read_timeout_s == 120 and waited.read_timeout_s == 120 + 900
    assert asked.method == "GET" and asked.url.endswith("/recognizer/0f3c9a7be2d14f7d8a5b6c1e90d2aa11")


def test_each_service_has_its_own_key() -> None:
    """The header carries the key of the service that is called."""
    assert call_of().headers["x-clovaspeech-api-key"] == KEYS["secret_key"]
    assert call_of(service="short").headers["x-clovaspeech-api-key"] == KEYS["short_secret_key"]


def test_a_short_sentence_is_raw_bytes_with_a_query() -> None:
    """The short service gets the file's bytes, its own language names, and tab-separated hot words."""
    call = call_of(
        service="short",
        hot_words=["로드맵", "품질팀"],
        vendor={"assessment": True, "utterance": "안녕 하세요", "graph": True},
    )
    assert call.query == {
        "lang": "Kor",
        "assessment": "true",
        "utterance": "안녕 하세요",
        "boostings": "로드맵\t품질팀",
        "graph": "true",
    }
    assert "%09" in full_url(call) and call.headers["content-type"] == "application/octet-stream"
    assert whole(call.body).startswith(b"RIFF") and call.repeatable is False
    languages = [call_of(service="short", language=tag).query["lang"] for tag in ("ko", "en", "ja", "zh")]
    assert languages == ["Kor", "Eng", "Jpn", "Chn"]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"vendor": {"result_to_obs": False}}, "neither a callback nor a stored result"),
        ({"vendor": {"use_domain_boostings": True}, "hot_words": ["a"]}, "exclude each other"),
        ({"vendor": {"completion": "sync", "callback": "https://me"}}, "no effect"),
        ({"vendor": {"callback": "me"}}, "not an http or https address"),
        ({"hot_words": ["a,b"]}, "hot_words by commas"),
        ({"forbidden_words": ["a,b"]}, "forbidden_words by commas"),
        ({"metadata": {"_ncp_TaskId": "1"}}, "reserved"),
        ({"vendor": {"userdata": {"_ncp_x": 1}}}, "reserved"),
        ({"metadata": {"earwitness_attempt": "mine"}}, "reserved"),
        ({"metadata": {"a": "1"}, "vendor": {"userdata": {"a": 2}}}, "metadata has too"),
        ({"audio": StoredAudio(" / ")}, "key is empty"),
        ({"audio": StoredAudio("a\nb")}, "control characters"),
        ({"audio": b"RIFF", "service": "short", "hot_words": ["x" * 513]}, "512 characters"),
        ({"audio": b"RIFF", "service": "short", "hot_words": ["a\tb"]}, "by tabs"),
        ({"audio": b"RIFF", "service": "short", "vendor": {"graph": True}}, "Set assessment"),
    ],
)
def test_wrong_wishes_are_refused_before_sending(known: dict[str, Any], why: str) -> None:
    """What CLOVA would refuse, or silently ignore, is told at once, and nothing is sent."""
    options = dict(known)
    audio = options.pop("audio", "https://h/a")
    if isinstance(audio, bytes):
        audio = None
    assert why in refusal(audio=audio, **options)


def test_more_than_two_hours_cannot_be_waited_for() -> None:
    """A synchronous job of more than two hours is refused with the way that works."""
    facts = AudioFacts("wav", duration_ms=7_200_001)
    told = refusal(audio=None, facts=facts, vendor={"completion": "sync"})
    assert "2 hours" in told and "completion async" in told


def test_assessment_is_for_two_languages() -> None:
    """Pronunciation is scored in Korean and English only."""
    told = refusal(UnsupportedFeatureError, None, service="short", language="ja", vendor={"assessment": True})
    assert "Korean and English" in told


def test_hot_words_that_are_too_short_are_reported() -> None:
    """The short service ignores keywords under three characters, so the transcript says how many."""
    clova, _ = provider(reply(SHORT))
    update = asyncio.run(clova.submit(submission(clova, service="short", hot_words=["ab", "c", "로드맵"])))
    assert update.transcript is not None
    (notice,) = update.transcript.notices
    assert (notice.kind, notice.feature, notice.count) == ("dropped", "hot_words", 2)


def test_no_secret_is_in_what_a_call_shows() -> None:
    """The repr of a signed call and of the auth hide key and invoke key."""
    call = call_of()
    assert INVOKE_KEY in call.url and not any(secret in repr(call) for secret in (INVOKE_KEY, *KEYS.values()))
    clova, _ = provider()
    assert KEYS["secret_key"] not in repr(clova._auth("long"))
