"""All mistakes of a configuration at once, secrets by their place, and the schema for editors."""

import json
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import jsonschema
import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness._checking import Mistake, check
from earwitness._fallbacks import wrong_fallbacks
from earwitness._lines import line_at, lines_of
from earwitness._schema import config_schema, installed_settings
from earwitness.config import Profile, load_config, settings_of
from earwitness.errors import ConfigurationError
from earwitness.provider import Provider, ProviderSettings
from support.distributions import Site, on_path, provider_source

SECRET = "hunter2-hunter2"
GONE = "no profile 'gone' is configured, and no provider of that name is installed"
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


def mistakes() -> list[Mistake]:
    """Those of the files that are found."""
    return list(check().mistakes)


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
        assert found[0] == Mistake(
            "is not known (did you mean default_profile?)", None, "defualt_profile", None, user, 1
        )
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
            ("default_profile", GONE),
            ("profiles.a.provider", "No provider 'keyd' is installed"),
            ("profiles.b.settings.key", "the environment variable NOT_SET is not set"),
            (
                "profiles.b.settings.token",
                f"{Path.cwd() / 'gone.txt'} cannot be read: No such file or directory",
            ),
            ("profiles.b.settings.reigon", "is not known (did you mean region?)"),
            ("profiles.c.settings.key", "is missing"),
            ("profiles.c.settings.region", "must be text"),
        ]
        assert [one.profile for one in found] == [None, "a", "b", "b", "b", "c", "c"]
        assert [one.line for one in found] == [2, 4, 7, 7, 7, 10, 10]
        assert found[2].action == "Set NOT_SET."

    def test_a_wrong_table_hides_nothing(self, file: Path, site: Site) -> None:
        """What is wrong in one table is told together with what only its provider, or another table, shows wrong."""
        file.write_text(
            """
extra = 1
[profiles.a]
provider = "keyed"
fallback = ["gone"]
[profiles.a.settings]
key = { env = 3 }
[profiles.a.request]
speakers = "many"
[profiles.b]
limits = 3
[profiles.c]
provider = "keyed"
fallback = ["a", "c"]
settings = { key = "k" }
price = { per_hour = -1, currency = "EUR" }
"""
        )
        assert [(one.line, one.key) for one in mistakes()] == [
            (2, "extra"),
            (5, "profiles.a.fallback"),
            (7, "profiles.a.settings.key"),
            (9, "profiles.a.request.speakers"),
            (10, "profiles.b.provider"),
            (11, "profiles.b.limits"),
            (14, "profiles.c.fallback"),
            (16, "profiles.c.price.per_hour"),
        ]

    def test_what_no_request_can_ask(self, file: Path, tmp_path: Path) -> None:
        """A default service or vendor option that the provider has not is told; what one of its services has is not."""
        with on_path(tmp_path / "own") as site:
            body = """
    capabilities = Capabilities(services=(Service("long", options=Long), Service("short", options=Short)))
"""
            models = """
from pydantic import BaseModel
class Long(BaseModel, extra="forbid"):
    callback: str = ""
class Short(BaseModel, extra="forbid"):
    tone: str = ""

"""
            source = provider_source("picky", body=body).replace("class Fake", f"{models}class Fake")
            site.provider("picky", source)
            file.write_text(
                """
[profiles.a]
provider = "picky"
[profiles.a.request]
vendor = { callback = "x", tone = "y", calback = "z" }
[profiles.b]
provider = "picky"
request = { service = "short", vendor = { callback = "x" } }
[profiles.c]
provider = "picky"
request = { service = "wide" }
"""
            )
            assert [(one.line, one.key, one.message) for one in mistakes()] == [
                (5, "profiles.a.request.vendor.calback", "is not known (did you mean callback?)"),
                (8, "profiles.b.request.vendor.callback", "is not known (known: tone)"),
                (11, "profiles.c.request.service", "is none of the services long, short"),
            ]

    def test_variables_hide_nothing(self, file: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every wrong variable is told beside what is wrong in the file, and none is laid at the file's door."""
        file.write_text(f'[profiles.a]\nprovider = "keyed"\nsettings = {{ key = "{SECRET}", x = 1 }}\n')
        for name, text in {
            "PROFILES__A__ON_UNSUPPORTED": "never",
            "PROFILES__A__PROVIDER__X": "1",
            "PROFILES__A__SETTINGS__REIGON": "1",
            "PROFILES__B": "3",
            "NEW": "1",
        }.items():
            monkeypatch.setenv(f"EARWITNESS__{name}", text)
        found = [(one.file, one.key, one.message.rpartition(" (set by ")[0]) for one in mistakes()]
        assert found[0] == (file, "profiles.a.settings.x", "")
        assert sorted(found[1:], key=str) == [
            (None, "", ""),
            (None, "new", "is not known (known: default_profile, profiles)"),
            (None, "profiles.a.on_unsupported", "must be 'error', 'warn' or 'drop'"),
            (None, "profiles.a.settings.reigon", "is not known (did you mean region?)"),
            (None, "profiles.b", "must be a table of keys and values"),
        ]

    def test_what_is_kept_for_later_is_noted(self, file: Path, site: Site) -> None:
        """Limits and fallbacks are right, and it is said that nothing acts upon them; without them nothing is said."""
        file.write_text('[profiles.a]\nprovider = "scripted"\n')
        assert check().notes == ()
        with file.open("a") as more:
            more.write('limits = { jobs_at_once = 2 }\nfallback = ["keyed"]\n')
        assert check().mistakes == ()
        assert check().notes == (
            "limits is checked, and nothing acts upon it yet: a.",
            "fallback is checked, and nothing acts upon it yet: a.",
        )

    def test_a_dense_web_of_fallbacks(self, file: Path, site: Site) -> None:
        """Thirty profiles that each fall back on all later ones are checked at once, for there is no circle."""
        names = [f"p{number}" for number in range(30)]
        file.write_text(
            "".join(
                f'[profiles.{name}]\nprovider = "scripted"\nfallback = {json.dumps(names[number + 1 :])}\n'
                for number, name in enumerate(names)
            )
        )
        assert mistakes() == []

    def test_a_circle_is_told_once(self, file: Path, site: Site) -> None:
        """A circle of fallbacks is one mistake however many take part in it; who only leads into one has none."""
        ways = {"a": ["b"], "b": ["c", "d"], "c": ["e"], "d": ["e", "b"], "e": [], "f": ["f"]}
        file.write_text(
            "".join(f'[profiles.{name}]\nprovider = "scripted"\nfallback = {to}\n' for name, to in ways.items())
        )
        assert _told(mistakes()) == [
            ("profiles.b.fallback", "the profiles fall back in a circle: b -> d -> b"),
            ("profiles.f.fallback", "the profiles fall back in a circle: f -> f"),
        ]

    @given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3).map(tuple)))
    def test_a_circle_is_found_where_there_is_one(self, ways: dict[str, tuple[str, ...]]) -> None:
        """Some circle is told exactly where following the fallbacks can come back, and what is told is one."""
        told = [reason for _, reason, _ in wrong_fallbacks(ways, lambda: "abcdef")]
        assert bool(told) == any(_returns(name, ways) for name in ways)
        for reason in told:
            steps = reason.rpartition(": ")[2].split(" -> ")
            assert all(after in ways[before] for before, after in pairwise(steps)) and steps[0] == steps[-1]

    def test_a_variable_is_named(self, file: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong setting that a variable brought is told with the variable."""
        file.write_text(f'[profiles.a]\nprovider = "keyed"\nsettings = {{ key = "{SECRET}" }}\n')
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS__REIGON", "x")
        (found,) = mistakes()
        assert found.key == "profiles.a.settings.reigon"
        assert found.message.endswith("(set by EARWITNESS__PROFILES__A__SETTINGS__REIGON)")
        assert (found.file, found.line) == (None, None)


class TestLines:
    TEXT = """# [no.table]
a = 1
b.c = \"\"\"x
[no]
"quoted\"\"\"\"\" # ]
"q.r".s = 'it#s ]'
list = [ # ]
    { x = 1 }, '[',
    [2, 3],
]
[t."u v" . w] # hi
k = { l = { m = "\\"[" } }
[[t.many]]
x = 1
[[t.many]]
x = 2
[t.many.sub]
[[t.many.sub.deep]]
y = 1
"""

    @pytest.mark.parametrize(
        ("place", "line"),
        [
            ("a", 2),
            ("b.c", 3),
            ("q.r.s", 6),
            ("list.0.x", 7),
            ("list.2.1", 7),
            ("t.u v.w", 11),
            ("t.u v.w.k.l.m", 12),
            ("t.many", 13),
            ("t.many.0.x", 14),
            ("t.many.1.x", 16),
            ("t.many.1.gone", 15),
            ("t.many.1.sub", 17),
            ("t.many.1.sub.deep.0.y", 19),
            ("no", None),
            ("gone", None),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_each_key_has_its_line(self, place: str, line: int | None, end: str) -> None:
        """A key's line is where it is written, whatever brackets stand in texts and comments before it."""
        text = self.TEXT.replace("\n", end)
        tomllib.loads(text)
        assert line_at(place, lines_of(text)) == line


def _returns(goal: str, ways: dict[str, tuple[str, ...]]) -> bool:
    """Whether somebody who follows the fallbacks can come back to this profile."""
    seen: set[str] = set()
    ahead = {*ways[goal]}
    while ahead - seen:
        seen |= ahead
        ahead = {one for name in seen for one in ways.get(name, ())}
    return goal in seen


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
