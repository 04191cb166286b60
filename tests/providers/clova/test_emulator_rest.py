"""The emulator's long and short services over hand-written HTTP, judged by the vendor's manual alone."""

import http.client
import io
import json
import wave
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from earwitness.emulation import BillingLog, Clock, Fault, Faults, GivenHearing
from earwitness.errors import ConfigurationError
from earwitness.models import Segment, Transcript
from earwitness_clova.emulator._params import read_params
from earwitness_clova.emulator._refusals import RefusedError
from earwitness_clova.emulator._switches import ClovaSwitches
from support.clova import wav
from support.clova_http import BASIC, SAID, SECRETS, Bare, emulated, packed, part, receiving, until
from support.transcripts import json_values

SYNC = {**BASIC, "completion": "sync", "resultToObs": False}
ON = {"speaker_recognition": "on"}
FIELDS = (
    "language", "completion", "callback", "userdata", "wordAlignment", "fullText", "resultToObs", "noiseFiltering",
    "boostings", "useDomainBoostings", "forbiddens", "diarization", "sed", "format", "url", "dataKey",
)  # fmt: skip


def code(reply: Any) -> tuple[int, str, str]:
    return reply.status, reply.json["result"], reply.json["message"]


# --- submit, ask, result (2.8 to 2.11, 9.1) ---


def test_an_accepted_job_is_not_a_finished_one() -> None:
    """A submission gives a token and SUCCEEDED and nothing else; then WAITING, PROCESSING rising, COMPLETED (9.4-4)."""
    clock = Clock(scale=0)
    with emulated(switches={"waiting_s": 5, "processing_s": 20}, clock=clock) as bare:
        accepted = bare.upload()
        assert (accepted.status, accepted.headers["content-type"]) == (200, "application/json")
        token = accepted.json["token"]
        assert accepted.json == {"token": token, "result": "SUCCEEDED", "message": "Succeeded"}
        assert len(token) == 32 and int(token, 16) >= 0
        waiting = bare.ask(token)
        assert (waiting.status, waiting.json["result"], waiting.json["segments"]) == (200, "WAITING", [])
        clock.advance(5)
        rising = []
        for _ in range(4):
            state = until(lambda: found if (found := bare.ask(token).json)["result"] != "WAITING" else None)
            assert state["result"] == "PROCESSING" and state["token"] == token
            rising.append(state["progress"])
            clock.advance(4.9)
        assert rising == sorted(rising) and rising[0] < rising[-1] < 100
        clock.advance(1)
        done = bare.finished(token)
    assert (done.status, done.json["result"], done.json["progress"]) == (200, "COMPLETED", 100)


def test_a_finished_result_has_every_field_of_the_manual() -> None:
    """The result of a synchronous job, key by key as in 2.9, with the user's data beside the vendor's keys."""
    asked = {
        **SYNC,
        "language": "enko",
        "diarization": {"enable": True, "speakerCountMin": 1, "speakerCountMax": 4},
        "sed": {"enable": True},
        "boostings": [{"words": "품질팀, 로드맵", "weight": 1}],
        "forbiddens": "금칙어",
        "noiseFiltering": False,
        "userdata": {"job_id": "ours-17", "n": [1]},
        "callback": "",
        "unheardOf": True,
    }
    with emulated(switches=ON) as bare:
        reply = bare.upload(asked)
    body = reply.json
    assert reply.status == 200 and body.pop("token") and body.pop("version").startswith("ncp_v2_")
    vendor = {name: body["params"]["userdata"].pop(name) for name in [*body["params"]["userdata"]] if name[0] == "_"}
    assert {name: type(value) for name, value in vendor.items()} == {
        "_ncp_DomainCode": str,
        "_ncp_DomainId": int,
        "_ncp_TaskId": int,
        "_ncp_TraceId": str,
    }
    assert body == {
        "result": "COMPLETED",
        "message": "Succeeded",
        "params": {
            "service": "ncp",
            "domain": "general",
            "lang": "enko",
            "completion": "sync",
            "callback": "",
            "diarization": {"enable": True, "speakerCountMin": 1, "speakerCountMax": 4},
            "sed": {"enable": True},
            "boostings": [{"words": "품질팀, 로드맵", "weight": 1}],
            "forbiddens": "금칙어",
            "wordAlignment": True,
            "fullText": True,
            "noiseFiltering": False,
            "resultToObs": False,
            "priority": 0,
            "userdata": {"job_id": "ours-17", "n": [1]},
        },
        "progress": 100,
        "keywords": {},
        "segments": [
            {
                "start": 0,
                "end": 2140,
                "text": "회의를 시작하겠습니다.",
                "confidence": 0.9412,
                "diarization": {"label": "1"},
                "speaker": {"label": "1", "name": "A", "edited": False},
                "words": [[120, 760, "회의를"], [810, 1990, "시작하겠습니다."]],
                "textEdited": "회의를 시작하겠습니다.",
            },
            {
                "start": 2140,
                "end": 3500,
                "text": "네, 좋습니다.",
                "confidence": 0.9055,
                "diarization": {"label": "2"},
                "speaker": {"label": "2", "name": "김민수", "edited": True},
                "words": [[2230, 2500, "네,"], [2560, 3300, "좋습니다."]],
                "textEdited": "네, 좋습니다.",
            },
        ],
        "text": "회의를 시작하겠습니다. 네, 좋습니다.",
        "confidence": pytest.approx(0.92335),
        "speakers": [
            {"label": "1", "name": "A", "edited": False},
            {"label": "2", "name": "김민수", "edited": True},
        ],
        "events": [{"type": "sound", "label": "music", "labelEdited": "music", "start": 3500, "end": 9000}],
        "eventTypes": ["music"],
    }


@pytest.mark.parametrize(
    ("language", "echoed"),
    [("ko-KR", "ko"), ("en-US", "en"), ("enko", "enko"), ("ja", "ja"), ("zh-cn", "zh-cn"), ("zh-tw", "zh-tw")],
)
def test_every_language_is_echoed_in_its_short_form(language: str, echoed: str) -> None:
    """`params.lang` is normalised (2.9)."""
    with emulated() as bare:
        assert bare.heard({**SYNC, "language": language}).json["params"]["lang"] == echoed


def test_silence_is_an_empty_success() -> None:
    """Nothing said is COMPLETED with no text and no segments (2.10, 9.4-5)."""
    with emulated(Transcript(), switches=ON) as bare:
        body = bare.heard({**SYNC, "diarization": {"enable": True}}).json
    assert (body["result"], body["text"], body["segments"], body["speakers"]) == ("COMPLETED", "", [], [])


def test_what_is_not_asked_is_not_told() -> None:
    """Without alignment no words, without full text an empty one, without diarization or sed no voices, no events."""
    asked = {**SYNC, "wordAlignment": False, "fullText": False, "diarization": {"enable": False}}
    with emulated(switches=ON) as bare:
        body = bare.heard(asked).json
    assert [one["words"] for one in body["segments"]] == [[], []]
    assert (body["text"], body["speakers"], body["events"], body["eventTypes"]) == ("", [], [], [])
    assert [(one["diarization"], one["speaker"]) for one in body["segments"]] == [({}, {})] * 2
    assert body["params"]["wordAlignment"] is False and body["params"]["fullText"] is False


def test_segments_without_times_get_some() -> None:
    """The vendor always tells a time, so what was heard without one lies where its neighbours leave room."""
    untimed = Transcript((Segment("one", 0, 1000), Segment("two"), Segment("three", 3000, 4000)))
    with emulated(untimed) as bare:
        told = [(one["start"], one["end"]) for one in bare.heard(SYNC).json["segments"]]
    assert told == [(0, 1000), (1000, 1000), (3000, 4000)]


def test_an_unknown_token_does_not_exist() -> None:
    """The body says so whatever the status, which is a switch (9.4-8)."""
    for status in (200, 404):
        with emulated(switches={"status_token_invalid": status}) as bare:
            reply = bare.ask("f" * 32)
        assert code(reply) == (status, "ERROR_TOKEN_INVALID", "Token does not exist")
        assert [reply.json[name] for name in ("segments", "speakers", "events", "eventTypes")] == [[]] * 4


def test_a_token_lives_as_long_as_the_switch_says() -> None:
    """After its life a token is as unknown as one that never was."""
    clock = Clock(scale=0)
    with emulated(switches={"token_life_s": 100}, clock=clock) as bare:
        token = bare.upload().json["token"]
        assert bare.finished(token).json["result"] == "COMPLETED"
        clock.advance(99)
        assert bare.ask(token).json["result"] == "COMPLETED"
        clock.advance(2)
        assert bare.ask(token).json["result"] == "ERROR_TOKEN_INVALID"


# --- what is checked, and in which order (9.2) ---


def test_checks_come_in_the_vendors_order() -> None:
    """Path, secret, content type, params JSON, fields, media: of two mistakes the earlier one is told."""
    bad, empty = {**BASIC, "language": "tlh"}, b""
    with emulated() as bare:
        for path in ("/external/v1/4242/wrong", "/external/v1/1/" + SECRETS["invoke_key"], "/external/v2/4242/x", ""):
            url = f"{bare.emulator.url}{path}/recognizer/upload"
            assert bare.call("POST", url, key="wrong", body=b"{").status == 404
        assert bare.submit("nowhere", BASIC, key="wrong").status == 404
        assert bare.submit("upload", b"{", kind="text/plain", key="wrong").status == 401
        assert bare.submit("upload", b"{", kind="text/plain").status == 415
        assert bare.submit("url", b"{", kind="text/plain").status == 415
        assert code(bare.submit("url", b"{"))[:2] == (400, "ERROR_PARAMS_FORMAT_INVALID")
        assert code(bare.upload("not json", empty))[:2] == (400, "ERROR_PARAMS_FORMAT_INVALID")
        assert code(bare.upload("[1]", empty))[:2] == (400, "ERROR_PARAMS_FORMAT_INVALID")
        assert code(bare.upload(bad, empty)) == (400, "ERROR_REQUEST_PARAMETER", "Invalid params: language")
        assert code(bare.upload(BASIC, empty))[:2] == (400, "ERROR_AUDIO_EMPTY")
        assert code(bare.upload(BASIC, b"no audio at all"))[:2] == (400, "ERROR_AUDIO_CONVERSION")


def test_the_secret_is_needed_for_questions_too() -> None:
    """A GET without the header, or with another service's key, is refused (2.1, quirk 16)."""
    with emulated() as bare:
        token = bare.upload().json["token"]
        url = f"{bare.invoke_url}/recognizer/{token}"
        for key in (None, "", bare.short_key, "열쇠".encode().decode("latin-1")):
            assert code(bare.call("GET", url, key=key)) == (401, "ERROR_INVALID_SECRET", "Invalid secret")
        assert bare.call("GET", url, key=None, headers={"x-clovaspeech-API-key": bare.key}).status == 200
        assert bare.call("DELETE", url, key=bare.key).status == 405


def test_a_wrong_secret_is_told_as_the_switches_say() -> None:
    """Status and body are switches (9.2)."""
    with emulated(switches={"status_invalid_secret": 403, "wrong_key_body": "code"}) as bare:
        reply = bare.upload(key="wrong")
    assert (reply.status, reply.json) == (403, {"code": "401", "message": "Invalid secret"})


def test_params_are_a_plain_field() -> None:
    """Untyped and typed fields will do, in any order and beside strays; a file part will not (2.7, 9.4-1)."""
    text, media = json.dumps(SYNC).encode(), part('name="media"; filename="한.wav"', wav(1), "nonsense/type")
    stray = part('name="type"', b"application/json")
    with emulated() as bare:
        for kind in (None, "text/plain", "application/json"):
            assert bare.form(part('name="params"', text, kind), stray, media).json["result"] == "COMPLETED"
        refused = bare.form(media, part('name="params"; filename="blob"', text, "application/json"))
        assert code(refused) == (400, "ERROR_REQUEST_PARAMETER", "Invalid params: params")
        assert code(bare.form(media)) == (400, "ERROR_REQUEST_PARAMETER", "Invalid params: params")
        assert code(bare.form(part('name="params"', text)))[2] == "Invalid params: media"
        assert bare.form(part('name="params"', text), part('name="media"', wav(1))).status == 400


def test_a_body_that_is_no_form_is_415() -> None:
    """Neither JSON nor a form without a boundary, nor one that breaks off, is a form."""
    with emulated() as bare:
        for kind in ("multipart/form-data", "application/json", "multipart/form-data; boundary=OTHER"):
            assert bare.submit("upload", b"--BOUNDARY\r\nrubbish", kind=kind).status == 415


def test_any_json_content_type_will_do() -> None:
    """The vendor's own sample sends an odd one, and only its beginning counts (2.1)."""
    with emulated() as bare:
        reply = bare.submit("url", {**BASIC, "url": "http://127.0.0.1:9/a"}, kind="application/json;UTF-8")
    assert reply.json["result"] == "SUCCEEDED"


def test_an_asynchronous_job_needs_a_way_back() -> None:
    """Without callback and stored result it is refused; an empty callback is none; sync needs neither (2.6, 9.4-2)."""
    bare_params = {"language": "ko-KR", "diarization": {"enable": False}}
    with emulated() as bare:
        for more in ({}, {"callback": ""}, {"callback": None, "resultToObs": False}, {"completion": "async"}):
            assert code(bare.upload({**bare_params, **more}))[:2] == (400, "ERROR_REQUEST_PARAMETER")
        for more in ({"resultToObs": True}, {"callback": "http://127.0.0.1:9/"}, {"completion": "sync"}):
            assert bare.upload({**bare_params, **more}).status == 200


def test_a_domain_without_speaker_recognition_is_a_trap() -> None:
    """Diarization that is omitted, null or on is refused; only an explicit false will do (7.1, 9.4-3)."""
    plain = {name: value for name, value in SYNC.items() if name != "diarization"}
    refused: list[dict[str, Any]] = [
        plain,
        {**plain, "diarization": None},
        {**plain, "diarization": {}},
        {**plain, "diarization": {"enable": True}},
        {**plain, "diarization.enable": False},
    ]
    with emulated() as bare:
        for params in refused:
            assert code(bare.upload(params)) == (400, "ERROR_REQUEST_PARAMETER", "speaker detect is off")
        assert bare.upload({**plain, "diarization": {"enable": False}}).status == 200
    with emulated(switches={"speaker_recognition": "echo", "status_bad_request": 200}) as bare:
        body = bare.upload(plain).json
        assert body["params"]["diarization"] == {"enable": False, "speakerCountMin": -1, "speakerCountMax": -1}
        assert body["speakers"] == []
        assert bare.upload({**plain, "language": None}).status == 200
    with emulated(switches=ON) as bare:
        assert bare.upload(plain).json["params"]["diarization"]["enable"] is True


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("language", [None, "", "ko", "KO-KR", 7]),
        ("completion", ["later", 1]),
        ("callback", [7, ["http://x"]]),
        ("wordAlignment", ["true", 1]),
        ("fullText", ["no"]),
        ("resultToObs", ["yes"]),
        ("noiseFiltering", [0]),
        ("format", ["VTT", "srt"]),
        ("userdata", ["text", [1]]),
        ("forbiddens", [["a"], 7]),
        ("boostings", ["a, b", [["a"]], [{"words": ["a", "b"]}], [{"words": "a", "weight": "1"}]]),
        ("boostings", [[{"words": ", ".join(["w"] * 1001)}]]),
        ("diarization", ["off", {"enable": "no"}, {"enable": False, "speakerCountMax": 31}]),
        ("diarization", [{"enable": False, "speakerCountMin": 5, "speakerCountMax": 2}, {"speakerCountMin": "2"}]),
        ("sed", [True, {"enable": 1}]),
    ],
)
def test_fields_are_checked(field: str, values: list[Any]) -> None:
    """A field of the wrong type or value is refused by name."""
    with emulated(switches=ON) as bare:
        for value in values:
            said = code(bare.upload({**SYNC, field: value}))
            assert said[:2] == (400, "ERROR_REQUEST_PARAMETER"), value
            assert field in said[2] or "speakerCount" in said[2] or "enable" in said[2] or "words" in said[2]


def test_nulls_and_strangers_are_ignored() -> None:
    """null is as good as nothing for an optional field, and unknown keys do nothing (2.3)."""
    nulls = dict.fromkeys(["callback", "userdata", "boostings", "forbiddens", "sed", "format", "useDomainBoostings"])
    with emulated() as bare:
        reply = bare.upload({**SYNC, **nulls, "sttEnable": True, "priority": 99})
    assert reply.status == 200 and reply.json["params"]["priority"] == 0


def test_keyword_lists_exclude_each_other() -> None:
    """Boosted words and the domain's own list cannot be asked for together (2.4)."""
    with emulated() as bare:
        assert bare.upload({**SYNC, "useDomainBoostings": True}).status == 200
        both = {**SYNC, "useDomainBoostings": True, "boostings": [{"words": "a"}]}
        assert code(bare.upload(both)) == (400, "ERROR_REQUEST_PARAMETER", "Invalid params: useDomainBoostings")


def test_limits_hold() -> None:
    """Files and recordings beyond the limits are refused: by size, by length, sync before async (2.15)."""
    limits = {"upload_limit_bytes": 200_000, "sync_limit_s": 2, "async_limit_s": 4}
    with emulated(switches=limits) as bare:
        assert bare.upload(SYNC, wav(1)).status == 200
        assert code(bare.upload(SYNC, wav(3)))[:2] == (400, "ERROR_REQUEST_PARAMETER")
        assert bare.upload(BASIC, wav(3)).status == 200
        assert code(bare.upload(BASIC, wav(5)))[:2] == (400, "ERROR_REQUEST_PARAMETER")
        assert bare.upload(BASIC, wav(7)).status == 413


def test_webm_cannot_be_converted() -> None:
    """The container is sniffed from the bytes, and WebM is none that is taken (2.7, 2.15)."""
    with emulated() as bare:
        assert code(bare.upload(SYNC, packed("webm")))[:2] == (400, "ERROR_AUDIO_CONVERSION")
        for taken in ("ogg", "matroska"):
            assert bare.upload(SYNC, packed(taken)).json["result"] == "COMPLETED"


# --- switches of the answer (9.2) ---


def test_shapes_of_the_answer_follow_the_switches() -> None:
    """Text absent instead of empty; voices with an empty label, or absent."""
    asked = {**SYNC, "fullText": False}
    with emulated(switches={"unasked_text": "absent", "without_speakers": "label"}) as bare:
        body = bare.heard(asked).json
        assert "text" not in body and body["segments"][0]["diarization"] == {"label": ""}
    with emulated(switches={"without_speakers": "absent"}) as bare:
        assert {"diarization", "speaker"}.isdisjoint(bare.heard(asked).json["segments"][0])


def test_a_wrong_switch_or_secret_is_told() -> None:
    """A switch that does not exist is named with those that do; a secret's value is never repeated."""
    for switch in ({"waitng_s": 3}, {"waiting_s": -1}, {"callback_body": "half"}):
        with pytest.raises(ConfigurationError, match="The switches are: "), emulated(switches=switch):
            pass
    for secret in ({"secret_keys": "SECRETMARKER"}, {"secret_key": "SECRET MARKER/"}, {"domain_id": "SECRETMARKER"}):
        with pytest.raises(ConfigurationError) as error, emulated(secrets=secret):
            pass
        assert "MARKER" not in str(error.value)


# --- subtitles (2.13) ---


def test_subtitles_are_the_answer_itself() -> None:
    """SRT and SMI with speakers as letters; with sync as the body, otherwise from GET; errors stay JSON."""
    asked = {**SYNC, "diarization": {"enable": True}, "format": "SRT"}
    with emulated(switches=ON) as bare:
        srt = bare.upload(asked)
        smi = bare.heard({**asked, "format": "SMI", "completion": "async", "resultToObs": True})
        refused = bare.upload({**asked, "format": "TXT"})
    assert (srt.status, srt.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert srt.body.decode() == (
        "1\n00:00:00,000 --> 00:00:02,140\nA: 회의를 시작하겠습니다.\n\n"
        "2\n00:00:02,140 --> 00:00:03,500\n김민수: 네, 좋습니다.\n"
    )
    assert smi.body.decode() == (
        "<SAMI>\n<Body>\n<SYNC Start=0>\n<P>A: 회의를 시작하겠습니다.\n"
        "<SYNC Start=2140>\n<P>김민수: 네, 좋습니다.\n</Body>\n</SAMI>\n"
    )
    assert refused.json["result"] == "ERROR_REQUEST_PARAMETER"
    with emulated(switches={"subtitle_type": "application/json"}) as bare:
        plain = bare.upload({**SYNC, "format": "SRT"})
    assert plain.headers["content-type"] == "application/json" and b"\n\xed\x9a\x8c" in plain.body


# --- URLs, object storage, stored results (2.5, 2.14) ---


def stored(folder: Path, key: str, data: bytes) -> Path:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_objects_are_read_from_a_folder(tmp_path: Path) -> None:
    """A data key is a path below the recognition path, with or without a slash in front; `datakey` is none (2.5)."""
    stored(tmp_path, "data/a/x.wav", wav(1))
    switches = {"recognition_path": "/data/"}
    with emulated(folder=tmp_path, switches=switches) as bare:
        for key in ("/a/x.wav", "a/x.wav"):
            assert bare.submit("object-storage", {**SYNC, "dataKey": key}).json["result"] == "COMPLETED"
        for params in ({"datakey": "a/x.wav"}, {"dataKey": ""}, {}):
            assert code(bare.submit("object-storage", {**SYNC, **params}))[2] == "Invalid params: dataKey"
        stored(tmp_path, "outside.wav", wav(1))
        for key in ("a/y.wav", "data/a/x.wav", "../outside.wav", "/"):
            assert code(bare.submit("object-storage", {**BASIC, "dataKey": key}))[:2] == (400, "ERROR_DATA_NOT_FOUND")
    with emulated(folder=tmp_path, switches={**switches, "data_key_alias": True, "missing_object": "job"}) as bare:
        assert bare.submit("object-storage", {**SYNC, "datakey": "a/x.wav"}).json["result"] == "COMPLETED"
        token = bare.submit("object-storage", {**BASIC, "dataKey": "a/y.wav"}).json["token"]
        assert code(bare.finished(token))[:2] == (200, "ERROR_DATA_NOT_FOUND")
    with emulated() as bare:
        assert bare.submit("object-storage", {**BASIC, "dataKey": "a/x.wav"}).json["result"] == "ERROR_DATA_NOT_FOUND"
    assert (tmp_path / "data/a/x.wav").read_bytes() == wav(1)


def test_results_are_stored_in_the_folder(tmp_path: Path) -> None:
    """resultToObs of an asynchronous job leaves in the result path exactly what GET shows; sync leaves nothing."""
    stored(tmp_path, "a/x.wav", wav(1))
    with emulated(folder=tmp_path, switches={"result_path": "out"}) as bare:
        bare.upload({**SYNC, "resultToObs": True})
        token = bare.submit("object-storage", {**BASIC, "dataKey": "/a/x.wav"}).json["token"]
        done = bare.finished(token)
        upload = bare.upload({**BASIC, "format": "SRT"}).json["token"]
        subtitles = bare.finished(upload)
        unstored = bare.upload({**BASIC, "resultToObs": False, "callback": "http://127.0.0.1:9/"}).json["token"]
        bare.finished(unstored)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    assert found == {f"out/a/x.wav_{token}.json": done.body, f"out/upload_{upload}.srt": subtitles.body}


def test_recordings_are_fetched_from_their_address(tmp_path: Path) -> None:
    """A URL is fetched by the job, so that what is wrong with it is the job's end; with sync it is the answer."""
    import functools
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    stored(tmp_path, "a b.wav", wav(1))
    stored(tmp_path, "none.wav", b"")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        with emulated() as bare:
            assert bare.submit("url", {**SYNC, "url": f"{base}/a%20b.wav?x=1"}).json["result"] == "COMPLETED"
            token = bare.submit("url", {**BASIC, "url": f"{base}/a%20b.wav"}).json["token"]
            assert bare.finished(token).json["result"] == "COMPLETED"
            token = bare.submit("url", {**BASIC, "url": f"{base}/nothing.wav"}).json["token"]
            assert code(bare.finished(token))[:2] == (200, "ERROR_DATA_NOT_FOUND")
            assert code(bare.submit("url", {**SYNC, "url": f"{base}/nothing.wav"}))[:2] == (400, "ERROR_DATA_NOT_FOUND")
            assert code(bare.submit("url", {**SYNC, "url": f"{base}/none.wav"}))[:2] == (400, "ERROR_AUDIO_EMPTY")
            for url in ("", "file:///etc/passwd", "a.wav"):
                assert code(bare.submit("url", {**SYNC, "url": url}))[2] == "Invalid params: url"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- ends of a job ---


@pytest.mark.parametrize("word", ["FAILED", "TIMEOUT", "ERROR_INTERNAL_ERROR", "ERROR_AUDIO_CONVERSION"])
def test_a_job_can_end_badly(word: str) -> None:
    """The fault script ends a job as it likes: GET says 200 with the word, a receiver hears the same."""
    faults = Faults([Fault("job", "answer", word)])
    with receiving() as receiver, emulated(faults=faults) as bare:
        token = bare.upload({**BASIC, "callback": f"{receiver.url}/cb"}).json["token"]
        done = bare.finished(token)
        until(lambda: receiver.got)
        assert bare.heard().json["result"] == "COMPLETED"
    assert (done.status, done.json["result"]) == (200, word)
    assert {"token": token, "result": word}.items() <= json.loads(receiver.got[0][2]).items()


def test_a_job_that_takes_too_long_times_out() -> None:
    """After the switch's time the job is over, whatever the ear still does."""
    clock = Clock(scale=0)
    with emulated(switches={"processing_s": 100, "job_timeout_s": 50}, clock=clock) as bare:
        token = bare.upload().json["token"]
        assert bare.ask(token).json["result"] == "PROCESSING"
        clock.advance(51)
        assert bare.finished(token).json["result"] == "TIMEOUT"
        assert bare.emulator.billing.entries == ()


def test_an_ear_that_fails_fails_the_job(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody can hear is FAILED, the reason stands in the log, and the server goes on."""
    with emulated(GivenHearing({"other.wav": SAID})) as bare:
        assert bare.heard().json["result"] == "FAILED"
        assert bare.upload(SYNC).json["result"] == "FAILED"
    assert "No given transcript belongs to this audio" in caplog.text


def test_too_many_jobs_are_refused() -> None:
    """Beyond the switch's number of unfinished jobs a submission is refused; finished ones make room."""
    clock = Clock(scale=0)
    with emulated(switches={"max_jobs": 2, "processing_s": 10}, clock=clock) as bare:
        tokens = [bare.upload().json["token"] for _ in range(2)]
        assert code(bare.upload())[:2] == (429, "ERROR_TOO_MANY_JOBS")
        clock.advance(10)
        for token in tokens:
            assert bare.finished(token).json["result"] == "COMPLETED"
        assert bare.upload().status == 200


def test_nothing_of_a_recording_is_left_behind() -> None:
    """Audio goes when its job ends or is refused, and everything goes with the emulator."""
    with emulated() as bare:
        scratch = bare.emulator.scratch
        bare.heard()
        bare.upload({**BASIC, "language": "tlh"})
        bare.upload(BASIC, b"no audio")
        bare.short()
        bare.short(b"no audio")
        until(lambda: not [*scratch.iterdir()])
        assert scratch.exists()
    assert not scratch.exists()


# --- callbacks (2.12) ---


def test_a_callback_carries_the_whole_result() -> None:
    """Variant A: the result with SUCCEEDED, asynchronous, at 100 %, to the address with its query (9.4-7)."""
    with receiving() as receiver, emulated() as bare:
        token = bare.upload({**BASIC, "callback": f"{receiver.url}/cb?nonce=a%2Fb&x"}).json["token"]
        done = bare.finished(token).json
        ((path, kind, body),) = until(lambda: receiver.got)
    told = json.loads(body)
    assert (path, kind, told["result"]) == ("/cb?nonce=a%2Fb&x", "application/json", "SUCCEEDED")
    assert {**told, "result": "COMPLETED"} == done
    assert (told["params"]["completion"], told["progress"]) == ("async", 100)


def test_a_callback_can_be_a_mere_notice() -> None:
    """Variant B: token, result, message and nothing else."""
    with receiving() as receiver, emulated(switches={"callback_body": "notice"}) as bare:
        token = bare.upload({**BASIC, "callback": receiver.url}).json["token"]
        ((_, _, body),) = until(lambda: receiver.got)
    assert json.loads(body) == {"token": token, "result": "SUCCEEDED", "message": "Succeeded"}


def test_callbacks_repeat_on_request() -> None:
    """A switch repeats what was accepted, and a receiver that fails is tried again."""
    clock = Clock(scale=1000)
    with receiving() as receiver, emulated(switches={"callback_copies": 3}, clock=clock) as bare:
        bare.upload({**BASIC, "callback": receiver.url})
        bodies = [body for _, _, body in until(lambda: receiver.got if len(receiver.got) == 3 else None)]
        assert len({*bodies}) == 1
    with receiving(503) as receiver, emulated(switches={"callback_tries": 4}, clock=clock) as bare:
        bare.upload({**BASIC, "callback": receiver.url})
        until(lambda: len(bare.emulator.callbacks.deliveries) == 4)
        assert [one.status for one in bare.emulator.callbacks.deliveries] == [503] * 4


def test_callbacks_get_lost_on_request() -> None:
    """A switch or a fault loses them; the job is finished all the same."""
    faults = Faults([Fault("callback", "lost")])
    with receiving() as receiver:
        for how in ({"switches": {"callback_copies": 0}}, {"faults": faults}):
            with emulated(**how) as bare:  # type: ignore[arg-type]
                token = bare.upload({**BASIC, "callback": receiver.url}).json["token"]
                assert bare.finished(token).json["result"] == "COMPLETED"
        with emulated() as bare:
            bare.upload({**BASIC, "callback": f"{receiver.url}/now"})
            assert until(lambda: receiver.got)[0][0] == "/now"


def test_a_callback_can_come_before_the_result_shows() -> None:
    """With a lead the callback arrives while GET still says PROCESSING (2.11, 9.4-7)."""
    clock = Clock(scale=0)
    with receiving() as receiver, emulated(switches={"callback_lead_s": 3}, clock=clock) as bare:
        token = bare.upload({**BASIC, "callback": receiver.url}).json["token"]
        until(lambda: receiver.got)
        assert bare.ask(token).json["result"] == "PROCESSING"
        clock.advance(4)
        assert bare.finished(token).json["result"] == "COMPLETED"


def test_a_synchronous_job_calls_nobody_back() -> None:
    """The callback of a synchronous submission is ignored (2.6)."""
    with receiving() as receiver, emulated() as bare:
        assert bare.upload({**SYNC, "callback": receiver.url}).json["result"] == "COMPLETED"
        assert bare.emulator.callbacks.deliveries == () and receiver.got == []


# --- short sentences (3) ---


def test_a_sentence_is_text_and_quota() -> None:
    """The answer holds the text and the billed seconds in blocks of 15, and nothing else (3.2)."""
    with emulated() as bare:
        for language, seconds, billed in (("Kor", 1, 15), ("Eng", 15, 15), ("Jpn", 15.1, 30), ("Chn", 59, 60)):
            reply = bare.short(wav(seconds), lang=language)
            assert (reply.status, reply.json) == (200, {"text": SAID.text, "quota": billed})
        assert [one.billed_seconds for one in bare.emulator.billing.entries] == [15, 15, 30, 60]
    with emulated(Transcript()) as bare:
        assert bare.short().json == {"text": "", "quota": 15}


def test_errors_of_the_short_service_are_the_manuals() -> None:
    """STT000 to STT007 and the wrong key, each with its status and in the vendor's order (6.1, 9.4-9)."""
    broken = wav(1)[:20]
    with emulated(switches={"short_limit_bytes": 2_000_000, "short_least_s": 0.5}) as bare:
        for reply, expected in (
            (bare.short(b"", key=bare.key, kind="x", lang="x"), (401, "401", "Invalid secret")),
            (bare.short(b"", kind="audio/wav", lang="x"), (400, "STT002", "Invalid Content Type")),
            (bare.short(b"", kind=None, lang="x"), (400, "STT002", "Invalid Content Type")),
            (bare.short(b"", lang=""), (400, "STT004", "Empty Language")),
            (bare.short(b"", assessment="true"), (400, "STT004", "Empty Language")),
            (bare.short(b"", lang="kor"), (400, "STT005", "Invalid Language")),
            (bare.short(b""), (400, "STT003", "Empty Sound Data")),
            (bare.short(b"talk.wav"), (500, "STT006", "Failed to pre-processing")),
            (bare.short(broken), (500, "STT006", "Failed to pre-processing")),
            (bare.short(wav(61)), (413, "STT001", "Exceed Sound Data length")),
            (bare.short(wav(63)), (413, "STT000", "Request Entity Too Large")),
            (bare.short(wav(0.2)), (400, "STT007", "Too Short Sound Data")),
        ):
            assert (reply.status, reply.json["errorCode"], reply.json["errorMessage"]) == expected
        assert bare.emulator.billing.entries == ()
    with emulated(switches={"short_error_body": "nested"}) as bare:
        assert bare.short(b"").json == {"error": {"errorCode": "STT003", "message": "Empty Sound Data"}}


def test_engine_errors_of_the_short_service() -> None:
    """An ear that fails is STT998, and the fault script can say any code, without billing."""
    with emulated(GivenHearing({"other": SAID}), faults=Faults([Fault("recognize", "answer", "STT999")])) as bare:
        for expected in ((500, "STT999"), (500, "STT998")):
            reply = bare.short()
            assert (reply.status, reply.json["errorCode"]) == expected
        assert bare.emulator.billing.entries == ()


def test_pronunciation_is_scored() -> None:
    """Score, details per word and letter, and both outlines at 50 values a second (3.2)."""
    said = Transcript((Segment("go home", 0, 900),))
    with emulated(said) as bare:
        good = bare.short(wav(2), lang="Eng", assessment="true", utterance="go home", graph="true").json
        bad = bare.short(wav(2), lang="Eng", assessment="true", utterance="went away").json
        none = bare.short(wav(2), lang="Jpn", assessment="true").json
    assert good["assessment_score"] == 100 and bad["assessment_score"] < 50
    assert good["assessment_details"] == "go|{g(g):100, o(o):100} home|{h(h):100, o(o):100, m(m):100, e(e):100} "
    assert len(good["usr_graph"]) == 100 and set(good["usr_graph"]) == {0} and good["ref_graph"]
    assert "usr_graph" not in bad and none == {"text": "go home", "quota": 15}


# --- billing, faults, clock ---


def test_the_billing_log_is_what_an_account_would_pay(tmp_path: Path) -> None:
    """Every finished job once, by the emulator's clock; refused and failed ones never; the lost answer's job too."""
    clock = Clock(scale=0)
    faults = Faults([Fault("submit", "lost", first=2), Fault("job", "answer", "FAILED", first=3)])
    path = tmp_path / "bill.jsonl"
    with emulated(faults=faults, clock=clock, billing=BillingLog(path)) as bare:
        token = bare.upload(media=wav(16)).json["token"]
        bare.finished(token)
        with pytest.raises(http.client.RemoteDisconnected):
            bare.upload()
        until(lambda: len(bare.emulator.billing.entries) == 2)
        assert bare.heard().json["result"] == "FAILED"
        assert bare.upload({}).status == 400
        bare.short()
        entries = bare.emulator.billing.entries
    assert [(one.operation, one.billed_seconds) for one in entries] == [("long", 16), ("long", 1), ("short", 15)]
    assert entries[0].token == token and entries[0].time == clock.now() and clock.now().utcoffset() == timedelta()
    assert [json.loads(line)["billed_seconds"] for line in path.read_text().splitlines()] == [16, 1, 15]


@pytest.mark.parametrize(("block", "billed"), [(0, 16.0), (15, 30.0), (0.5, 16.0), (6, 18.0)])
def test_long_recordings_are_billed_by_their_length(block: float, billed: float) -> None:
    """To the millisecond, and in whole blocks where the switch says so."""
    with emulated(switches={"long_billing_block_s": str(block)}) as bare:
        bare.finished(bare.upload(media=wav(16)).json["token"])
        assert [one.billed_seconds for one in bare.emulator.billing.entries] == [billed]


def test_bad_days_come_by_script() -> None:
    """Busy, crowded, bare statuses, wrong JSON, cut bodies and delays, at the operation that the script names."""
    clock = Clock(scale=0)
    faults = Faults(
        [
            Fault("submit", "answer", "ERROR_SERVER_BUSY"),
            Fault("submit", "answer", "ERROR_TOO_MANY_JOBS", first=2),
            Fault("submit", "status", 502, first=3),
            Fault("submit", "drop", first=4),
            Fault("fetch", "garbage"),
            Fault("fetch", "cut", first=2),
            Fault("fetch", "answer", "ERROR_GATEWAY_TIMEOUT", first=3),
        ]
    )
    with emulated(faults=faults, clock=clock) as bare:
        assert code(bare.upload())[:2] == (503, "ERROR_SERVER_BUSY")
        assert code(bare.upload())[:2] == (429, "ERROR_TOO_MANY_JOBS")
        assert (bare.upload().status, bare.emulator.billing.entries) == (502, ())
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            bare.upload()
        token = bare.upload().json["token"]
        with pytest.raises(json.JSONDecodeError):
            bare.ask(token).json  # noqa: B018  # reading is what fails
        with pytest.raises(http.client.IncompleteRead):
            bare.ask(token)
        assert code(bare.ask(token))[:2] == (504, "ERROR_GATEWAY_TIMEOUT")
        assert bare.finished(token).json["result"] == "COMPLETED"


def test_two_domains_live_side_by_side() -> None:
    """Every emulator draws secrets of its own, and one does not know the other's tokens, keys or paths."""
    with emulated(secrets={}) as one, emulated(secrets={"domain_id": "7"}) as two:
        assert isinstance(one, Bare) and one.key != two.key and "/external/v1/7/" in two.invoke_url
        token = one.upload().json["token"]
        assert two.ask(token).json["result"] == "ERROR_TOKEN_INVALID"
        assert one.upload(key=two.key).status == 401
        assert len(one.invoke_url.rpartition("/")[2]) == 64


def test_multi_channel_wav_of_any_rate_is_taken() -> None:
    """What the file is decides, not its name."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes(bytes(4 * 44_100))
    with emulated() as bare:
        assert bare.upload(SYNC, file.getvalue()).json["result"] == "COMPLETED"
        assert bare.emulator.billing.entries[0].billed_seconds == 1


# --- whatever comes ---


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*FIELDS]), json_values, max_size=5) | json_values)
def test_any_parameters_are_read_or_refused(data: Any) -> None:
    """Whatever JSON comes as parameters, it is understood or refused with one of the manual's words."""
    params = {**SYNC, **data} if isinstance(data, dict) else data
    try:
        asked = read_params(json.dumps(params), "upload", ClovaSwitches(speaker_recognition="on"))
    except RefusedError as refusal:
        assert refusal.code in ("ERROR_REQUEST_PARAMETER", "ERROR_PARAMS_FORMAT_INVALID")
    else:
        json.dumps(asked.echo())


def test_no_body_breaks_the_server() -> None:
    """Any bytes at any address under any content type end in a refusal, never in an error of the server's own."""
    kinds = ["application/json", "multipart/form-data; boundary=B", "application/octet-stream", "text/plain; charset=x"]
    places = ["upload", "url", "object-storage", "x" * 500, "%00", "..%2f"]
    with emulated() as bare:

        @example("upload", kinds[1], b"\x00\x00: x\r\n\r\n", True)
        @settings(max_examples=300)
        @given(st.sampled_from(places), st.sampled_from(kinds), st.binary(max_size=200), st.booleans())
        def sent(place: str, kind: str, body: bytes, in_form: bool) -> None:
            body = b"--B\r\n" + body + b"\r\n--B--\r\n" if in_form else body
            assert 400 <= bare.submit(place, body, kind=kind).status < 500
            short = bare.short(body, kind=kind)
            assert short.status < 500 or short.json["errorCode"] == "STT006"

        sent()
        assert bare.heard().json["result"] == "COMPLETED"


def test_many_jobs_run_at_once() -> None:
    """Forty submissions from eight threads are forty jobs, each with its own token, result and bill."""
    with emulated(switches={"processing_s": 0.2}) as bare, ThreadPoolExecutor(8) as pool:
        userdata = [{**BASIC, "userdata": {"number": number}} for number in range(40)]
        done = list(pool.map(lambda params: bare.heard(params).json, userdata))
        assert [one["params"]["userdata"]["number"] for one in done] == list(range(40))
        assert len({one["token"] for one in done}) == len(bare.emulator.billing.entries) == 40
        assert len({one["params"]["userdata"]["_ncp_TaskId"] for one in done}) == 40
