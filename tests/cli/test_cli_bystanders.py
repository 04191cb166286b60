"""What is wrong with one distribution is told of it alone, and is never the answer to a request of another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.desk import Desk
from support.distributions import provider_source

Install = Callable[..., dict[str, str]]

WRONG = {
    "features": "Capabilities((Service('s', features=['speakers'], languages=5),))",
    "services": "Capabilities(('s',))",
}


@pytest.fixture(params=list(WRONG.values()), ids=list(WRONG))
def beside(request: pytest.FixtureRequest, plugin: Install) -> dict[str, str]:
    """The environment in which a wrongly declared provider is installed."""
    source = provider_source("wrong", body=f"    capabilities = {request.param}\n")
    return plugin("wrong-dist", source, point="wrong")


def test_the_listing_has_one_row_with_the_reason(desk: Desk, beside: dict[str, str]) -> None:
    """`providers --capabilities` lists everybody, and the wrong one with its distribution and what is wrong."""
    done = desk.run("providers", "--capabilities", "--json", environment=beside)
    rows = {row["name"]: row for row in done.json["providers"]}
    assert done.code == 0 and rows["scripted"]["problem"] is None and "capabilities" in rows["scripted"]
    assert "wrong-dist 1.2" in rows["wrong"]["problem"] and "services[0]" in rows["wrong"]["problem"]
    done = desk.run("providers", "--capabilities", environment=beside)
    assert (done.code, done.err) == (0, "") and "cannot be used: The plugin 'wrong' of wrong-dist 1.2" in done.out


def test_a_refusal_is_about_the_one_that_was_asked(desk: Desk, beside: dict[str, str]) -> None:
    """What the asked provider cannot do is its refusal, whatever stands beside it."""
    desk.recording("x.wav")
    with open(desk.folder / "earwitness.toml", "a", encoding="utf-8") as config:
        config.write('[profiles.narrow]\nprovider = "scripted"\nsettings = { without = ["speakers"] }\n')
    done = desk.run("transcribe", "x.wav", "-p", "narrow", "--speakers", "2", environment=beside)
    assert done.code == 9 and "cannot do speakers" in done.err and "TypeError" not in done.err


def test_wishes_and_explanations_pass_it_over(desk: Desk, beside: dict[str, str]) -> None:
    """`providers --can` and `explain` tell what everybody else can do."""
    desk.recording("x.wav")
    alone = desk.run("providers", "--can", "speakers")
    done = desk.run("providers", "--can", "speakers", environment=beside)
    assert done.code == alone.code and done.out.startswith(alone.out[:40]) and "bug" not in done.err
    done = desk.run("explain", "x.wav", "--speakers", "2", "--json", environment=beside)
    assert "bug" not in done.err and json.loads(done.out)


def test_the_check_up_finds_it(desk: Desk, beside: dict[str, str]) -> None:
    """`doctor` calls it wrong, and nobody else."""
    done = desk.run("doctor", "--json", environment=beside)
    wrong = [one for one in done.json["findings"] if one["area"] == "provider" and one["problem"]]
    assert done.code == 4 and [one["name"] for one in wrong] == ["wrong (wrong-dist)"]


GOOD_PLUGIN = """
from earwitness.hookspecs import hookimpl

@hookimpl
def earwitness_job_changed(job):
    pass
"""
BAD_PLUGIN = GOOD_PLUGIN.replace("changed", "chnaged")


def test_a_failure_is_told_of_its_own_distribution(desk: Desk, plugin: Install) -> None:
    """`doctor` puts a plugin's failure into the row of that plugin, also where another's name begins with its name."""
    plugin("earwitness-x", GOOD_PLUGIN, group="earwitness.plugins")
    beside = plugin("earwitness-x-extra", BAD_PLUGIN, group="earwitness.plugins")
    findings = desk.run("doctor", "--json", environment=beside).json["findings"]
    told = {one["name"]: one["problem"] for one in findings if one["area"] == "plugin"}
    assert told["earwitness-x (earwitness-x)"] is None
    assert "earwitness_job_chnaged" in told["earwitness-x-extra (earwitness-x-extra)"]


@pytest.mark.parametrize("loudness", [(), ("--verbose",)])
def test_warnings_are_json_for_machines(desk: Desk, plugin: Install, loudness: tuple[str, ...]) -> None:
    """With --json every line on standard error is a document, warnings of the log included."""
    beside = plugin("bad", BAD_PLUGIN, group="earwitness.plugins")
    desk.recording("x.wav")
    done = desk.run("transcribe", "x.wav", "--json", *loudness, environment=beside)
    told = [json.loads(line) for line in done.err.splitlines()]
    assert done.code == 0
    assert any("earwitness_job_chnaged" in one.get("warning", "") for one in told)


def test_an_undecodable_distribution_stops_nothing_and_is_named(desk: Desk, plugin: Install, tmp_path: Path) -> None:
    """One byte that is not UTF-8 in anybody's entry points hinders no command; `doctor` names whose it is."""
    beside = plugin("innocent", GOOD_PLUGIN, group="earwitness.plugins")
    guilty = tmp_path / "site" / "guilty-1.0.dist-info"
    guilty.mkdir()
    (guilty / "METADATA").write_text("Metadata-Version: 2.1\nName: guilty\nVersion: 1.0\n")
    (guilty / "entry_points.txt").write_bytes(b"[some.group]\n\xff = nothing\n")
    desk.recording("x.wav")
    done = desk.run("transcribe", "x.wav", environment=beside)
    assert (done.code, done.out, done.err) == (0, "anything else\n", "")
    done = desk.run("doctor", "--json", environment=beside)
    (wrong,) = [one for one in done.json["findings"] if one["problem"]]
    assert wrong["name"] == "guilty" and "pip install --force-reinstall guilty" in wrong["problem"]


def test_the_check_up_tells_every_mistake_of_the_configuration(desk: Desk) -> None:
    """`doctor` shows what `config check` shows: all mistakes, and not the first."""
    (desk.folder / "earwitness.toml").write_text(
        '[profiles]\na = { provider = "scripted", settings = { one = 1 } }\n'
        'b = { provider = "scripted", settings = { two = 2 } }\n'
    )
    findings = desk.run("doctor", "--json").json["findings"]
    told = " ".join(one["problem"] for one in findings if one["area"] == "configuration")
    assert "profiles.a.settings.one" in told and "profiles.b.settings.two" in told
