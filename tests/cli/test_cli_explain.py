"""`explain` compares profiles line by line; `providers --can` answers questions in words. Neither calls anybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.cli._exit import CODES
from earwitness.errors import InvalidRequestError, UnsupportedFeatureError
from support.desk import Desk

NOBODY = CODES[UnsupportedFeatureError]
CONFIG = """
default_profile = "play"
[profiles.play]
provider = "scripted"
on_unsupported = "drop"
price = { per_hour = 36, currency = "KRW", block_seconds = 15 }
settings = { without = ["speakers"] }

[profiles.strict]
provider = "scripted"
settings = { without = ["speakers"], submission = "free" }
"""
VENDOR = """
from earwitness.capabilities import AudioForm, Capabilities, Limit, Service
from earwitness.hookspecs import hookimpl
from earwitness.provider import Provider, ProviderSettings
from earwitness.request import Feature

class Vendor(Provider[ProviderSettings]):
    name = "{name}"
    capabilities = Capabilities(services=(
        Service("long", audio=("inline", "url"), languages=("ko-KR",), accepts=AudioForm(max_duration_ms=7_200_000),
                features={{Feature.SPEAKERS: Limit(note="2 to 32"), Feature.WORD_TIMES: Limit()}}),
        Service("live", audio=("stream",), languages=("ko-KR", "ja")),
    ))

@hookimpl
def earwitness_provider():
    return Vendor
"""


@pytest.fixture(autouse=True)
def files(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles of one provider, and nobody's own configuration."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (desk.folder / "earwitness.toml").write_text(CONFIG)


class TestExplain:
    def test_a_table_for_people(self, desk: Desk) -> None:
        """One column for each profile, in the order asked, and the reason of every refusal below."""
        audio = desk.recording("talk.wav", ms=2000)
        done = desk.run("explain", audio, "--profiles", "strict,play", "--speakers", "2", "--hotword", "Mo")
        assert (done.code, done.err) == (0, "")
        rows = {line.partition("  ")[0]: line.split(maxsplit=1)[1:] for line in done.out.splitlines()}
        assert done.out.split(maxsplit=2)[:2] == ["strict", "play"]
        assert rows["provider"] == ["scripted                      scripted"]
        assert rows["audio"] == ["-                             as it is"]
        assert rows["speakers"] == ["refused (cannot do speakers)  dropped (cannot do speakers)"]
        assert rows["hot_words"] == ["1 word                        1 word"]
        assert rows["duration"] == ["0:00:02.000                   0:00:02.000"]
        assert rows["price"] == ["-                             0.15 KRW (15 s in blocks of 15 s)"]
        assert rows["answers"] == ["no                            yes"]
        assert "strict: scripted (scripted) cannot answer this request: speakers: cannot do speakers." in done.out

    def test_each_fact_has_one_line(self, desk: Desk, plugin: Callable[..., dict[str, str]]) -> None:
        """What is refused is not told as set or handed over: no audio, no vendor's option, and no model twice."""
        audio = desk.recording("talk.wav")
        done = desk.run(
            *("explain", audio, "-p", "korvox,play,korvox", "--model", "big"),
            *("--vendor", "mode=1", "--language", "ko"),
            environment=plugin("korvox", VENDOR.format(name="korvox")),
        )
        *table, problem = done.out.splitlines()
        assert [re.split(r"\s{2,}", line) for line in table] == [
            ["", "korvox", "play"],
            ["provider", "korvox", "scripted"],
            ["service", "long", "scripted"],
            ["model", "refused (has no model 'big'; it offers no choice of models)", "big"],
            ["languages", "ko", "ko"],
            ["audio", "-", "as it is"],
            ["vendor.mode", "refused (there is no such option)", "set"],
            ["duration", "0:00:00.500", "0:00:00.500"],
            ["price", "-", "0.15 KRW (15 s in blocks of 15 s)"],
            ["answers", "no", "yes"],
        ]
        assert problem.startswith("korvox: korvox (long) cannot answer this request: model: ")

    def test_json_for_machines(self, desk: Desk) -> None:
        """The same as data; without --profiles every configured one is asked."""
        done = desk.run("explain", desk.recording("talk.wav", ms=2000), "--speakers", "2", "--json")
        play, strict = done.json["explanations"]
        assert (play["profile"], play["answers"], play["cost"], play["currency"]) == ("play", True, 0.15, "KRW")
        assert play["options"] == [
            {"name": "speakers", "value": "2", "outcome": "dropped", "reason": "cannot do speakers"}
        ]
        assert (strict["profile"], strict["answers"]) == ("strict", False)

    def test_a_service_can_be_asked_for(self, desk: Desk) -> None:
        """--service is judged under each profile, and profiles that are named one by one are all compared."""
        done = desk.run("explain", desk.recording("talk.wav"), "-p", "play", "-p", "strict", "--service", "x", "--json")
        assert [one["profile"] for one in done.json["explanations"]] == ["play", "strict"]
        assert all("no service 'x'" in one["problem"] for one in done.json["explanations"])

    def test_nobody_can(self, desk: Desk) -> None:
        """Where no profile would answer the exit code says so, for scripts."""
        done = desk.run("explain", desk.recording("talk.wav"), "-p", "strict", "--speakers", "2")
        assert done.code == NOBODY

    def test_nothing_is_heard(self, desk: Desk) -> None:
        """A recording that would take ten minutes is explained at once, because nobody hears it."""
        (desk.folder / "earwitness.toml").write_text(
            CONFIG + '[[profiles.slow.settings.scenes]]\nsteps = [{ status = "running", seconds = 600 }]\n'
            '[profiles.slow]\nprovider = "scripted"\n'
        )
        assert desk.run("explain", desk.recording("talk.wav"), "-p", "slow").code == 0

    def test_what_is_wrong_with_the_question(self, desk: Desk) -> None:
        """A missing file and an empty list of profiles are errors with their exit codes."""
        assert "absent.wav" in desk.run("explain", "absent.wav").err
        assert desk.run("explain", "absent.wav", "-p", "").code == 2


class TestCan:
    @pytest.fixture
    def installed(self, plugin: Callable[..., dict[str, str]]) -> dict[str, str]:
        return plugin("korvox", VENDOR.format(name="korvox"))

    def test_an_answer_for_each_service(self, desk: Desk, installed: dict[str, str]) -> None:
        """Every service of every provider says yes or no and why; who can stands first; scripted is not asked."""
        done = desk.run("providers", "--can", "korean,speakers,words", "--hours", "1.5", environment=installed)
        assert (done.code, done.err) == (0, "")
        head, first, *rest = done.out.splitlines()
        assert head.split() == ["PROVIDER", "SERVICE", "CAN", "WHY"]
        assert first.split(maxsplit=3) == ["korvox", "long", "yes", "speakers: 2 to 32"]
        live = next(line for line in rest if "live" in line)
        assert live.split(maxsplit=3)[2:] == ["no", "cannot do speakers; cannot do word_times"]
        assert "scripted" not in done.out

    def test_nobody_can(self, desk: Desk, installed: dict[str, str]) -> None:
        """Too long for everybody is a list of reasons and an exit code."""
        done = desk.run("providers", "--can", "korean,speakers", "--hours", "3", "--json", environment=installed)
        assert done.code == NOBODY
        long = next(one for one in done.json["answers"] if (one["provider"], one["service"]) == ("korvox", "long"))
        assert (long["can"], long["lacks"]) == (False, ["hears at most 2 hours"])

    def test_a_misspelt_word(self, desk: Desk) -> None:
        """A word that nobody knows gets the nearest one."""
        done = desk.run("providers", "--can", "koraen")
        assert done.code == CODES[InvalidRequestError]
        assert "Did you mean korean?" in done.err
