"""Who wins: what is said in the call, then the environment, the project's file, the user's file, and the default."""

import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

import earwitness
from earwitness._precedence import PRECEDENCE
from earwitness.config import Config, Profile, load_config, settings_of
from earwitness.errors import ConfigurationError
from earwitness.provider import Provider, ProviderSettings
from earwitness.request import RequestOptions, TranscriptionRequest


class _Settings(ProviderSettings):
    key: str = "default"
    number: int = 0
    flag: bool = False
    words: tuple[str, ...] = ()


class _Vendor(Provider[_Settings]):
    name = "vendor"
    Settings = _Settings


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A current folder and a user's folder, both empty, whoever runs the tests."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EARWITNESS_CONFIG", raising=False)
    monkeypatch.delenv("EARWITNESS_PROFILE", raising=False)
    made = {"user": tmp_path / "home" / "earwitness" / "earwitness.toml", "project": tmp_path / "work/earwitness.toml"}
    for path in made.values():
        path.parent.mkdir(parents=True)
    monkeypatch.chdir(made["project"].parent)
    return made


def _file(profile: str, key: str, *, default: bool = True) -> str:
    chosen = f'default_profile = "{profile}"\n' if default else ""
    return f'{chosen}[profiles.{profile}]\nprovider = "vendor"\nsettings = {{ key = "{key}" }}\n'


def _read(profile: Profile) -> _Settings:
    settings = settings_of(profile, _Vendor)
    assert isinstance(settings, _Settings)
    return settings


class TestFiles:
    def test_both_files_are_read(self, folders: dict[str, Path]) -> None:
        """Profiles of the user's file stand beside those of the project's."""
        folders["user"].write_text(_file("mine", "u", default=False))
        folders["project"].write_text(_file("ours", "p", default=False))
        config = load_config()
        assert sorted(config.profiles) == ["mine", "ours"]
        assert config.profiles["mine"].path == folders["user"]
        assert config.profiles["ours"].path == Path("earwitness.toml")
        assert config.paths == (folders["user"], Path("earwitness.toml"))

    def test_a_profile_of_the_project_replaces_the_users_whole(self, folders: dict[str, Path]) -> None:
        """Nothing of the user's profile of the same name is left: half of another's credentials helps nobody."""
        folders["user"].write_text(_file("a", "u") + "on_unsupported = 'drop'\n")
        folders["project"].write_text('[profiles.a]\nprovider = "vendor"\n')
        profile = load_config().profiles["a"]
        assert profile.settings == {}
        assert profile.on_unsupported == "error"

    def test_top_level_keys_of_the_project_win(self, folders: dict[str, Path]) -> None:
        """The project's default_profile wins, and the user's holds where the project has none."""
        folders["user"].write_text(_file("mine", "u"))
        folders["project"].write_text(_file("ours", "p", default=False))
        assert load_config().profile().name == "mine"
        folders["project"].write_text(_file("ours", "p"))
        assert load_config().profile().name == "ours"

    def test_a_named_file_replaces_both(
        self, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a file that the call or EARWITNESS_CONFIG names, the others are not read, and the call's wins."""
        folders["user"].write_text("broken = = toml")
        folders["project"].write_text(_file("ours", "p"))
        called, variable = tmp_path / "called.toml", tmp_path / "variable.toml"
        called.write_text(_file("c", "c"))
        variable.write_text(_file("v", "v"))
        monkeypatch.setenv("EARWITNESS_CONFIG", str(variable))
        assert list(load_config().profiles) == ["v"]
        assert list(load_config(called).profiles) == ["c"]

    def test_a_mistake_in_the_users_file_names_it(self, folders: dict[str, Path]) -> None:
        """A file that one forgot is named with the mistake."""
        folders["user"].write_text("\nbroken = = toml")
        folders["project"].write_text(_file("ours", "p"))
        with pytest.raises(ConfigurationError) as caught:
            load_config()
        assert str(caught.value).startswith(f"{folders['user']}, line 2, column 10: ")


class TestChoice:
    def test_the_order(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """The call's profile beats EARWITNESS_PROFILE, that every file and every other variable, they the only one."""
        folders["project"].write_text(_file("only", "p", default=False))
        assert load_config().profile().name == "only"
        folders["project"].write_text(
            _file("filed", "p") + _file("two", "x", default=False) + _file("z", "x", default=False)
        )
        assert load_config().profile().name == "filed"
        monkeypatch.setenv("EARWITNESS__DEFAULT_PROFILE", "two")
        assert load_config().profile().name == "two"
        monkeypatch.setenv("EARWITNESS_PROFILE", "z")
        assert load_config().profile().name == "z"
        assert load_config().profile("filed").name == "filed"

    def test_an_empty_variable_chooses_nothing(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """A variable that a script left empty is as good as none."""
        folders["project"].write_text(_file("filed", "p"))
        monkeypatch.setenv("EARWITNESS_PROFILE", "")
        assert load_config().profile().name == "filed"

    def test_a_wrong_choice_names_the_variable(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """A profile that does not exist is told with the variable that asks for it, and the nearest."""
        folders["project"].write_text(_file("filed", "p"))
        monkeypatch.setenv("EARWITNESS_PROFILE", "field")
        with pytest.raises(ConfigurationError, match=r"^EARWITNESS_PROFILE: no profile 'field'.* mean filed\?"):
            load_config().profile()
        monkeypatch.delenv("EARWITNESS_PROFILE")
        monkeypatch.setenv("EARWITNESS__DEFAULT_PROFILE", "field")
        with pytest.raises(ConfigurationError, match=r"^EARWITNESS__DEFAULT_PROFILE: no profile 'field'"):
            load_config().profile()

    def test_a_configuration_given_in_code_hears_no_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who builds a Config gets it as built."""
        monkeypatch.setenv("EARWITNESS_PROFILE", "b")
        profiles = {name: {"provider": "vendor"} for name in "ab"}
        assert Config.of({"default_profile": "a", "profiles": profiles}).profile().name == "a"


class TestOverrides:
    def test_the_order_of_settings(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """A setting in code beats the variable, that the project's file, that the user's, that the default."""
        seen = [_read(Profile("a", "vendor")).key]
        folders["user"].write_text(_file("a", "user"))
        seen.append(_read(load_config().profile()).key)
        folders["project"].write_text(_file("a", "project"))
        seen.append(_read(load_config().profile()).key)
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS__KEY", "variable")
        seen.append(_read(load_config().profile()).key)
        seen.append(_read(load_config().profile().with_settings({"key": "code"})).key)
        assert seen == ["default", "user", "project", "variable", "code"]

    def test_the_order_of_request_options(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """A call's option beats the profile's default, which a variable may have set."""
        folders["project"].write_text('[profiles.a]\nprovider = "scripted"\nrequest = { language = "de" }\n')
        spoken = []
        for language in (None, "ko"):
            with earwitness.open() as session:
                spoken.append(session.transcribe(_wav(), language=language).requested_language)
        monkeypatch.setenv("EARWITNESS__PROFILES__A__REQUEST__LANGUAGE", "ja")
        with earwitness.open() as session:
            spoken.append(session.transcribe(_wav()).requested_language)
        assert spoken == [("de",), ("ko",), ("ja",)]

    @pytest.mark.parametrize(
        ("name", "profile"),
        [
            ("EARWITNESS__PROFILES__KOREAN_CALLS__SETTINGS__KEY", "korean-calls"),
            ("earwitness__profiles__Korean_Calls__settings__key", "korean-calls"),
            ("EARWITNESS__PROFILES__UP__SETTINGS__KEY", "Up"),
        ],
    )
    def test_names_are_forgiven(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str, profile: str
    ) -> None:
        """Case does not count, and a hyphen is written as an underscore."""
        folders["project"].write_text(_file("korean-calls", "k") + _file("Up", "k", default=False))
        monkeypatch.setenv(name, "new")
        assert _read(load_config().profile(profile)).key == "new"

    def test_values_are_json_where_they_read_as_json(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Numbers, flags and lists are what they look like, and a key of digits stays the text that it is."""
        folders["project"].write_text(_file("a", "p"))
        for key, value in {"KEY": "1234", "NUMBER": "7", "FLAG": "true", "WORDS": '["x", "y"]'}.items():
            monkeypatch.setenv(f"EARWITNESS__PROFILES__A__SETTINGS__{key}", value)
        assert _read(load_config().profile()) == _Settings(key="1234", number=7, flag=True, words=("x", "y"))

    def test_a_variable_may_set_a_whole_table(self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        """JSON for all settings at once replaces them, and a mistake in it is told with the variable."""
        folders["project"].write_text(_file("a", "p"))
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS", '{"number": 3}')
        assert _read(load_config().profile()) == _Settings(number=3)
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS", '{"key": 3}')
        with pytest.raises(ConfigurationError, match=r"settings\.key \(set by EARWITNESS__PROFILES__A__SETTINGS\)"):
            _read(load_config().profile())
        monkeypatch.delenv("EARWITNESS__PROFILES__A__SETTINGS")
        monkeypatch.setenv("EARWITNESS__PROFILES__A", "text")
        with pytest.raises(ConfigurationError, match=r"profiles\.a \(set by EARWITNESS__PROFILES__A\)"):
            load_config()

    def test_a_secret_may_be_named_in_a_variable(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable may say where a secret is, as the file does."""
        folders["project"].write_text(_file("a", "p"))
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS__KEY", '{"env": "ELSEWHERE"}')
        monkeypatch.setenv("ELSEWHERE", "found")
        assert _read(load_config().profile()).key == "found"

    def test_variables_alone_make_a_profile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without any file a profile can be written in variables; one of an installed provider's name needs no more."""
        monkeypatch.setenv("EARWITNESS__PROFILES__NEW__PROVIDER", "vendor")
        monkeypatch.setenv("EARWITNESS__PROFILES__NEW__SETTINGS__KEY", "k")
        monkeypatch.setenv("EARWITNESS__PROFILES__SCRIPTED__ON_UNSUPPORTED", "drop")
        config = load_config()
        assert _read(config.profiles["new"]).key == "k"
        assert (config.profiles["scripted"].provider, config.profiles["scripted"].on_unsupported) == (
            "scripted",
            "drop",
        )

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            (
                "ON_UNSUPORTED",
                "drop",
                "profiles.a.on_unsuported (set by {}) is not known (did you mean on_unsupported?)",
            ),
            ("ON_UNSUPPORTED", "never", "profiles.a.on_unsupported (set by {}) must be"),
            (
                "REQUEST__LANGAUGE",
                "ko",
                "profiles.a.request.langauge (set by {}) is not known (did you mean language?)",
            ),
            ("PROVIDER__X", "1", "The environment variable {} is wrong: provider is one value and has no keys"),
            ("SETTINGS____X", "1", "The environment variable {} is wrong: a key is empty"),
        ],
    )
    def test_a_mistake_names_the_variable(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
    ) -> None:
        """A wrong key or value that a variable brings is told with the variable's name."""
        folders["project"].write_text(_file("a", "p"))
        variable = f"EARWITNESS__PROFILES__A__{name}"
        monkeypatch.setenv(variable, value)
        with pytest.raises(ConfigurationError) as caught:
            load_config()
        assert told.format(variable) in str(caught.value)

    def test_a_wrong_setting_names_the_variable_and_no_value(
        self, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A provider's setting that a variable brings is told with its name; its value may be a secret."""
        folders["project"].write_text(_file("a", "p"))
        monkeypatch.setenv("EARWITNESS__PROFILES__A__SETTINGS__NUMBER", "hunter2")
        with pytest.raises(ConfigurationError) as caught:
            _read(load_config().profile())
        assert "settings.number (set by EARWITNESS__PROFILES__A__SETTINGS__NUMBER) must" in str(caught.value)
        assert "hunter2" not in str(caught.value) + repr(load_config())


def _say(source: str, matter: str, places: dict[str, Path], patch: pytest.MonkeyPatch) -> None:
    """Makes one source of a matter say its own name; `call` is said in the call itself."""
    profile = f"profiles.{source}" if matter == "The profile" else "profiles.a"
    key = "settings.key" if matter == "A provider's setting" else "request.model"
    match matter, source:
        case _, ("call" | "default" | "only" | "files"):
            return
        case "The files that are read", "variable":
            path = places["project"].with_name("variable.toml")
            path.write_text('[profiles.variable]\nprovider = "vendor"\n')
            patch.setenv("EARWITNESS_CONFIG", str(path))
        case "The profile", "choice":
            patch.setenv("EARWITNESS_PROFILE", source)
        case "The profile", "variable":
            patch.setenv("EARWITNESS__DEFAULT_PROFILE", source)
        case "The profile", _:
            places[source].write_text(f'default_profile = "{source}"\n[{profile}]\nprovider = "vendor"\n')
        case _, "variable":
            patch.setenv(f"EARWITNESS__{profile}.{key}".upper().replace(".", "__"), source)
        case _:
            places[source].write_text(f'[{profile}]\nprovider = "vendor"\n{key} = "{source}"\n')


def _heard(matter: str, places: dict[str, Path], called: str | None) -> str:
    """Which source is heard in a matter; `called` is what the call itself says."""
    if matter == "The files that are read":
        path = places["project"].with_name("call.toml")
        path.write_text('[profiles.call]\nprovider = "vendor"\n')
        return next(iter(load_config(path if called else None).profiles), "files")
    if matter == "The profile":
        extra = {name: Profile(name, "vendor") for name in ("call", "choice", "variable", "project", "user")}
        config = load_config()
        if config.default_profile is None and called is None:
            return "only"
        return replace(config, profiles={**extra, **config.profiles}).profile(called).name
    profile = load_config().profiles.get("a", Profile("a", "vendor"))
    if matter == "A provider's setting":
        return _read(profile.with_settings({"key": called}) if called else profile).key
    return TranscriptionRequest.of(b"", defaults=profile.request, model=called).model or "default"


PAIRS = [
    pytest.param(matter, stronger.name, weaker.name, id=f"{matter}: {stronger.name} over {weaker.name}")
    for matter, sources in PRECEDENCE.items()
    for stronger, weaker in combinations(sources, 2)
]


@pytest.mark.parametrize(("matter", "stronger", "weaker"), PAIRS)
def test_the_table_tells_the_truth(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, matter: str, stronger: str, weaker: str
) -> None:
    """Of any two places of the documentation's table the upper one wins, and alone the lower one is heard."""
    if matter in ("A provider's setting", "An option of the request"):
        monkeypatch.setenv("EARWITNESS__PROFILES__A__PROVIDER", "vendor")
    _say(weaker, matter, folders, monkeypatch)
    assert _heard(matter, folders, None) == weaker
    _say(stronger, matter, folders, monkeypatch)
    assert _heard(matter, folders, "call" if stronger == "call" else None) == stronger


class TestPlaces:
    def test_limits_fallbacks_and_prices_are_kept(self, folders: dict[str, Path]) -> None:
        """A profile holds its limits, its fallbacks and its price, for whoever acts upon them."""
        folders["project"].write_text(
            _file("a", "p")
            + 'fallback = ["b", "scripted"]\nlimits = { jobs_at_once = 3, calls_per_second = 0.5 }\n'
            + 'price = { per_hour = 1.44, currency = "USD", block_seconds = 15, minimum_seconds = 30 }\n'
            + _file("b", "p", default=False)
        )
        profile = load_config().profile()
        assert profile.fallback == ("b", "scripted")
        assert (profile.limits.jobs_at_once, profile.limits.calls_per_second) == (3, 0.5)
        assert profile.price is not None
        assert [profile.price.billed_s(ms) for ms in (0, 29_000, 30_001, 60_000)] == [30, 30, 45, 60]
        assert profile.price.cost(3_600_000) == 1.44

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('fallback = ["bb"]', "profiles.a.fallback: there is no profile 'bb'. Did you mean b?"),
            ('fallback = ["a"]', "profiles.a.fallback: the profiles fall back in a circle: a -> a"),
            ('fallback = ["b"]', "profiles.a.fallback: the profiles fall back in a circle: a -> b -> a"),
            ("limits = { jobs_at_one = 1 }", "profiles.a.limits.jobs_at_one is not known (did you mean jobs_at_once?)"),
            ("limits = { jobs_at_once = 0 }", "profiles.a.limits.jobs_at_once must be at least 1"),
            ("price = { per_hour = 1 }", "profiles.a.price.currency is missing"),
            ('price = { per_hour = inf, currency = "USD" }', "profiles.a.price.per_hour must be a finite"),
        ],
    )
    def test_their_mistakes_are_told(self, folders: dict[str, Path], text: str, told: str) -> None:
        """A fallback that does not exist or leads in a circle, and wrong limits or prices, are told by key."""
        text = _file("a", "p") + text + "\n" + _file("b", "p", default=False) + 'fallback = ["a"]\n'
        folders["project"].write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            load_config()
        assert told in str(caught.value)

    def test_defaults_ask_for_nothing(self) -> None:
        """A profile without these tables has no limits, fallbacks or price."""
        profile = Profile("a", "vendor")
        assert (profile.limits.jobs_at_once, profile.fallback, profile.price) == (None, (), None)
        assert profile.request == RequestOptions()


def _wav() -> bytes:
    from support.vendors import wav

    return wav(0.5)
