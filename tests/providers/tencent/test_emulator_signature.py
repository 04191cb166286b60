"""The emulator's judgement of signatures, proved against the vectors of the manual and against other signers."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.common.sign import Sign

from earwitness_tencent.emulator._signature import (
    Authorization,
    Tc3Request,
    sha1_matches,
    signing_key,
    url_text,
    utc_date,
)
from support.tencent_emulator import APP_ID, KEY, SECRET_ID, tc3

WHEN = "1767311999"
BODY = b'{"TaskId": 522931820}'
HOST = "asr.tencentcloudapi.com"
CHARSET = "application/json; charset=utf-8"
CREATE = (
    rb'{"EngineModelType": "16k_zh", "ChannelNum": 1, "ResTextFormat": 3, "SourceType": 0, '
    rb'"Url": "https://media.example/a.wav?name=\u6d4b\u8bd5"}'
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# Section 3.5: headers, body, timestamp, signed names, hash of the canonical request, signature.
VECTORS = {
    "A": (
        {"content-type": "application/json", "host": HOST},
        BODY,
        WHEN,
        "ac3bb908f0785c7fcad7e248927784cb561b1c38857e7c75f35337f8ad7a3c8f",
        "710ace91025e1ebd41daec1482a75de8bf7ee87d0ac281fd0c4347007ca50ac0",
    ),
    "B": (
        {"content-type": CHARSET, "host": HOST},
        BODY,
        WHEN,
        "042f6440bdcc0b6bedc4c6330b950c7b9349cafda36b291f50c2e3332647cc83",
        "4152c0262693bee4462f7071efe5d3652ebe6eee3aefb337c76b1b2bc6bb51ce",
    ),
    "C": (
        {"content-type": CHARSET, "host": "asr.intl.tencentcloudapi.com"},
        BODY,
        "1599142563",
        "e2907048b4b44b1637c4f75023737bf1b236f3722048a9f48803df0e8d9b6df9",
        "90065ba22e3abf1abce8cc274a33f5c6f264f9a133cf6cfbe7e92b44b489b8ed",
    ),
    "D": (
        {"content-type": "application/json", "host": HOST},
        CREATE,
        WHEN,
        "d627e6e17e7c6d371350af8f9b37e258c4673db9cad971df7cf4439f12b80299",
        "daedbbb69d664e1ca414a0d5fdb2da11c8c501f7b22904f4802d30d627eecf72",
    ),
    "E": (
        {"content-type": "application/json", "host": "127.0.0.1:8080"},
        BODY,
        WHEN,
        "703d06c03a99a6094fbfb426e5fa0e54858fcfb4c3d7381143954bf5873d95e1",
        "e98345d3695e3afef389c1c2cb75d5f67b5f8a2f42fd4d7d17636da29e115650",
    ),
    "F": (
        {"content-type": CHARSET, "host": HOST, "x-tc-action": "DescribeTaskStatus"},
        BODY,
        WHEN,
        "873636f873971f03ef92924f73c8f634351e5da76f51c6577010499a27cfde71",
        "7f62170ee9dcd0d0716098f5e952c55524a79f9f672fc947421dc44550100c6e",
    ),
}


def claim(name: str, signature: str) -> tuple[Tc3Request, Authorization]:
    headers, body, when, _, _ = VECTORS[name]
    claimed = Authorization.read(
        f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{utc_date(int(when))}/asr/tc3_request, "
        f"SignedHeaders={';'.join(headers)}, Signature={signature}"
    )
    assert claimed is not None
    return Tc3Request(headers, body, when), claimed


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_of_the_manual_verifies(name: str) -> None:
    """Canonical request and signature of each vector are what the manual prints."""
    headers, _, _, canonical, signature = VECTORS[name]
    request, claimed = claim(name, signature)
    assert digest(request.canonical(claimed.signed, host=headers["host"])) == canonical
    assert request.matches(claimed, KEY, [headers["host"]])


@pytest.mark.parametrize("name", VECTORS)
def test_a_signature_with_one_other_digit_does_not_verify(name: str) -> None:
    """The last digit matters as much as the first."""
    headers, _, _, _, signature = VECTORS[name]
    other = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    request, claimed = claim(name, other)
    assert not request.matches(claimed, KEY, [headers["host"]])


def test_the_steps_of_vector_a() -> None:
    """The intermediate results that the manual prints for vector A hold."""
    request, claimed = claim("A", VECTORS["A"][4])
    assert request.string_to_sign(claimed, host=HOST) == (
        f"TC3-HMAC-SHA256\n{WHEN}\n2026-01-01/asr/tc3_request\n{VECTORS['A'][3]}"
    )
    k3 = signing_key(KEY, "2026-01-01", "asr").hex()
    assert k3 == "b1bee5c52c3297ff4eebe3cd5d157b7029a8649581c311d2ee7be88b1da16241"


def test_the_vendors_public_vector() -> None:
    """The vector that the vendor publishes for another service gives its signature."""
    text = (
        "TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n"
        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    )
    key = signing_key("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "2019-02-25", "cvm")
    right = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    assert hmac.digest(key, text.encode(), "sha256").hex() == right


def test_another_body_key_or_host_does_not_verify() -> None:
    """A signature is good for its own body, key and host only."""
    headers, body, when, _, signature = VECTORS["A"]
    request, claimed = claim("A", signature)
    assert not Tc3Request(headers, body + b" ", when).matches(claimed, KEY, [HOST])
    assert not request.matches(claimed, KEY + "x", [HOST])
    assert not request.matches(claimed, KEY, ["127.0.0.1:8080"])
    assert request.matches(claimed, KEY, ["127.0.0.1:8080", HOST])


def test_an_unsigned_payload_is_signed_as_that_word() -> None:
    """With `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` the body may be any."""
    sent = {"content-type": "application/json", "host": HOST}
    claimed = Authorization.read(tc3(sent, b"UNSIGNED-PAYLOAD", timestamp=int(WHEN)))
    assert claimed is not None
    marked = {**sent, "x-tc-content-sha256": "UNSIGNED-PAYLOAD"}
    assert Tc3Request(marked, b"any", WHEN).matches(claimed, KEY, [HOST])
    assert not Tc3Request(sent, b"any", WHEN).matches(claimed, KEY, [HOST])


def test_a_host_may_be_signed_with_its_capitals() -> None:
    """The official Python SDK does not lower the host's letters, the manual does; both verify."""
    sent = {"content-type": "application/json", "host": "ASR.example"}
    request = Tc3Request(sent, BODY, WHEN)
    canonical = request.canonical(("content-type", "host"), host="ASR.example", lower=False)
    assert "host:ASR.example\n" in canonical
    key = signing_key(KEY, "2026-01-01", "asr")
    text = f"TC3-HMAC-SHA256\n{WHEN}\n2026-01-01/asr/tc3_request\n{digest(canonical)}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    claimed = Authorization(SECRET_ID, "2026-01-01", "asr", ("content-type", "host"), signature)
    assert request.matches(claimed, KEY, ["ASR.example"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "SKIP",
        "TC3-HMAC-SHA256",
        "TC3-HMAC-SHA256 Credential=a/b/asr/tc3_request, SignedHeaders=host",
        "TC3-HMAC-SHA1 Credential=a/b/asr/tc3_request, SignedHeaders=host, Signature=0",
        "TC3-HMAC-SHA256 Credential=a/b/asr, SignedHeaders=host, Signature=0",
        "Bearer abc",
    ],
)
def test_any_other_header_is_no_authorization(header: str) -> None:
    """What has another form is refused before anything is computed."""
    assert Authorization.read(header) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_header(text: str) -> None:
    """Whatever is sent, it is read or refused."""
    read = Authorization.read(f"TC3-HMAC-SHA256 Credential={text}/d/asr/tc3_request, SignedHeaders=a, Signature={text}")
    assert read is None or read.date == "d"


FLASH = {
    "ZaZVW8XcwJsik2cE5SMtXGwt9bI=": (
        "convert_num_mode=1&customization_id=&engine_type=16k_zh&filter_dirty=0&filter_modal=0&filter_punc=0"
        "&first_channel_only=1&hotword_list=腾讯云|10,语音识别|5&reinforce_hotword=0&secretid=AKIDEXAMPLE"
        "&sentence_max_length=0&speaker_diarization=0&timestamp=1767311999&voice_format=wav&word_info=1"
    ),
    "ofOoNr7fyjpnCpI77xB5ErXteg4=": (
        "convert_num_mode=1&engine_type=16k_zh&filter_dirty=0&filter_modal=0&filter_punc=0&first_channel_only=1"
        "&hotword_list=腾讯云|10,语音识别|5&secretid=AKIDEXAMPLE&speaker_diarization=0&timestamp=1767311999"
        "&voice_format=wav&word_info=1"
    ),
}
STREAM = {
    "LRyv5NMdNCG4Vu2yZymRz8gBLpI=": (
        "convert_num_mode=1&engine_model_type=16k_zh&expired=1767398399&filter_dirty=0&filter_modal=0&filter_punc=0"
        "&needvad=1&nonce=1234567890&secretid=AKIDEXAMPLE&timestamp=1767311999&voice_format=1"
        "&voice_id=3c9a7d0e-5f3b-4a53-9c39-6e1c5b6b4b10&word_info=1"
    ),
    "yAEdkpL4eiMIYZwk4D9ADvY3Ux8=": (
        "convert_num_mode=0&engine_model_type=16k_zh&expired=1767398399&filter_dirty=0&filter_modal=0&filter_punc=0"
        "&language_judgment=0&needvad=0&noise_threshold=0&nonce=1767311999&reinforce_hotword=0&secretid=AKIDEXAMPLE"
        "&speaker_diarization=0&sub_service_type=1&timestamp=1767311999&voice_format=4"
        "&voice_id=3c9a7d0e-5f3b-4a53-9c39-6e1c5b6b4b10&word_info=0"
    ),
}


def pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]


@pytest.mark.parametrize("signature", FLASH)
def test_the_vectors_of_flash_verify_in_any_order(signature: str) -> None:
    """The parameters are sorted before they are signed, empty ones included."""
    place = f"asr.cloud.tencent.com/asr/flash/v1/{APP_ID}"
    sent = list(reversed(pairs(FLASH[signature])))
    assert url_text(place, sent) == f"{place}?{FLASH[signature]}"
    assert sha1_matches("POST" + url_text(place, sent), signature, KEY)
    assert not sha1_matches("POST" + url_text(place, sent[1:]), signature, KEY)


@pytest.mark.parametrize("signature", STREAM)
def test_the_vectors_of_real_time_verify_without_the_signature_itself(signature: str) -> None:
    """The parameter `signature` is no part of what is signed."""
    place = f"asr.cloud.tencent.com/asr/v2/{APP_ID}"
    sent = [*pairs(STREAM[signature]), ("signature", signature)]
    assert sha1_matches(url_text(place, sent), signature, KEY)
    assert not sha1_matches(url_text(place, sent), signature, KEY + "x")


@given(st.text(), st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_a_url_signature_is_the_one_of_its_text_alone(text: str, claimed: str, key: str) -> None:
    """Nothing but the Base64 of the HMAC is taken, and no claim breaks the comparison."""
    right = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert sha1_matches(text, right, key)
    assert sha1_matches(text, claimed, key) == (claimed == right)


def test_the_official_signer_agrees() -> None:
    """The official Python SDK's own function signs the string of vector A alike."""
    request, claimed = claim("A", "0")
    text = request.string_to_sign(claimed, host=HOST)
    assert Sign.sign_tc3(KEY, claimed.date, claimed.service, text) == VECTORS["A"][4]
