"""`earwitness providers` and `earwitness doctor`: what is installed, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from earwitness import __version__
from earwitness.cli._checkup import check_up
from earwitness.cli._exit import CODES
from earwitness.cli._plain import plain
from earwitness.cli._state import State
from earwitness.cli._table import columns
from earwitness.errors import ConfigurationError
from support.desk import Desk
from support.distributions import on_path

Install = Callable[..., dict[str, str]]

GOOD = """
from earwitness.capabilities import Capabilities, Limit, Service
from earwitness.hookspecs import hookimpl
from earwitness.provider import Provider
from earwitness.request import Feature

class Good(Provider):
    name = "good"
    capabilities = Capabilities((Service("main", languages=("ko-KR",), features={Feature.SPEAKERS: Limit(maximum=4)}),))

@hookimpl
def earwitness_provider():
    return Good
"""
MARKED = "open('imported', 'w').close()\n"
BROKEN = "raise ImportError('no such engine here')\n"
EXITS = "raise SystemExit(3)\n"
MISSPELT = GOOD.replace("earwitness_provider", "earwitness_providr").replace('"good"', '"misspelt"')
LISTENER = """
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_job_chnaged(job):
    pass
"""


def test_providers_are_listed_without_importing_them(desk: Desk, plugin: Install) -> None:
    """The list names distribution and version of each provider, and none of them is imported."""
    environment = plugin("good", MARKED + GOOD)
    done = desk.run("providers", environment=environment)
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["NAME", "DISTRIBUTION", "VERSION"]
    assert ["good", "good", "1.2"] in rows and any(row[:2] == ["scripted", "earwitness"] for row in rows)
    assert "imported" not in desk.files() and done.err == ""


def test_a_broken_provider_is_a_row_with_its_reason(desk: Desk, plugin: Install) -> None:
    """With --capabilities a provider that cannot be loaded is told with its reason, and the others are described."""
    environment = plugin("good", GOOD) | plugin("broken", BROKEN) | plugin("exits", EXITS)
    done = desk.run("providers", "--capabilities", environment=environment)
    assert done.code == 0 and "no such engine here" in done.out and "SystemExit: 3" in done.out
    assert "ko-KR" in done.out and "speakers" in done.out


def test_capabilities_for_machines(desk: Desk, plugin: Install) -> None:
    """With --json each provider carries its declared data, or its problem."""
    environment = plugin("good", GOOD) | plugin("broken", BROKEN)
    rows = {
        row["name"]: row
        for row in desk.run("providers", "--capabilities", "--json", environment=environment).json["providers"]
    }
    (service,) = rows["good"]["capabilities"]["services"]
    assert service["name"] == "main" and service["features"] == {"speakers": {"maximum": 4}}
    assert "no such engine here" in rows["broken"]["problem"] and "capabilities" not in rows["broken"]
    assert rows["scripted"]["version"] == metadata.version("earwitness")


def test_a_name_claimed_twice_is_told_without_importing(desk: Desk, plugin: Install) -> None:
    """Two distributions that claim one name stand both in the list, marked."""
    environment = plugin("good", MARKED + GOOD) | plugin("rival", MARKED + GOOD, point="good")
    rows = desk.run("providers", "--json", environment=environment).json["providers"]
    claims = [row for row in rows if row["name"] == "good"]
    assert [row["distribution"] for row in claims] == ["good", "rival"]
    assert all("claimed" in row["problem"] for row in claims) and "imported" not in desk.files()


def test_doctor_finds_a_healthy_installation_healthy(desk: Desk) -> None:
    """Without broken plugins everything is in order, versions are told, and the exit code is 0."""
    done = desk.run("doctor", "--json")
    findings = {finding["name"]: finding for finding in done.json["findings"]}
    assert done.json["ok"] is True and done.code == 0
    assert findings["earwitness"]["version"] == __version__ and "python" in findings
    assert all(finding["problem"] is None for finding in findings.values())
    assert desk.run("doctor").out.endswith("Everything is in order.\n")


@pytest.mark.parametrize(
    ("name", "code", "group", "told"),
    [
        ("broken", BROKEN, "earwitness.providers", "no such engine here"),
        ("exits", EXITS, "earwitness.providers", "SystemExit: 3"),
        ("misspelt", MISSPELT, "earwitness.providers", "earwitness_providr"),
        ("misnamed", GOOD, "earwitness.providers", "calls itself 'good'"),
        ("listener", LISTENER, "earwitness.plugins", "earwitness_job_chnaged"),
    ],
)
def test_doctor_names_what_is_wrong_with_a_plugin(
    desk: Desk, plugin: Install, name: str, code: str, group: str, told: str
) -> None:
    """An import error, an exit, a misspelt hook and a wrong name each give a finding that names the distribution."""
    done = desk.run("doctor", "--json", environment=plugin(name, code, group=group))
    (wrong,) = [finding for finding in done.json["findings"] if finding["problem"]]
    assert done.code == CODES[ConfigurationError] and done.json["ok"] is False
    assert told in wrong["problem"] and name in wrong["problem"] and done.err == ""


def test_doctor_tells_of_a_plugin_for_another_core(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin that asks for another Earwitness is a wrong finding that says which it wants and which is here."""
    with on_path(tmp_path) as site:
        site.provider("alpha", requires=["earwitness>=9"])
        assert check_up(config=None, state=State(json=True)) == CODES[ConfigurationError]
    findings = json.loads(capsys.readouterr().out)["findings"]
    (found,) = [one for one in findings if one["name"] == "alpha (earwitness-alpha)"]
    assert f"needs earwitness>=9, and earwitness {__version__} is installed" in found["problem"]
    assert "pip install --upgrade earwitness earwitness-alpha" in found["problem"]


def test_doctor_names_both_claimants(desk: Desk, plugin: Install) -> None:
    """A name claimed by two distributions is told with both."""
    environment = plugin("good", GOOD) | plugin("rival", GOOD, point="good")
    done = desk.run("doctor", environment=environment)
    assert done.code == CODES[ConfigurationError] and "good 1.2" in done.out and "rival 1.2" in done.out
    assert "WRONG" in done.out


def test_doctor_reads_the_configuration(desk: Desk) -> None:
    """A configuration with a misspelt key is a finding with the file and the key."""
    (desk.folder / "earwitness.toml").write_text('[profiles.a]\nprovider = "scripted"\nformt = 1\n')
    done = desk.run("doctor", "--json")
    (wrong,) = [finding for finding in done.json["findings"] if finding["problem"]]
    assert wrong["area"] == "configuration" and "formt" in wrong["problem"] and "earwitness.toml" in wrong["problem"]


def test_a_missing_extra_is_no_problem(desk: Desk) -> None:
    """An optional part that is not installed is told as such and leaves the installation in order."""
    for finding in desk.run("doctor", "--json").json["findings"]:
        assert not finding["missing"] or (finding["area"].startswith("extra ") and finding["problem"] is None)


def test_columns_line_up_and_empty_ones_are_left_out() -> None:
    """Columns are as wide as their widest cell counts on a terminal; one without any word is not printed."""
    assert columns(("A", "B", "C"), [("한국", "", "x"), ("b", "", "yy")]) == "A     C\n한국  x\nb     yy\n"


def test_plain_data_leaves_out_what_is_absent() -> None:
    """Declared data becomes JSON without absent fields; an options model becomes its options' names."""
    from earwitness.capabilities import Capabilities, Limit, Service
    from earwitness.request import Feature, HotWord

    told = plain(Capabilities((Service("a", HotWord, features={Feature.FILLERS: Limit(values=("keep",))}),)))
    assert json.loads(json.dumps(told))["services"][0] | {"x": 1} == {
        "name": "a",
        "options": ["text", "weight"],
        "submission": "paid",
        "audio": ["inline"],
        "features": {"fillers": {"values": ["keep"]}},
        "accepts": {"preferred": ["wav", "pcm_s16le"]},
        "callback": "none",
        "cancellable": False,
        "x": 1,
    }
