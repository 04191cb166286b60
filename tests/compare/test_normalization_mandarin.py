"""Mandarin against SpeechColab's published policy, on constructed cases; each deliberate difference has its reason."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from earwitness.compare.normalization import profiles
from earwitness.compare.normalization.mandarin._words import named

pytest.importorskip("rapidfuzz")
pytest.importorskip("opencc")
from earwitness.compare.alignment import align

DATA = json.loads((Path(__file__).parent / "normalization_zh.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DATA["cases"]
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "normalization.md"
ZH = next(one for one in profiles() if one.name == "zh")


def test_the_cases_are_many_and_their_differences_explained() -> None:
    """Two hundred pairs and more; every difference names a reason, and every reason stands in the documentation."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(CASES) >= 200 and {case["why"] for case in CASES if "why" in case} == set(DATA["reasons"])
    assert [reason for reason in DATA["reasons"].values() if reason not in page] == []
    assert all(("why" in case) == (case.get("speechcolab", case["errors"]) != case["errors"]) for case in CASES)


def test_errors_in_mixed_units() -> None:
    """Each pair has the errors that are written down for it: characters, and words where the script is Latin."""
    found = [(case["reference"], case["hypothesis"], _errors(case["reference"], case["hypothesis"])) for case in CASES]
    assert found == [(case["reference"], case["hypothesis"], case["errors"]) for case in CASES]


def test_cn2an_names_numbers_alike() -> None:
    """Numbers up to a hundred million have the name that cn2an gives them."""
    cn2an = pytest.importorskip("cn2an", reason="cn2an is an oracle of the test environment")
    draw = Random(7)
    numbers = [*range(1200), *(draw.randrange(10 ** draw.randrange(3, 9)) for _ in range(800))]
    assert [number for number in numbers if named(number) != cn2an.an2cn(number)] == []


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (10, "十"),
        (110, "一百一十"),
        (10_010, "一万零一十"),
        (100_000_001, "一亿零一"),
        (635_000_009_752, "六千三百五十亿零九千七百五十二"),
        (1_500_000_000_000, "一万五千亿"),
    ],
)
def test_names_of_numbers(number: int, name: str) -> None:
    """A gap in the digits is said once, also across 万 and 亿."""
    assert named(number) == name


def test_tokens() -> None:
    """Han characters are units of their own, Latin words one each; idioms keep their numerals."""
    assert ZH.mixed("我用iPhone打call，十分感謝").units == ("我", "用", "iphone", "打", "call", "十", "分", "感", "谢")


def _errors(reference: str, hypothesis: str) -> int:
    return align(ZH.mixed(reference), ZH.mixed(hypothesis)).errors
