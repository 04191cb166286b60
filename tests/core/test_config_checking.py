"""All mistakes of a configuration at once, secrets by their place, and the schema for editors."""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import keyring
import keyring.backend
import keyring.errors
import pytest

from earwitness._checking import Mistake, mistakes
from earwitness._schema import config_schema, installed_settings
from earwitness.config import Profile, load_config, settings_of
from earwitness.errors import ConfigurationError
from earwitness.provider import Provider, ProviderSettings
from support.distributions import Site, on_path, provider_source

SECRET = "hunter2-hunter2"
GONE = "earwitness.toml: default_profile: no profile 'gone' is configured, and no provider of that name is installed"
KEYED = """
from pydantic import SecretStr

class Settings(ProviderSettings):
    key: SecretStr
    token: SecretStr | None = None
    region: str = "eu"

"""


class _Settings(ProviderSettings):
    key: str = ""


class _Vendor(Provider[_Settings]):
    name = "vendor"
    Settings = _Settings


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's file, in an empty folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    for name in ("EARWITNESS_CONFIG", "EARWITNESS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Path("earwitness.toml")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An installed provider `keyed` that wants a key."""
    with on_path(tmp_path / "site") as made:
        source = provider_source("keyed", body="    Settings = Settings\n")
        made.provider("keyed", source.replace("class Fake", f"{KEYED}class Fake"))
        yield made


def _told(found: list[Mistake]) -> list[tuple[str, str]]:
    return [(one.key, one.message) for one in found]


class TestChecking:
    def test_nothing_wrong(self, file: Path, site: Site) -> None:
        """A good configuration has no mistakes, and so has none at all."""
        assert mistakes() == []
        file.write_text(f'[profiles.a]\nprovider = "keyed"\nsettings = {{ key = "{SECRET}" }}\n')
        assert mistakes() == []

    def test_every_key_is_named_with_its_file(self, file: Path, tmp_path: Path) -> None:
        """Mistakes of both files come out, however many there are, each with file, key and the nearest."""
        user = tmp_path / "home" / "earwitness" / "earwitness.toml"
        user.parent.mkdir(parents=True)
        user.write_text("defualt_profile = 'x'\n")
        file.write_text("\n".join(f"[profiles.p{number}]\nprovidr = 'x'" for number in range(4)))
        found = mistakes()
        assert len(found) == 9
        assert found[0] == Mistake("is not known (did you mean default_profile?)", None, "defualt_profile", None, user)
        assert ("profiles.p3.providr", "is not known (did you mean provider?)") in _told(found)
        assert {one.file for one in found[1:]} == {file}

    def test_broken_toml_is_one_mistake(self, file: Path) -> None:
        """A file that is no TOML is told by line and column."""
        file.write_text("a = = 1")
        assert [one.message for one in mistakes()] == ["earwitness.toml, line 1, column 5: Invalid value"]

    def test_what_only_a_provider_knows(self, file: Path, site: Site) -> None:
        """An unknown provider, unknown settings and every missing secret are told, by profile and never by value."""
        file.write_text(
            f"""
default_profile = "gone"
[profiles.a]
provider = "keyd"
[profiles.b]
provider = "keyed"
settings = {{ key = {{ env = "NOT_SET" }}, token = {{ file = "gone.txt" }}, reigon = "{SECRET}" }}
[profiles.c]
provider = "keyed"
settings = {{ region = 3 }}
"""
        )
        found = mistakes()
        assert SECRET not in repr(found)
        assert _told(found) == [
            ("profiles.a.provider", "No provider 'keyd' is installed"),
            ("profiles.b.settings.key", "the environment variable NOT_SET is not set"),
            (
                "profiles.b.settings.token",
                f"{Path.cwd() / 'gone.txt'} cannot be read: No such file or directory",
            ),
            ("profiles.b.settings.reigon", "is not known (did you mean region?)"),
            ("profiles.c.settings.key", "is missing"),
            ("profiles.c.settings.region", "input should be a valid string"),
            ("", GONE),
        ]
        assert [one.profile for one in found] == ["a", "b", "b", "b", "c", "c", None]
        assert found[1].action == "Set NOT_SET."

    def test_a_variable_is_named(self, file: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong setting that a variable brought is told with the variable."""
        file.write_text(f'[profiles.a]\nprovider = "keyed"\nsettings = {{ key = "{SECRET}" }}\n')
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS__REIGON", "x")
        (found,) = mistakes()
        assert found.key == "profiles.a.settings.reigon"
        assert found.message.endswith("(set by EARWITNESS__PROFILES__A__SETTINGS__REIGON)")


class _Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, for the library itself to ask."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise keyring.errors.KeyringLocked(SECRET)
        return SECRET if (service, username) == ("earwitness/clova", "calls") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


class TestKeyring:
    @pytest.fixture(autouse=True)
    def ring(self) -> Iterator[None]:
        before = keyring.get_keyring()
        keyring.set_keyring(_Ring())  # type: ignore[no-untyped-call]  # its metaclass has no types
        yield
        keyring.set_keyring(before)

    def test_a_secret_of_the_keyring(self) -> None:
        """`{ keyring = "service/user" }` is the password of that entry; the last slash stands before the user."""
        settings = settings_of(Profile("a", "vendor", {"key": {"keyring": "earwitness/clova/calls"}}), _Vendor)
        assert isinstance(settings, _Settings)
        assert settings.key == SECRET

    @pytest.mark.parametrize(
        ("entry", "told"),
        [
            ("earwitness/nobody", "has nothing for earwitness / nobody. Store it: keyring set earwitness nobody"),
            ("locked/me", "cannot be read (KeyringLocked)"),
            ("alone", "the keyring's entry 'alone' has no user"),
        ],
    )
    def test_what_it_does_not_hold(self, entry: str, told: str) -> None:
        """A missing entry, a locked keyring and a wrong name are told by profile and key, with what to do."""
        with pytest.raises(ConfigurationError) as caught:
            settings_of(Profile("a", "vendor", {"key": {"keyring": entry}}), _Vendor)
        assert str(caught.value).startswith("Profile 'a': settings.key: ")
        assert told in str(caught.value)
        assert SECRET not in str(caught.value)

    def test_without_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where keyring is not installed the extra is named."""
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(ConfigurationError, match=r'settings.key: .*pip install "earwitness\[keyring\]"'):
            settings_of(Profile("a", "vendor", {"key": {"keyring": "a/b"}}), _Vendor)


class TestSchema:
    GOOD = """
default_profile = "a"
[profiles.a]
provider = "keyed"
on_unsupported = "drop"
fallback = ["scripted"]
limits = { jobs_at_once = 2 }
price = { per_hour = 1, currency = "EUR" }
settings = { key = { env = "X" }, region = "eu" }
[profiles.a.request]
language = "ko"
speakers = "2-4"
hot_words = ["one", { text = "two", weight = 3 }]
"""

    def test_it_is_a_schema(self, site: Site) -> None:
        """It is JSON Schema of the declared dialect, and every reference in it leads somewhere."""
        schema = config_schema(installed_settings())
        jsonschema.Draft202012Validator.check_schema(schema)
        text = json.dumps(schema)
        for reference in {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}:
            assert reference in schema["$defs"]

    def test_it_takes_what_the_code_takes(self, file: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that loads fits the schema, with everything that is looser than what it becomes."""
        monkeypatch.setenv("X", SECRET)
        file.write_text(self.GOOD)
        assert load_config().profile().request.speakers is not None
        assert mistakes() == []
        jsonschema.validate(tomllib.loads(self.GOOD), config_schema(installed_settings()))

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ('"drop"', '"dorp"'),
            ("jobs_at_once", "jobs"),
            ("region", "reigon"),
            ('{ env = "X" }', '{ env = "X", file = "y" }'),
            ("key =", "token ="),
            ('language = "ko"', "language = 3"),
            ("price", "prize"),
            ('provider = "keyed"', ""),
            ('"2-4"', '"two"'),
            ('settings = { key = { env = "X" }, region = "eu" }', ""),
        ],
    )
    def test_it_refuses_what_the_code_refuses(self, site: Site, right: str, wrong: str) -> None:
        """A misspelt key, a wrong value and a missing setting do not fit the schema."""
        validator = jsonschema.Draft202012Validator(config_schema(installed_settings()))
        assert list(validator.iter_errors(tomllib.loads(self.GOOD.replace(right, wrong))))

    def test_keys_are_explained(self, site: Site) -> None:
        """Every key of the file itself says what it means."""
        definitions = config_schema({})["$defs"]
        for name in ("ProfileTable", "Limits", "Price", "RequestOptions"):
            for key, field in definitions[name]["properties"].items():
                assert field.get("description"), f"{name}.{key}"
