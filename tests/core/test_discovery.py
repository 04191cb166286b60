"""Providers are found live, listed without importing, loaded alone, and every defect names its distribution."""

import json
import os
import pickle
import re
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path

import pytest

import earwitness
from earwitness import _discovery
from earwitness._entrypoints import unreadable
from earwitness.errors import ConfigurationError, PluginError
from support.distributions import Site, on_path, plugin_source, provider_source

WRONGLY_DECLARED = [
    ("Capabilities(('s',))", "services[0] is of type str, not a Service"),
    ("Capabilities('s')", "services is of type str, not a tuple"),
    ("Capabilities((Service('s', features=['speakers']),))", "services[0].features is of type list, not a mapping"),
    (
        "Capabilities((Service('s', features={'speakers': None}),))",
        "services[0].features is of type dict, not a mapping",
    ),
    ("Capabilities((Service('s', languages=5),))", "services[0].languages is of type int, not a tuple of texts"),
    ("Capabilities((Service('s', languages='ko-KR'),))", "services[0].languages is of type str, not a tuple of texts"),
    ("Capabilities((Service('s', options=dict),))", "services[0].options is of type type, not a pydantic model"),
    ("Capabilities((Service('s', accepts=None),))", "services[0].accepts is of type NoneType, not an AudioForm"),
    ("Capabilities((Service('s', audio=('file',)),))", "services[0].audio is of type tuple, not a tuple out of inline"),
    ("Capabilities((Service('s'),), rules=(1,))", "rules[0] is of type int, not a Rule"),
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with on_path(tmp_path) as made:
        yield made


def _broken(name: str) -> PluginError:
    with pytest.raises(PluginError) as caught:
        _discovery.load_provider(name)
    return caught.value


def _run(site: Site, code: str, **environment: str) -> str:
    """What a fresh interpreter prints that sees the site and the sources under test."""
    path = os.pathsep.join([str(site.folder), *(one for one in sys.path if one)])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestListing:
    def test_tells_distribution_version_and_module(self, site: Site) -> None:
        """A listing holds the name, the distribution with its version, and the module's name."""
        site.provider("alpha", version="2.5")
        (found,) = [one for one in _discovery.installed() if one.name == "alpha"]
        assert found[:4] == ("alpha", "earwitness-alpha", "2.5", "fake_alpha")
        assert found.entry_point.dist is not None
        assert _discovery.version_of("alpha") == "2.5"
        assert _discovery.version_of("nobody") is None

    def test_imports_nothing(self, site: Site) -> None:
        """Listing imports no plugin and none of the libraries that loading or validating would need."""
        site.provider("alpha", "raise SystemExit(3)")
        code = """
            import json, sys
            from earwitness._discovery import duplicates, installed
            names = [one.name for one in installed()]
            duplicates()
            heavy = ["fake_alpha", "pydantic", "httpx", "stevedore", "pluggy", "asyncio", "dataclasses"]
            print(json.dumps([names, [name for name in heavy if name in sys.modules]]))
        """
        names, imported = json.loads(_run(site, code))
        assert "alpha" in names
        assert imported == []

    def test_sees_a_change_at_once(self, site: Site) -> None:
        """There is no cache: what is installed, changed or removed during the run counts at the next question."""
        metadata = site.add("earwitness-alpha", providers={"alpha": "fake_one"})
        assert _values("alpha") == ["fake_one"]
        (metadata / "entry_points.txt").write_text("[earwitness.providers]\nalpha = fake_two\n")
        assert _values("alpha") == ["fake_two"]
        (metadata / "entry_points.txt").unlink()
        assert _values("alpha") == []

    def test_writes_no_cache(self, site: Site, tmp_path: Path) -> None:
        """Neither listing nor loading writes into the user's folders, as stevedore's own list does."""
        site.provider("alpha")
        home = tmp_path / "home"
        home.mkdir()
        code = "from earwitness import _discovery as d; d.installed(); print(d.load_provider('alpha').name)"
        folders = {name: str(home) for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
        assert _run(site, code, **folders) == "alpha\n"
        assert list(home.iterdir()) == []

    def test_one_broken_announcement_hurts_nobody(self, site: Site) -> None:
        """Entry points that cannot be parsed are reported by distribution, and all others are still found."""
        site.add("earwitness-odd", entry_points="[earwitness.providers]\nno equals sign\n")
        binary = site.add("earwitness-binary", providers={"binary": "x"})
        (binary / "entry_points.txt").write_bytes(b"[earwitness.providers]\nbinary = \xff\n")
        site.provider("alpha")
        assert _values("alpha") == ["fake_alpha"]
        assert set(unreadable()) >= {"earwitness-odd", "earwitness-binary"}

    def test_first_on_the_path_wins(self, site: Site, tmp_path: Path) -> None:
        """A distribution that is on the path twice is taken once, as Python itself imports it."""
        site.provider("alpha", version="2.0")
        with on_path(tmp_path / "earlier") as earlier:
            earlier.provider("alpha", version="3.0")
            assert [one.version for one in _discovery.installed() if one.name == "alpha"] == ["3.0"]
            assert "alpha" not in _discovery.duplicates()

    def test_leftovers_of_pip_are_no_distributions(self, site: Site) -> None:
        """A folder that pip renamed before deleting it does not stand beside the distribution that replaced it."""
        metadata = site.add("earwitness-alpha", providers={"alpha": "fake_alpha"})
        left = metadata.with_name("~arwitness_alpha-0.9.dist-info")
        left.mkdir()
        (left / "entry_points.txt").write_text("[earwitness.providers]\nalpha = fake_old\n")
        assert _values("alpha") == ["fake_alpha"]

    def test_the_backport_of_metadata_changes_nothing(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """A library that imports importlib_metadata, which puts a finder of its own in place, alters no listing."""
        backport = pytest.importorskip("importlib_metadata")
        metadata = site.add("earwitness-alpha", providers={"alpha": "fake_alpha"})
        left = metadata.with_name("~arwitness_alpha-0.9.dist-info")
        left.mkdir()
        (left / "entry_points.txt").write_text("[earwitness.providers]\nalpha = fake_old\n")
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, backport.MetadataPathFinder()])
        assert _values("alpha") == ["fake_alpha"]

    def test_metadata_without_a_name_takes_the_folders(self, site: Site) -> None:
        """A distribution whose metadata is missing is still named, by its folder."""
        (site.add("earwitness-alpha", providers={"alpha": "fake_alpha"}) / "METADATA").unlink()
        (found,) = [one for one in _discovery.installed() if one.name == "alpha"]
        assert (found.distribution, found.version) == ("earwitness-alpha", None)

    def test_finds_inside_a_zip_file(self, tmp_path: Path) -> None:
        """A zip file on the path is searched as well."""
        archive = tmp_path / "plugins.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("earwitness_zipped-1.5.dist-info/METADATA", "Name: earwitness-zipped\nVersion: 1.5\n")
            file.writestr(
                "earwitness_zipped-1.5.dist-info/entry_points.txt",
                "[earwitness.providers]\nzipped = fake_zipped\n",
            )
            file.writestr("fake_zipped.py", provider_source("zipped"))
        with on_path(archive):
            assert _values("zipped") == ["fake_zipped"]
            assert _discovery.load_provider("zipped").name == "zipped"

    def test_finds_through_foreign_finders(self, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Finders that other tools install (frozen applications, say) are asked too."""
        elsewhere = Site(tmp_path / "elsewhere")
        metadata = elsewhere.add("earwitness-frozen", providers={"frozen": "fake_frozen"})

        class Finder:
            def find_spec(self, *_: object) -> None:
                return None

            def find_distributions(self, context: DistributionFinder.Context) -> list[Distribution]:
                return [Distribution.at(metadata)]

        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
        assert _values("frozen") == ["fake_frozen"]


class TestLoading:
    def test_imports_this_plugin_only(self, site: Site) -> None:
        """One provider used is one plugin module imported."""
        site.provider("alpha")
        site.provider("beta")
        assert _discovery.load_provider("alpha").name == "alpha"
        assert "fake_alpha" in sys.modules
        assert "fake_beta" not in sys.modules

    def test_calls_the_hook_for_the_class(self, site: Site) -> None:
        """The provider's own module is imported by the hook, not by the listing module."""
        hook = "    from fake_alpha_inner import Fake\n    return Fake\n"
        light = plugin_source(f"@hookimpl\ndef earwitness_provider():\n{hook}")
        site.provider("alpha", light)
        (site.folder / "fake_alpha_inner.py").write_text(provider_source("alpha"))
        assert _discovery.load_provider("alpha").__module__ == "fake_alpha_inner"

    def test_an_instance_may_hold_the_hooks(self, site: Site) -> None:
        """An entry point may name an object with hook methods instead of a module."""
        source = provider_source("alpha") + (
            "\n\nclass Hooks:\n    @hookimpl\n    def earwitness_provider(self):\n        return Fake\n"
            "\nhooks = Hooks()\n"
        )
        site.add("earwitness-alpha", providers={"alpha": "fake_alpha:hooks"}, modules={"fake_alpha": source})
        assert _discovery.load_provider("alpha").name == "alpha"

    def test_an_older_interface_runs(self, site: Site) -> None:
        """A plugin written for an earlier version of the contract is loaded."""
        site.provider("alpha", provider_source("alpha", body="    interface = 0\n"))
        assert _discovery.load_provider("alpha").interface == 0


class TestUnknownNames:
    def test_hint_how_to_install_and_what_was_meant(self, site: Site) -> None:
        """A name that is not installed is answered with the command, the nearest name and what there is."""
        site.provider("alpha")
        with pytest.raises(ConfigurationError) as caught:
            _discovery.load_provider("alhpa")
        assert not isinstance(caught.value, PluginError)
        assert "Did you mean alpha?" in str(caught.value)
        assert "pip install earwitness-alhpa" in str(caught.value)
        assert "alpha" in str(caught.value).partition("Installed:")[2]

    @pytest.mark.parametrize("name", ["", "../etc", "a b", "x\ny", "-rf", "ä"])
    def test_no_command_for_what_is_no_name(self, name: str) -> None:
        """Text that cannot be a distribution's name never becomes part of a command to copy."""
        with pytest.raises(ConfigurationError) as caught:
            _discovery.load_provider(name)
        assert "pip install" not in str(caught.value)
        assert "\n" not in str(caught.value)


class TestDuplicates:
    def test_both_distributions_are_named(self, site: Site) -> None:
        """Two claims on one name are an error with both distributions, also when others are announced in between."""
        site.add("a-first", providers={"alpha": "fake_a", "other-a": "fake_a"})
        site.add("m-between", providers={"beta": "fake_b"})
        site.add("z-last", version="0.3", providers={"alpha": "fake_z"})
        error = _broken("alpha")
        assert "a-first 1.0" in str(error)
        assert "z-last 0.3" in str(error)
        assert [one.distribution for one in _discovery.duplicates()["alpha"]] == ["a-first", "z-last"]

    def test_one_distribution_twice(self, site: Site) -> None:
        """One distribution that announces a name twice is refused as well."""
        site.add("a-first", entry_points="[earwitness.providers]\nalpha = fake_a\nalpha = fake_b\n")
        assert "claimed by 2" in str(_broken("alpha"))

    def test_nothing_of_a_contested_name_is_imported(self, site: Site) -> None:
        """Which of two plugins would run is never left to chance."""
        site.add("a-first", providers={"alpha": "fake_a"}, modules={"fake_a": provider_source("alpha")})
        site.add("z-last", providers={"alpha": "fake_z"}, modules={"fake_z": provider_source("alpha")})
        rows = [row for row in _discovery.examine_all() if row.found.name == "alpha"]
        _broken("alpha")
        assert [row.error is None for row in rows] == [False, False]
        assert not {"fake_a", "fake_z"} & set(sys.modules)


FAILING_IMPORTS = {
    "import nothing_of_this_name_exists": "ModuleNotFoundError",
    "raise SystemExit(2)": "SystemExit: 2",
    "assert False, 'odd'": "AssertionError: odd",
    "class Strange(BaseException): pass\nraise Strange('very')": "Strange: very",
    "this is no python": "SyntaxError",
    "raise GeneratorExit": "GeneratorExit",
    "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute": "Mute",
}


class TestBrokenPlugins:
    @pytest.mark.parametrize(("source", "reason"), FAILING_IMPORTS.items(), ids=FAILING_IMPORTS.values())
    def test_every_failing_import_is_an_error_with_its_reason(self, site: Site, source: str, reason: str) -> None:
        """Whatever an import raises, exits and failed assertions included, is one error that names the distribution."""
        site.provider("alpha", source)
        error = _broken("alpha")
        assert error.distribution == "earwitness-alpha"
        assert error.reason is not None
        assert error.reason.startswith(reason)
        assert "earwitness-alpha 1.0" in str(error)
        assert "pip uninstall earwitness-alpha" in str(error)

    def test_an_interrupt_is_no_defect_of_the_plugin(self, site: Site) -> None:
        """Ctrl-C during an import ends the program as it should."""
        site.provider("alpha", "raise KeyboardInterrupt")
        with pytest.raises(KeyboardInterrupt):
            _discovery.load_provider("alpha")

    def test_the_class_module_is_guarded_too(self, site: Site) -> None:
        """What the hook imports may fail in the same ways."""
        site.provider("alpha", provider_source("alpha", hook="    import sys; sys.exit('no driver')\n"))
        assert _broken("alpha").reason == "SystemExit: no driver"

    def test_a_missing_name_of_ours_asks_for_an_upgrade(self, site: Site) -> None:
        """An import that this core does not have yet is told as a question of versions."""
        site.provider("alpha", "from earwitness.provider import FromTheFuture")
        assert "pip install --upgrade earwitness" in str(_broken("alpha"))

    def test_long_reasons_are_cut_to_one_line(self, site: Site) -> None:
        """A reason is one printable line of bounded length."""
        site.provider("alpha", "raise ValueError('a\\nb\\x1b[31m' + 'x' * 9999)")
        reason = _broken("alpha").reason or ""
        assert reason.isprintable()
        assert len(reason) < 400

    def test_a_value_that_names_nothing(self, site: Site) -> None:
        """An entry point whose value is no module is an error like a failing import."""
        site.add(
            "earwitness-alpha",
            providers={"alpha": "fake_alpha:absent", "beta": ":::"},
            modules={"fake_alpha": ""},
        )
        assert "AttributeError" in str(_broken("alpha"))
        assert _broken("beta").distribution == "earwitness-alpha"

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("@hookimpl\ndef earwitness_provder():\n    return None\n", "Did you mean earwitness_provider?"),
            ("@hookimpl\ndef earwitness_whatever():\n    return None\n", "unknown hook, earwitness_whatever"),
            ("@hookimpl\ndef earwitness_provider(settings):\n    return None\n", "settings"),
            ("def earwitness_provider():\n    return None\n", "does not mark earwitness_provider"),
            ("x = 1\n", "implements no hook"),
            (
                "@hookimpl(wrapper=True)\ndef earwitness_provider():\n    return (yield)\n",
                "wrapper or coroutine",
            ),
            ("@hookimpl\nasync def earwitness_provider():\n    return None\n", "wrapper or coroutine"),
            ("@hookimpl\ndef earwitness_provider():\n    return None\n", "returns nothing"),
            ("@hookimpl\ndef earwitness_provider():\n    return 'alpha'\n", "returns a str"),
            ("@hookimpl\ndef earwitness_provider():\n    return dict\n", "not a provider class"),
        ],
    )
    def test_wrong_hooks_are_told_by_distribution(self, site: Site, source: str, told: str) -> None:
        """A misspelt, unmarked, ill-signed or wrapped hook, and a wrong result of it, are clear errors."""
        site.provider("alpha", plugin_source(source))
        error = _broken("alpha")
        assert told in str(error)
        assert "earwitness-alpha 1.0" in str(error)
        assert str(site.folder) not in str(error)

    def test_a_class_in_place_of_an_instance(self, site: Site) -> None:
        """A class, whose hooks would lack their `self`, is refused at once."""
        site.add(
            "earwitness-alpha",
            providers={"alpha": "fake_alpha:Fake"},
            modules={"fake_alpha": provider_source("alpha")},
        )
        assert "the class Fake where a module or an instance belongs" in str(_broken("alpha"))

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ("    name = 'beta'\n", "calls itself 'beta'"),
            ("    capabilities = None\n", "declares no capabilities"),
            ("    capabilities = Capabilities(())\n", "declares no capabilities"),
            *((f"    capabilities = {made}\n", told) for made, told in WRONGLY_DECLARED),
            ("    Settings = dict\n", "no settings model"),
            ("    interface = '1'\n", "gives its interface as a str"),
            ("    interface = True\n", "gives its interface as a bool"),
            ("    interface = 2\n", "written for provider interface 2, and this Earwitness knows 1"),
        ],
    )
    def test_a_broken_contract_is_told_by_distribution(self, site: Site, body: str, told: str) -> None:
        """What a provider class must declare is checked when it is loaded."""
        site.provider("alpha", provider_source("alpha", body=body))
        error = _broken("alpha")
        assert told in str(error)
        assert error.distribution == "earwitness-alpha"

    @pytest.mark.parametrize(
        ("requirement", "wanted"),
        [
            ("earwitness>=0.0.1,<5", "'earwitness<5,>=0.0.1'"),
            ("earwitness[media] (>=0.0.1)", "'earwitness>=0.0.1'"),
            ("earwitness>=0.0.1 ; python_version > '3'", "'earwitness>=0.0.1'"),
            ("earwitness-other>=9", "'earwitness'"),
        ],
    )
    def test_a_newer_interface_names_the_core_to_install(self, site: Site, requirement: str, wanted: str) -> None:
        """The core that a too new plugin needs is read from its own requirements."""
        source = provider_source("alpha", body="    interface = 9\n")
        site.provider("alpha", source, requires=["other>1", requirement])
        assert f"pip install --upgrade {wanted}" in str(_broken("alpha"))

    @pytest.mark.parametrize("wanted", [">=4.2,<5", "<0.0.1", "==0.0.*"])
    def test_a_plugin_for_another_core_is_refused_unseen(self, site: Site, wanted: str) -> None:
        """Newer or older: the error names distribution, wanted and present version, and nothing of it is imported."""
        site.provider("alpha", "raise SystemExit", requires=["other>1", f"Earwitness[media] {wanted}"])
        error = _broken("alpha")
        assert error.message.startswith("The plugin 'alpha' of earwitness-alpha 1.0 needs earwitness")
        assert set(re.findall(r"[<>=]=?[\d.*]+", error.message)) == set(wanted.split(","))
        assert error.message.endswith(f", and earwitness {earwitness.__version__} is installed")
        assert error.action == "Let pip find two that fit: pip install --upgrade earwitness earwitness-alpha."

    @pytest.mark.parametrize(
        "line", ["earwitness>=9; extra == 'all'", "earwitness>=9; python_version < '3'", "earwitness ((", "earwitness"]
    )
    def test_a_requirement_that_does_not_count_is_none(self, site: Site, line: str) -> None:
        """What belongs to an extra or another Python, and what nobody can read, keeps no plugin from working."""
        site.provider("alpha", requires=[line])
        assert _discovery.load_provider("alpha").name == "alpha"

    def test_errors_cross_processes(self, site: Site) -> None:
        """A plugin's error keeps its distribution and reason when it is pickled."""
        site.provider("alpha", "raise ValueError('odd')")
        error = pickle.loads(pickle.dumps(_broken("alpha")))
        assert (error.distribution, error.reason) == ("earwitness-alpha", "ValueError: odd")


class TestExamining:
    def test_a_broken_plugin_is_a_row_and_hurts_nobody(self, site: Site) -> None:
        """Every provider is examined; the broken one has its error, the others their class."""
        site.provider("alpha")
        site.provider("beta", "raise SystemExit")
        site.provider("gamma")
        rows = {row.found.name: row for row in _discovery.examine_all()}
        assert rows["alpha"].error is None
        assert rows["alpha"].provider is not None
        assert rows["beta"].provider is None
        assert isinstance(rows["beta"].error, PluginError)
        assert rows["gamma"].provider is not None

    def test_the_built_in_provider_comes_through_the_same_door(self, site: Site) -> None:
        """`scripted` is announced, loaded and checked like a stranger's."""
        site.hide_installed()
        site.add("earwitness-scripted-again", providers={"scripted": "earwitness.scripted"})
        provider = _discovery.load_provider("scripted")
        assert provider.__module__ == "earwitness.scripted"


def _values(name: str) -> list[str]:
    return [one.value for one in _discovery.installed() if one.name == name]
