"""Settings of Tencent: what is forgiven, what is refused and how, and that no credential is ever shown."""

import itertools

import pytest
from pydantic import BaseModel, ValidationError

from earwitness.config import Profile, settings_of
from earwitness.errors import ConfigurationError
from earwitness_tencent.provider import Tencent
from earwitness_tencent.settings import FlashOptions, RealtimeOptions, RecordingOptions, SentenceOptions, Settings
from support.tencent import APP_ID, KEYS, provider, settings


def endpoint(given: str) -> str | None:
    return settings(endpoint=given).endpoint


def test_the_keys_are_enough() -> None:
    """A pair of keys is a whole profile; everything else has the vendor's own value."""
    bare = Settings.model_validate({"secret_id": "a", "secret_key": "b"})
    assert (bare.token, bare.app_id, bare.site, bare.region, bare.endpoint) == (None, None, "china", None, None)
    assert bare.flash_url == "https://asr.cloud.tencent.com/asr/flash/v1"
    assert bare.stream_url == "wss://asr.cloud.tencent.com/asr/v2"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("asr.ap-guangzhou.tencentcloudapi.com", "https://asr.ap-guangzhou.tencentcloudapi.com"),
        ("https://ASR.tencentcloudapi.com/", "https://asr.tencentcloudapi.com"),
        ("https://asr.tencentcloudapi.com:443", "https://asr.tencentcloudapi.com"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://gateway.example:8443", "https://gateway.example:8443"),
    ],
)
def test_endpoints_as_people_write_them(given: str, kept: str) -> None:
    """A bare host, capitals, a slash and the usual port are forgiven; the host is signed, so it is written one way."""
    assert endpoint(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://asr.tencentcloudapi.com",
        "http://10.0.0.1:80",
        "ftp://h",
        "",
        " ",
        "https://h/path",
        "https://u:p@h",
        "h:x",
    ],
)
def test_endpoints_that_are_none(given: str) -> None:
    """Plain http beyond this machine, other schemes, paths and users are refused."""
    with pytest.raises(ValidationError):
        endpoint(given)


@pytest.mark.parametrize(
    "given",
    [
        "http://127.0.0.1:8080",
        "127.0.0.1:8080",
        "http://127.0.0.1:8080/asr/flash/v1",
        "http://127.0.0.1:8080/asr/flash/v1/1250000000",
    ],
)
def test_flash_addresses(given: str) -> None:
    """Whatever was copied behind the path of flash is cut off."""
    assert settings(flash_url=given).flash_url == "http://127.0.0.1:8080/asr/flash/v1"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/asr/v2"),
        ("http://127.0.0.1:8080/asr/v2/1250000000", "ws://127.0.0.1:8080/asr/v2"),
        ("wss://asr.cloud.tencent.com", "wss://asr.cloud.tencent.com/asr/v2"),
        ("https://proxy.example/under/asr/v2/", "wss://proxy.example/under/asr/v2"),
    ],
)
def test_stream_addresses(given: str, kept: str) -> None:
    """The address of live audio may be written as either of its kinds."""
    assert settings(stream_url=given).stream_url == kept


def test_a_plain_stream_is_for_this_machine() -> None:
    """An unencrypted connection is refused as everywhere."""
    with pytest.raises(ValidationError, match="plain http"):
        settings(stream_url="ws://asr.cloud.tencent.com/asr/v2")


def test_the_app_id_is_a_number() -> None:
    """The AppId may be written as text or as number; what is none is refused."""
    assert settings(app_id=1250000000).app_id == settings(app_id="1250000000").app_id == APP_ID
    for wrong in ("12/34", "", "abc", -1, True, 1.5):
        with pytest.raises(ValidationError):
            settings(app_id=wrong)


@pytest.mark.parametrize("region", ["ap-guangzhou", "na-siliconvalley", "eu-frankfurt", "ap-shanghai-fsi"])
def test_regions(region: str) -> None:
    """A region is named as the vendor does; which there are, the vendor knows."""
    assert settings(region=region).region == region
    with pytest.raises(ValidationError):
        settings(region=f"{region}\r\nX: y")


def test_keys_lose_the_blanks_of_copying() -> None:
    """Blanks around a key are cut off, as the vendor refuses them; within they are refused."""
    assert settings(secret_id=" AKID\n").secret_id.get_secret_value() == "AKID"
    for wrong in ("", "  ", "a b", "ключ"):
        with pytest.raises(ValidationError):
            settings(secret_key=wrong)


def test_no_credential_is_ever_shown() -> None:
    """Neither settings nor what is wrong with them shows a secret; all of them are known to the masker."""
    shown = repr(settings()) + str(settings().model_dump())
    assert not [key for key in KEYS.values() if key in shown]
    profile = Profile("p", "tencent", {**KEYS, "endpoint": "http://SECRETPLACE.example"})
    with pytest.raises(ConfigurationError) as caught:
        settings_of(profile, Tencent)
    told = str(caught.value)
    assert "plain http" in told and not [key for key in (*KEYS.values(), "SECRETPLACE") if key in told]
    assert set(KEYS.values()) <= set(provider()[0].secrets())


@pytest.mark.parametrize("model", [RecordingOptions, SentenceOptions, FlashOptions, RealtimeOptions, Settings])
def test_every_option_is_explained(model: type[BaseModel]) -> None:
    """Each field has its line of documentation, and unknown fields are refused by name only."""
    import ast
    import inspect

    body = ast.parse(inspect.getsource(model)).body[0].body  # type: ignore[attr-defined]  # a class statement
    for node, following in itertools.pairwise(body):
        if isinstance(node, ast.AnnAssign):
            assert isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"unheard": "SECRETVALUE"})
    assert "unheard" in str(caught.value) and "SECRETVALUE" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text_format": 6},
        {"convert_num_mode": 2},
        {"filter_punc": 3},
        {"speaker_roles": [{"audio_url": "https://h/a", "name": "A"}] * 2},
        {"speaker_roles": [{"audio_url": "file:///a", "name": "A"}]},
        {"keyword_libs": ["a"] * 11},
        {"callback": "ftp://h"},
        {"extra": "{}"},
        {"hotword_id": ""},
    ],
)
def test_options_are_typed(wrong: dict[str, object]) -> None:
    """A value that the manual does not have is refused before anything is sent."""
    with pytest.raises(ValidationError):
        RecordingOptions.model_validate(wrong)
