"""Korean against two independent tools, on constructed cases; each deliberate difference has its reason."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from earwitness.compare.normalization import profiles

pytest.importorskip("rapidfuzz")
from earwitness.compare.alignment import align

DATA = json.loads((Path(__file__).parent / "normalization_ko.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DATA["cases"]
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "normalization.md"
FORMAT, KO = (next(one for one in profiles() if one.name == name) for name in ("format", "ko"))


def test_the_cases_are_many_and_their_differences_explained() -> None:
    """Two hundred pairs and more; every difference names a reason, and every reason stands in the documentation."""
    used = {case[key] for case in CASES for key in ("why", "why_format") if key in case}
    page = PAGE.read_text(encoding="utf-8")
    assert len(CASES) >= 200 and used == set(DATA["reasons"])
    assert [reason for reason in DATA["reasons"].values() if reason not in page] == []
    assert all(("why" in case) == ("kocer" in case) for case in CASES)


def test_errors_in_characters() -> None:
    """Each pair has the errors that are written down for it, without blanks and with the readings of its numbers."""
    found = [(case["reference"], _errors(KO, case), _errors(FORMAT, case)) for case in CASES]
    assert found == [(case["reference"], case["errors"], case["format"]) for case in CASES]


def test_kocer_agrees() -> None:
    """kocer counts the same errors, apart from the differences that are written down."""
    kocer = pytest.importorskip("kocer", reason="kocer is an oracle of the test environment")
    other = [kocer.measure(case["reference"], case["hypothesis"], fillers=True).errors for case in CASES]
    assert other == [case.get("kocer", case["errors"]) for case in CASES]


def test_nlptutti_agrees() -> None:
    """nlptutti, which knows no numbers, counts the same errors as `format`, apart from what is written down."""
    nlptutti = pytest.importorskip("nlptutti", reason="nlptutti is an oracle of the test environment")
    other = [nlptutti.get_cer(case["reference"], case["hypothesis"], unicode_normalization="NFC") for case in CASES]
    counts = [int(one["substitutions"] + one["deletions"] + one["insertions"]) for one in other]
    assert counts == [case.get("nlptutti", case["format"]) for case in CASES]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors"),
    [
        ("사과 세 개를 샀다", "사과 3개를 샀다", 0),
        ("사과 세개를 샀다", "사과 3개를 샀다", 0),
        ("삼만 오천 원입니다", "3만5천 원입니다", 0),
        ("커피 한 잔 주세요", "커피 한잔 주세요", 2),
        ("십 킬로그램", "10kg", 0),
        ("백화점에 갔다", "100화점에 갔다", 1),
    ],
)
def test_eojeol(reference: str, hypothesis: str, errors: int) -> None:
    """Word errors count wrong blanks, but not those that a number in digits does not have."""
    assert align(KO.words(reference), KO.words(hypothesis)).errors == errors


def test_decomposed_hangul_is_the_same_text() -> None:
    """A transcript in jamo (as macOS writes names of files) costs nothing."""
    text = "한국어 음성 인식 3개"
    assert KO.characters(unicodedata.normalize("NFD", text)) == KO.characters(text)


def test_both_notations_of_a_reference_count() -> None:
    """The dual notation of public Korean corpora, `(spelling)/(sound)`, may be answered either way."""
    for answer in ("3시에 만나", "세 시에 만나"):
        assert align(KO.characters("(3시)/(세 시)에 만나"), KO.characters(answer)).errors == 0


def _errors(profile: Any, case: dict[str, Any]) -> int:
    return align(profile.characters(case["reference"]), profile.characters(case["hypothesis"])).errors
