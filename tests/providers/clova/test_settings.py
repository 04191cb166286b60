"""Settings of CLOVA: what is forgiven, what is refused and how, and that no key is ever shown."""

import pytest
from pydantic import ValidationError

from earwitness.config import Profile, settings_of
from earwitness.errors import ConfigurationError
from earwitness_clova.provider import Clova
from earwitness_clova.settings import LongOptions, Settings, ShortOptions
from support.clova import DOMAIN, INVOKE_KEY, KEYS, provider, settings

WHOLE = f"https://clovaspeech-gw.ncloud.com{DOMAIN}"


def refused(**given: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(Profile("korean", "clova", given), Clova)
    return str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        WHOLE,
        f"{WHOLE}/",
        f"  {WHOLE}//  ",
        f"{WHOLE}/recognizer",
        f"{WHOLE}/recognizer/upload",
        f"{WHOLE}/recognizer/upload/",
        f"{WHOLE}/recognizer/object-storage?x=1",
        WHOLE.replace(".com/", ".com//"),
        WHOLE.replace("/v1/", "//v1///"),
        WHOLE.removeprefix("https://"),
    ],
)
def test_an_invoke_url_is_forgiven_what_people_append(given: str) -> None:
    """Slashes, the path of a call and a missing scheme do not matter."""
    url = settings(invoke_url=given).invoke_url
    assert url is not None and url.get_secret_value() == WHOLE


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("https://clovaspeech-gw.ncloud.com", "only a host; copy the whole Invoke URL"),
        ("clovaspeech-gw.ncloud.com/", "only a host"),
        ("https://clovaspeech-gw.ncloud.com/recog/v1/stt", "not an Invoke URL; copy the whole"),
        ("https://clovaspeech-gw.ncloud.com/external/v1/4242", "not an Invoke URL"),
        ("ftp://clovaspeech-gw.ncloud.com/external/v1/1/2", "not an http or https address"),
        ("https://user:pass@host/external/v1/1/2", "not an http or https address"),
        ("https://host:99999/external/v1/1/2", "not an http or https address"),
        ("https://host/external/v1/1/two words", "not an http or https address"),
        ("", "not an http or https address"),
    ],
)
def test_what_is_no_invoke_url_is_refused_helpfully(given: str, why: str) -> None:
    """A bare host or another address is refused with what to copy instead."""
    assert why in refused(invoke_url=given, secret_key="k")


def test_half_a_long_domain_is_refused() -> None:
    """An Invoke URL without its key, and a key without its URL, name what is missing."""
    assert "secret_key is missing" in refused(invoke_url=WHOLE)
    assert "invoke_url is missing" in refused(secret_key="k")


def test_no_key_at_all_is_refused() -> None:
    """A profile without any service says which keys would bring one."""
    assert "set invoke_url and secret_key, short_secret_key, or stream_secret_key" in refused()


@pytest.mark.parametrize("key", ["", "  ", "two words", "키", "line\nbreak"])
def test_what_is_no_key_is_refused(key: str) -> None:
    """An empty key, or one that no HTTP header could carry, is refused."""
    told = refused(short_secret_key=key)
    assert "short_secret_key" in told and (not key.strip() or key not in told)


def test_a_key_is_stripped() -> None:
    """The line break at the end of a copied key does not matter."""
    key = settings(short_secret_key="abcd\n").short_secret_key
    assert key is not None and key.get_secret_value() == "abcd"


def test_endpoints_can_be_overridden() -> None:
    """Another server's addresses are taken with and without path; what is no address is refused."""
    assert settings(short_url="http://127.0.0.1:8080/").short_url == "http://127.0.0.1:8080/recog/v1/stt"
    assert settings(short_url="https://h/other").short_url == "https://h/other"
    assert settings(short_url="https://h//recog/v1/stt/").short_url == "https://h/recog/v1/stt"
    assert "not an http or https address" in refused(short_secret_key="k", short_url="a b")


@pytest.mark.parametrize("host", ["clovaspeech-gw.ncloud.com", "localhost.example", "127.0.0.1.example", "10.0.0.1"])
def test_plain_http_is_for_this_machine_alone(host: str) -> None:
    """To a remote host it would show the key, so that it is refused; a server on this machine is fine."""
    for given in ({"invoke_url": f"http://{host}{DOMAIN}", "secret_key": "k"}, {"short_url": f"http://{host}/"}):
        told = refused(short_secret_key="k", **given)
        assert "plain http" in told and "use https" in told and INVOKE_KEY not in told
    for here in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        assert settings(short_url=f"http://{here}").short_url == f"http://{here}/recog/v1/stt"
        url = settings(invoke_url=f"http://{here}{DOMAIN}").invoke_url
        assert url is not None and url.get_secret_value() == f"http://{here}{DOMAIN}"


def test_every_secret_is_named_to_the_masker() -> None:
    """The masker learns every key and the invoke key; none of them is in a repr, nor in a reason for a refusal."""
    clova, _ = provider()
    assert {*KEYS.values(), INVOKE_KEY} <= set(clova.secrets())
    for secret in (*KEYS.values(), INVOKE_KEY):
        assert secret not in repr(clova.settings) and secret not in str(clova.settings.model_dump())
    assert INVOKE_KEY not in refused(invoke_url=f"https://h/{INVOKE_KEY}", secret_key="k")
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"invoke_url": f"https://h/{INVOKE_KEY}", "secret_key": "LONGKEYMARKER"})
    assert INVOKE_KEY not in str(caught.value) and "LONGKEYMARKER" not in str(caught.value)


def test_options_of_a_service_are_not_those_of_another() -> None:
    """Each service has options of its own, and an unknown one is refused."""
    with pytest.raises(ValidationError):
        LongOptions.model_validate({"assessment": True})
    with pytest.raises(ValidationError):
        ShortOptions.model_validate({"completion": "sync"})


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("clovaspeech-gw.ncloud.com:50051", "clovaspeech-gw.ncloud.com:50051"),
        (" https://clovaspeech-gw.ncloud.com/ ", "clovaspeech-gw.ncloud.com:50051"),
        ("grpcs://10.0.0.1:443", "10.0.0.1:443"),
        ("[::1]:9", "[::1]:9"),
    ],
)
def test_a_stream_target_is_forgiven_its_scheme(given: str, target: str) -> None:
    """A scheme, a slash and a missing port do not matter."""
    assert settings(stream_target=given).stream_target == target


@pytest.mark.parametrize("given", ["", "host:0", "host:x", "a b:1", "u:p@host:1", "host:1/recog", "ftp://host:1"])
def test_what_is_no_stream_target_is_refused(given: str) -> None:
    """What is no host and port is refused by the setting's name."""
    assert "stream_target" in refused(stream_secret_key="k", stream_target=given)


@pytest.mark.parametrize("target", ["127.0.0.1:1", "localhost:1", "[::1]:1", "LOCALHOST:1"])
def test_plaintext_streams_are_for_this_machine(target: str) -> None:
    """Without TLS only this machine is reached: elsewhere the key would be readable on the way."""
    assert settings(stream_plaintext=True, stream_target=target).stream_plaintext
    told = refused(stream_secret_key="k", stream_plaintext=True)
    assert "for localhost and 127.0.0.1" in told
    assert "for localhost" in refused(stream_secret_key="k", stream_plaintext=True, stream_target="localhost.evil:1")
