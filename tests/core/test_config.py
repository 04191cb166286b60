"""Profiles come from one file; every mistake in it is told by place, with the nearest right name, never a value."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from earwitness.config import Config, Profile, load_config, settings_of
from earwitness.errors import ConfigurationError, PluginError
from earwitness.provider import Provider, ProviderSettings
from support.distributions import Site, on_path

FULL = """
default_profile = "local"

[profiles.local]
provider = "pocketsphinx"
on_unsupported = "warn"

[profiles.local.settings]
dictionary = "words.dict"

[profiles.local.request]
language = "en-us"
speakers = "2-4"
hot_words = ["earwitness", { text = "pluggy", weight = 3 }]

[profiles.calls]
provider = "clova"
"""
SECRET = "hunter2-hunter2"


class _Limits(BaseModel):
    model_config = ConfigDict(extra="forbid")
    per_second: int = 1


class _Settings(ProviderSettings):
    app_id: int = 0
    api_key: SecretStr = SecretStr("")
    region: str = Field(default="", alias="zone")
    limits: _Limits = _Limits()
    accounts: tuple[_Limits, ...] = ()
    folder: str = ""

    @field_validator("api_key", mode="before")
    @classmethod
    def _shape(cls, value: str) -> str:
        if value.startswith("hunter"):
            raise ValueError(f"the key {value} has no prefix")
        if value == "crash":
            raise KeyError(value)
        return value

    @field_validator("folder")
    @classmethod
    def _from(cls, value: str, info: ValidationInfo) -> str:
        assert info.context is not None
        return str(info.context["folder"] / value)


class _Vendor(Provider[_Settings]):
    name = "vendor"
    Settings: ClassVar[type[ProviderSettings]] = _Settings


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder and an empty home, whoever runs the tests."""
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("EARWITNESS_CONFIG", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with on_path(tmp_path / "site") as made:
        made.hide_installed()
        yield made


def _wrong(text: str, path: str = "earwitness.toml") -> str:
    Path(path).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_config()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _settings_error(settings: dict[str, object], profile: str = "calls") -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(Profile(profile, "vendor", settings), _Vendor)
    return caught.value


class TestReading:
    def test_a_profile_holds_everything(self) -> None:
        """Provider, settings, request defaults and the rule for unsupported options come out as written."""
        Path("earwitness.toml").write_text(FULL)
        config = load_config()
        local = config.profile()
        assert (local.name, local.provider, local.on_unsupported) == ("local", "pocketsphinx", "warn")
        assert local.settings == {"dictionary": "words.dict"}
        assert local.request.language == ("en-US",)
        assert local.request.speakers is not None
        assert local.request.model_fields_set == {"language", "speakers", "hot_words"}
        assert config.profile("calls").request.model_fields_set == set()

    def test_secrets_are_not_shown(self) -> None:
        """Neither a profile nor a configuration shows its settings."""
        config = Config.of({"profiles": {"calls": {"provider": "vendor", "settings": {"api_key": SECRET}}}})
        assert SECRET not in repr(config) + repr(config.profile()) + str(config)

    def test_settings_may_be_overlaid(self) -> None:
        """Settings given in code go over those of the file, and the profile itself stays."""
        profile = Profile("calls", "vendor", {"app_id": 1, "zone": "a"})
        assert profile.with_settings({"app_id": 2}).settings == {"app_id": 2, "zone": "a"}
        assert profile.settings["app_id"] == 1

    def test_a_byte_order_mark_is_no_mistake(self) -> None:
        """A file saved by an editor that begins UTF-8 with a mark is read."""
        Path("earwitness.toml").write_bytes(b"\xef\xbb\xbf" + FULL.encode())
        assert load_config().default_profile == "local"


class TestFinding:
    def test_the_order_of_places(self, clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An explicit file wins over the variable, that over the current folder, that over the user's folder."""
        places = {
            "user": tmp_path / "home" / "earwitness" / "earwitness.toml",
            "current": clean / "earwitness.toml",
            "variable": tmp_path / "variable.toml",
            "explicit": tmp_path / "explicit.toml",
        }
        assert load_config() == Config()
        monkeypatch.setattr(sys, "platform", "linux")
        for name, path in places.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'default_profile = "{name}"')
            if name == "variable":
                monkeypatch.setenv("EARWITNESS_CONFIG", str(path))
            found = load_config(path) if name == "explicit" else load_config()
            assert found.default_profile == name
            assert found.path is not None
            assert found.path.samefile(path)

    @pytest.mark.parametrize(
        ("platform", "folder"),
        [("linux", ".config"), ("darwin", "Library/Application Support"), ("win32", "AppData/Roaming")],
    )
    def test_each_system_has_its_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, folder: str
    ) -> None:
        """Without variables the user's folder is the one that the system's programs use; a relative one is ignored."""
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.delenv("APPDATA")
        monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
        place = tmp_path / "home" / folder / "earwitness" / "earwitness.toml"
        place.parent.mkdir(parents=True)
        place.write_text('default_profile = "user"')
        assert load_config().default_profile == "user"

    def test_a_named_file_has_to_be_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that was named and is missing, a folder or no path at all is an error that says who named it."""
        for path in (tmp_path / "absent.toml", tmp_path, "nul\0byte"):
            with pytest.raises(ConfigurationError, match="cannot be read"):
                load_config(path)
        monkeypatch.setenv("EARWITNESS_CONFIG", str(tmp_path / "absent.toml"))
        with pytest.raises(ConfigurationError, match="EARWITNESS_CONFIG"):
            load_config()

    def test_a_file_that_cannot_be_read(self) -> None:
        """What stands in the file's place and cannot be read is an error, not a configuration that is passed over."""
        Path("earwitness.toml").mkdir()
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load_config()

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
    def test_a_pipe_is_refused_without_waiting(self) -> None:
        """A pipe in the file's place is told as such; nobody waits for a writer."""
        os.mkfifo("earwitness.toml")
        with pytest.raises(ConfigurationError, match=r"earwitness\.toml, cannot be read: it is no ordinary file"):
            load_config()

    def test_a_flood_is_refused(self) -> None:
        """A file far too long for a configuration is not read to its end."""
        Path("earwitness.toml").write_text("#" * 2**20 + "\n")
        with pytest.raises(ConfigurationError, match="cannot be read: it is longer than 1024 KiB"):
            load_config()


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("a = 1\nb = = 2\n", "line 2, column 5"),
            ("[profiles.local]\nprovider = \n", "line 2, column 12"),
            ('[profiles.local]\nprovider = "x', "line 2, column 14"),
            ("a = [1, 2", "line 1, column 10"),
        ],
    )
    def test_broken_toml_is_told_by_line_and_column(self, text: str, place: str) -> None:
        """A file that is no TOML is named with the line and column, also where it just ends."""
        told = _wrong(text)
        assert told.startswith(f"earwitness.toml, {place}: ")
        assert "(at" not in told

    def test_what_is_no_text(self) -> None:
        """A binary file is told as such, with the line."""
        Path("earwitness.toml").write_bytes(b"a = 1\n\xff\xfe")
        with pytest.raises(ConfigurationError, match=r"earwitness\.toml, line 2: this is not UTF-8"):
            load_config()

    def test_what_is_too_deep(self) -> None:
        """A file nested beyond all reason is an error of ours."""
        assert "nested too deeply" in _wrong("a = " + "[" * 100_000)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('defualt_profile = "x"', "defualt_profile is not known (did you mean default_profile?)"),
            ("zzz = 1", "zzz is not known (known: default_profile, profiles)"),
            ('[profiles.a]\nprovidr = "x"', "profiles.a.providr is not known (did you mean provider?)"),
            ("[profiles.a]\n", "profiles.a.provider is missing"),
            ('[profiles.a]\nprovider = ""', "profiles.a.provider must not be empty"),
            (
                '[profiles.a]\nprovider = "x"\non_unsupported = "ignore"',
                "profiles.a.on_unsupported must be 'error', 'warn' or 'drop'",
            ),
            (
                '[profiles.a]\nprovider = "x"\n[profiles.a.request]\nlangauge = "ko"',
                "profiles.a.request.langauge is not known (did you mean language?)",
            ),
            (
                '[profiles.a]\nprovider = "x"\n[profiles.a.request]\nlanguage = "kor ean"',
                "profiles.a.request.language: 'kor ean' is no language tag",
            ),
            (
                '[profiles.a]\nprovider = "x"\n[profiles.a.request]\nkeep_raw = "perhaps"',
                "profiles.a.request.keep_raw must be true or false",
            ),
            ("profiles = 3", "profiles must be a table of keys and values"),
        ],
    )
    def test_wrong_keys_and_values_are_told_by_place(self, text: str, told: str) -> None:
        """Each mistake is told by file, place and reason; a misspelt key with the nearest known one."""
        assert f"earwitness.toml is wrong: {told}" in _wrong(text)

    def test_many_mistakes_are_counted(self) -> None:
        """A file full of mistakes does not fill the screen."""
        told = _wrong("\n".join(f"wrong{number} = 1" for number in range(20)))
        assert told.count("is not known") == 5
        assert "and 15 more" in told

    def test_values_are_never_told(self) -> None:
        """A secret in the wrong place does not come out in the message."""
        told = _wrong(f'[profiles.a]\nprovider = "x"\napi_key = "{SECRET}"\nsettings = "{SECRET}"')
        assert SECRET not in told


class TestChoosing:
    def test_the_only_profile_is_the_default(self) -> None:
        """One configured profile needs no default_profile."""
        assert Config.of({"profiles": {"calls": {"provider": "clova"}}}).profile().name == "calls"

    def test_several_without_a_default_are_listed(self) -> None:
        """Several profiles and no default is an error that lists them."""
        config = Config.of({"profiles": {"a": {"provider": "x"}, "b": {"provider": "x"}}})
        with pytest.raises(ConfigurationError, match=r"Name one of a, b, or set default_profile"):
            config.profile()

    def test_an_installed_provider_stands_for_itself(self, site: Site) -> None:
        """A name that is installed and not configured is that provider with default settings, file or no file."""
        site.provider("alpha")
        for config in (Config(), Config.of({"profiles": {"calls": {"provider": "clova"}}})):
            assert config.profile("alpha") == Profile("alpha", "alpha")

    def test_a_configured_profile_wins_over_a_provider_of_its_name(self, site: Site) -> None:
        """A profile may be called like a provider, and then it is the profile."""
        site.provider("alpha")
        config = Config.of({"profiles": {"alpha": {"provider": "alpha", "settings": {"a": 1}}}})
        assert config.profile("alpha").settings == {"a": 1}

    def test_the_only_installed_provider_is_the_default(self, site: Site) -> None:
        """Without a file the one real provider is taken; `scripted`, which hears nothing, is not counted."""
        site.provider("alpha")
        site.add("core", providers={"scripted": "earwitness.scripted"})
        assert Config().profile().provider == "alpha"

    def test_no_clear_choice_lists_what_there_is(self, site: Site) -> None:
        """Nothing or too much installed is an error with the next action."""
        with pytest.raises(ConfigurationError, match="pip install earwitness-"):
            Config().profile()
        site.provider("alpha")
        site.provider("beta")
        with pytest.raises(ConfigurationError, match="Name one of alpha, beta"):
            Config().profile()

    def test_unknown_names_get_the_nearest(self, site: Site) -> None:
        """A misspelt profile is answered with the nearest profile or provider, and with all there are."""
        site.provider("alpha")
        config = Config.of({"profiles": {"korean-calls": {"provider": "alpha"}}})
        with pytest.raises(ConfigurationError) as caught:
            config.profile("korean-cals")
        assert "Did you mean korean-calls?" in str(caught.value)
        assert "Configured: korean-calls. Installed: alpha." in str(caught.value)

    def test_a_wrong_default_is_told_as_such(self, site: Site) -> None:
        """A default_profile that does not exist is told with the key to mend."""
        config = Config.of({"default_profile": "clals", "profiles": {"calls": {"provider": "x"}}})
        with pytest.raises(ConfigurationError, match=r"default_profile: no profile 'clals'.*mean calls\?"):
            config.profile()


class TestSettings:
    def test_good_settings_are_the_providers_model(self) -> None:
        """Settings come out as the provider's own type, and defaults for a profile that sets nothing."""
        settings = settings_of(Profile("calls", "vendor", {"app_id": 7, "zone": "b"}), _Vendor)
        assert isinstance(settings, _Settings)
        assert (settings.app_id, settings.region) == (7, "b")

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"app_idd": 1}, "settings.app_idd is not known (did you mean app_id?)"),
            ({"zoen": "a"}, "settings.zoen is not known (did you mean zone?)"),
            ({"app_id": "x"}, "settings.app_id must be a whole number"),
            (
                {"limits": {"per_secund": 1}},
                "settings.limits.per_secund is not known (did you mean per_second?)",
            ),
            (
                {"accounts": [{"per_secund": 1}]},
                "settings.accounts.0.per_secund is not known (did you mean per_second?)",
            ),
        ],
    )
    def test_wrong_settings_are_told_by_profile_and_key(self, settings: dict[str, object], told: str) -> None:
        """A wrong setting names its profile, its key and the nearest known one, at any depth."""
        error = _settings_error(settings)
        assert str(error).startswith(f"Profile 'calls' is wrong: {told}")
        assert error.provider == "vendor"

    def test_the_value_is_never_told(self) -> None:
        """A secret does not come out, not even through a sentence of the provider's own validator."""
        error = _settings_error({"api_key": SECRET, "app_idd": SECRET, "app_id": SECRET})
        assert "settings.api_key: the key *** has no prefix" in str(error)
        assert SECRET not in f"{error!r} {error.details()} {error.__cause__}"

    def test_a_crashing_model_is_the_plugins_error(self) -> None:
        """A settings model with a bug is told as a plugin's defect, without what its exception says."""
        error = _settings_error({"api_key": "crash"})
        assert isinstance(error, PluginError)
        assert "KeyError" in str(error)
        assert error.__cause__ is None

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is in use")
    def test_a_folder_that_is_gone_is_told(self, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a current folder that was deleted, the folder is at fault and no plugin is."""
        (clean / "gone").mkdir()
        monkeypatch.chdir(clean / "gone")
        (clean / "gone").rmdir()
        error = _settings_error({})
        assert "The current folder does not exist any more" in str(error)
        assert not isinstance(error, PluginError)

    def test_paths_start_at_the_files_folder(self, clean: Path) -> None:
        """A settings model can read paths relative to the configuration, wherever the program runs."""
        (clean / "sub").mkdir()
        (clean / "sub" / "earwitness.toml").write_text('[profiles.a]\nprovider = "vendor"\nsettings = {folder = "x"}')
        settings = settings_of(load_config("sub/earwitness.toml").profile(), _Vendor)
        assert isinstance(settings, _Settings)
        assert Path(settings.folder) == clean / "sub" / "x"


class TestSecrets:
    def test_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`{ env = ... }` is the variable's value, read when the settings are made and not before."""
        profile = Config.of(
            {"profiles": {"calls": {"provider": "vendor", "settings": {"api_key": {"env": "MY_KEY"}}}}}
        ).profile()
        with pytest.raises(ConfigurationError, match=r"'calls': settings.api_key: the environment variable MY_KEY"):
            settings_of(profile, _Vendor)
        monkeypatch.setenv("MY_KEY", "good")
        assert _key(profile) == "good"

    def test_from_a_file_beside_the_configuration(self, clean: Path) -> None:
        """`{ file = ... }` is the file's text without its last line's end, relative to the configuration."""
        (clean / "sub").mkdir()
        (clean / "sub" / "key.txt").write_text("good\n")
        path = clean / "sub" / "earwitness.toml"
        profile = Profile("calls", "vendor", {"api_key": {"file": "key.txt"}}, path=path)
        assert _key(profile) == "good"

    @pytest.mark.parametrize(
        ("content", "why"), [(None, "No such file"), (b"", "is empty"), (b"\xff\xfe", "no text file")]
    )
    def test_a_file_that_holds_none(self, clean: Path, content: bytes | None, why: str) -> None:
        """A missing, empty or binary secret file is told by profile, key and file."""
        if content is not None:
            (clean / "key.txt").write_bytes(content)
        error = _settings_error({"api_key": {"file": "key.txt"}})
        assert "'calls': settings.api_key: " in str(error)
        assert why in str(error)

    def test_a_pipe_or_a_flood_is_no_secret(self, clean: Path) -> None:
        """A secret file that is no ordinary file, or far too long, is refused without waiting."""
        (clean / "long.txt").write_bytes(b"x" * 100_000)
        assert "settings.api_key: " in str(error := _settings_error({"api_key": {"file": "long.txt"}}))
        assert "it is longer than 64 KiB" in str(error)
        if hasattr(os, "mkfifo"):
            os.mkfifo(clean / "pipe")
            assert "it is no ordinary file" in str(_settings_error({"api_key": {"file": "pipe"}}))

    def test_a_resolved_secret_is_masked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What came from elsewhere is hidden, whatever the type of its setting."""
        monkeypatch.setenv("MY_KEY", SECRET)
        assert SECRET not in str(_settings_error({"api_key": {"env": "MY_KEY"}}))

    def test_inside_tables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A secret may stand inside a table of the settings; a table with more keys is no place of one."""
        monkeypatch.setenv("RATE", "5")
        settings = settings_of(Profile("calls", "vendor", {"limits": {"per_second": {"env": "RATE"}}}), _Vendor)
        assert isinstance(settings, _Settings)
        assert settings.limits.per_second == 5
        told = str(_settings_error({"limits": {"env": "RATE", "file": "x"}}))
        assert "settings.limits: names several places, env and file; keep one" in told

    def test_inside_lists(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A secret may stand inside a list of tables, and a missing one is told by its number."""
        accounts = {"accounts": [{"per_second": 1}, {"per_second": {"env": "RATE"}}]}
        assert "settings.accounts.1.per_second: the environment variable RATE" in str(_settings_error(accounts))
        monkeypatch.setenv("RATE", "5")
        settings = settings_of(Profile("calls", "vendor", accounts), _Vendor)
        assert isinstance(settings, _Settings)
        assert settings.accounts[1].per_second == 5

    @pytest.mark.parametrize(
        ("table", "told"),
        [
            ({"env": 3}, "settings.app_id: env takes the name of a variable, as text"),
            ({"file": ["x"]}, "settings.app_id: file takes the path of a file, as text"),
            ({"env": ""}, "settings.app_id: env is empty. Write the name of a variable."),
            ({"keyring": " "}, "settings.app_id: keyring is empty. Write service/user."),
            ({"envv": "X"}, "settings.app_id: envv is no place of a value (did you mean env?)"),
            ({"password": SECRET}, "settings.app_id: password is no place of a value; write the value, or { env ="),
            ({"env": "A", "file": "b"}, "settings.app_id: names several places, env and file; keep one"),
            ({"env": "A", "default": SECRET}, "settings.app_id: has default beside env, which stands alone"),
            ({}, "settings.app_id is an empty table; write the value, or { env ="),
        ],
    )
    def test_odd_tables(self, table: dict[str, object], told: str) -> None:
        """A table that is meant to name a secret's place and does not is told as such, and never its value."""
        error = str(_settings_error({"app_id": table}))
        assert told in error
        assert SECRET not in error


def _key(profile: Profile) -> str:
    settings = settings_of(profile, _Vendor)
    assert isinstance(settings, _Settings)
    return settings.api_key.get_secret_value()
