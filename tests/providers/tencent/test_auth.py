"""Signatures: every vector of the manual and of the vendor's SDKs, and what is signed at the wrong time."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from earwitness.errors import ResultExpiredError
from earwitness.exchange import HttpCall, StreamBody, full_url
from earwitness_tencent._auth import AddressAuth, Keys, TC3Auth, signing_key, stream_address, tc3_authorization
from earwitness_tencent._wire import cloud_call

KEYS = Keys("AKIDEXAMPLE", "SecretKeyEXAMPLE")
STAMP = 1767311999
"""2026-01-01 23:59:59 UTC: any zone east of it has another date."""
NOW = datetime.fromtimestamp(STAMP, UTC)
ASK = b'{"TaskId": 522931820}'
CREATE = (
    b'{"EngineModelType": "16k_zh", "ChannelNum": 1, "ResTextFormat": 3, "SourceType": 0, '
    b'"Url": "https://media.example/a.wav?name=\\u6d4b\\u8bd5"}'
)
PLAIN, CHARSET = "application/json", "application/json; charset=utf-8"
CHINA, ABROAD = "asr.tencentcloudapi.com", "asr.intl.tencentcloudapi.com"

VECTORS = {
    "A": (PLAIN, CHINA, ASK, STAMP, "710ace91025e1ebd41daec1482a75de8bf7ee87d0ac281fd0c4347007ca50ac0"),
    "B": (CHARSET, CHINA, ASK, STAMP, "4152c0262693bee4462f7071efe5d3652ebe6eee3aefb337c76b1b2bc6bb51ce"),
    "C": (CHARSET, ABROAD, ASK, 1599142563, "90065ba22e3abf1abce8cc274a33f5c6f264f9a133cf6cfbe7e92b44b489b8ed"),
    "D": (PLAIN, CHINA, CREATE, STAMP, "daedbbb69d664e1ca414a0d5fdb2da11c8c501f7b22904f4802d30d627eecf72"),
    "E": (PLAIN, "127.0.0.1:8080", ASK, STAMP, "e98345d3695e3afef389c1c2cb75d5f67b5f8a2f42fd4d7d17636da29e115650"),
}
FLASH_BASE = "https://asr.cloud.tencent.com/asr/flash/v1/1250000000"
STREAM_BASE = "wss://asr.cloud.tencent.com/asr/v2/1250000000"


def call(body: bytes = ASK, *, host: str = CHINA, kind: str = PLAIN) -> HttpCall:
    return HttpCall("fetch", "POST", f"https://{host}/", headers={"content-type": kind}, body=body)


def parameters(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split("&"))


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_of_signature_v3(vector: str) -> None:
    """Each vector's whole header, from the call as it is sent and the time alone."""
    kind, host, body, stamp, signature = VECTORS[vector]
    now = datetime.fromtimestamp(stamp, UTC)
    signed = TC3Auth(KEYS).sign(call(body, host=host, kind=kind), now)
    assert signed.headers["authorization"] == (
        f"TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/{now:%Y-%m-%d}/asr/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )
    assert signed.headers["host"] == host and signed.headers["x-tc-timestamp"] == str(stamp)
    assert signed.body == body and "x-tc-token" not in signed.headers


def test_the_bodies_of_the_vectors_are_those_of_the_manual() -> None:
    """Lengths as the manual counts them, so that no vector is signed for another body."""
    assert (len(ASK), len(CREATE)) == (21, 139) and json.loads(CREATE)["Url"].endswith("测试")


def test_vector_f_signs_the_action_too() -> None:
    """More headers may be signed; values count in lower case."""
    headers = {"content-type": CHARSET, "host": CHINA, "x-tc-action": "DescribeTaskStatus"}
    proof = tc3_authorization(KEYS, headers, ASK, timestamp=STAMP, signed=("content-type", "host", "x-tc-action"))
    assert proof.endswith(
        "SignedHeaders=content-type;host;x-tc-action, "
        "Signature=7f62170ee9dcd0d0716098f5e952c55524a79f9f672fc947421dc44550100c6e"
    )


def test_the_days_key_is_the_manuals() -> None:
    """The third derived key of vector A, and the vendor's public vector of another service."""
    import hashlib
    import hmac

    third = "b1bee5c52c3297ff4eebe3cd5d157b7029a8649581c311d2ee7be88b1da16241"
    assert signing_key("SecretKeyEXAMPLE", "2026-01-01").hex() == third
    text = (
        "TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n"
        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    )
    key = signing_key("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "2019-02-25", "cvm")
    found = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert found == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")
@pytest.mark.parametrize("action", ["CreateRecTask", "DescribeTaskStatus", "SentenceRecognition"])
@pytest.mark.parametrize("host", [CHINA, "127.0.0.1:8080"])
def test_the_official_sdk_signs_the_same(action: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the same action, host, body and clock, the official SDK's own signing writes our headers."""
    pytest.importorskip("tencentcloud.asr", reason="needs the official SDK")
    from tencentcloud.asr.v20190614.asr_client import AsrClient
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.http.request import RequestInternal
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile

    monkeypatch.setattr("tencentcloud.common.abstract_client.time.time", lambda: STAMP)
    profile = ClientProfile(httpProfile=HttpProfile(protocol="https", endpoint=host), language="en-US")
    client: Any = AsrClient(Credential("AKIDEXAMPLE", "SecretKeyEXAMPLE", "session"), "ap-shanghai", profile)
    theirs: Any = RequestInternal(host, "POST", "/")
    client._build_req_with_tc3_signature(action, {"TaskId": 1, "Url": "https://h/测试"}, theirs)
    made = replace(cloud_call(f"https://{host}", action, {}, region="ap-shanghai"), body=theirs.data.encode())
    ours = TC3Auth(replace(KEYS, token="session")).sign(made, NOW).headers
    same = {name.lower(): value for name, value in theirs.header.items()}
    assert {name: same[name] for name in ours} == ours and "authorization" in ours


def test_temporary_credentials_carry_their_token() -> None:
    """The token goes beside the signature, which does not cover it."""
    temporary = TC3Auth(replace(KEYS, token="session"))
    signed = temporary.sign(call(), NOW)
    assert signed.headers["x-tc-token"] == "session"
    assert signed.headers["authorization"] == TC3Auth(KEYS).sign(call(), NOW).headers["authorization"]


def test_a_task_is_not_asked_about_after_its_life() -> None:
    """Up to the end the question is signed, from then on it is refused: the id may be another task's by now."""
    auth = TC3Auth(KEYS, until=NOW)
    assert "authorization" in auth.sign(call(), NOW - timedelta(seconds=1)).headers
    for late in (NOW, NOW + timedelta(days=3)):
        with pytest.raises(ResultExpiredError, match="24 hours"):
            auth.sign(call(), late)


FLASH_VECTORS = [
    (
        (
            "convert_num_mode=1&customization_id=&engine_type=16k_zh&filter_dirty=0&filter_modal=0&filter_punc=0"
            "&first_channel_only=1&hotword_list=腾讯云|10,语音识别|5&reinforce_hotword=0&sentence_max_length=0"
            "&speaker_diarization=0&voice_format=wav&word_info=1"
        ),
        "ZaZVW8XcwJsik2cE5SMtXGwt9bI=",
    ),
    (
        (
            "convert_num_mode=1&engine_type=16k_zh&filter_dirty=0&filter_modal=0&filter_punc=0&first_channel_only=1"
            "&hotword_list=腾讯云|10,语音识别|5&speaker_diarization=0&voice_format=wav&word_info=1"
        ),
        "ofOoNr7fyjpnCpI77xB5ErXteg4=",
    ),
]


@pytest.mark.parametrize(("text", "signature"), FLASH_VECTORS)
def test_vectors_of_flash(text: str, signature: str) -> None:
    """Parameters in any order are signed sorted and not encoded, empty ones included, and sent encoded."""
    query = dict(reversed(parameters(text).items()))
    made = HttpCall("flash", "POST", FLASH_BASE, query, body=StreamBody(lambda: iter([b"x"]), 1))
    signed = AddressAuth(KEYS).sign(made, NOW)
    assert signed.headers["authorization"] == signature
    assert signed.query == {**parameters(text), "secretid": "AKIDEXAMPLE", "timestamp": str(STAMP)}
    assert list(signed.query) == sorted(signed.query)
    sent = parse_qs(urlsplit(full_url(signed)).query, keep_blank_values=True)
    assert {name: values[0] for name, values in sent.items()} == signed.query and "|" not in full_url(signed)


def test_flash_with_temporary_credentials() -> None:
    """The session token is one of the signed parameters."""
    made = HttpCall("flash", "POST", FLASH_BASE, {"engine_type": "16k_zh"})
    assert AddressAuth(replace(KEYS, token="session")).sign(made, NOW).query["token"] == "session"


STREAM_VECTORS = [
    (
        (
            "convert_num_mode=1&engine_model_type=16k_zh&expired=1767398399&filter_dirty=0&filter_modal=0&filter_punc=0"
            "&needvad=1&nonce=1234567890&secretid=AKIDEXAMPLE&timestamp=1767311999&voice_format=1"
            "&voice_id=3c9a7d0e-5f3b-4a53-9c39-6e1c5b6b4b10&word_info=1"
        ),
        "LRyv5NMdNCG4Vu2yZymRz8gBLpI%3D",
    ),
    (
        (
            "convert_num_mode=0&engine_model_type=16k_zh&expired=1767398399&filter_dirty=0&filter_modal=0&filter_punc=0"
            "&language_judgment=0&needvad=0&noise_threshold=0&nonce=1767311999&reinforce_hotword=0&secretid=AKIDEXAMPLE"
            "&speaker_diarization=0&sub_service_type=1&timestamp=1767311999&voice_format=4"
            "&voice_id=3c9a7d0e-5f3b-4a53-9c39-6e1c5b6b4b10&word_info=0"
        ),
        "yAEdkpL4eiMIYZwk4D9ADvY3Ux8%3D",
    ),
]


@pytest.mark.parametrize(("text", "signature"), STREAM_VECTORS)
def test_vectors_of_real_time(text: str, signature: str) -> None:
    """The address of a live connection: parameters sorted, signature last and encoded."""
    shuffled = dict(reversed(parameters(text).items()))
    assert stream_address(STREAM_BASE, shuffled, "SecretKeyEXAMPLE") == f"{STREAM_BASE}?{text}&signature={signature}"


def test_nothing_shows_a_key() -> None:
    """No repr of what signs, nor of what was signed, holds a key or a signature."""
    keys = replace(KEYS, token="session")
    shown = [keys, TC3Auth(keys), AddressAuth(keys), TC3Auth(keys).sign(call(), NOW)]
    shown.append(AddressAuth(keys).sign(HttpCall("flash", "POST", FLASH_BASE, {"a": "b"}), NOW))
    told = repr(shown)
    assert not [secret for secret in ("EXAMPLE", "session", "Signature") if secret in told]
