"""DER, JER and the number of speakers, against pyannote.metrics and by hand."""

import itertools
import random
import warnings
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from earwitness.compare.metrics import DiarizationError, JaccardError, SpeakerCount, Voice, diarized
from earwitness.models import Segment, Transcript, Word
from support.spoken import Plain, pair, said

COLLARS_MS = (0, 250, 700)


@pytest.fixture(scope="module")
def pyannote() -> Any:
    """The oracle and the types it takes."""
    pytest.importorskip("pyannote.metrics", reason="pyannote.metrics is the oracle of this test")
    from pyannote import core  # type: ignore[import-untyped]
    from pyannote.metrics import diarization  # type: ignore[import-untyped]

    return core, diarization


voices = st.lists(
    st.builds(
        lambda who, start, length: Voice(who, start, start + length),
        st.sampled_from("ABC"), st.integers(0, 20_000), st.integers(1, 6000),
    ),
    max_size=10,
)  # fmt: skip
uems = st.none() | st.tuples(st.integers(0, 9000), st.integers(9001, 30_000)).map(lambda both: [both])


@given(
    reference=voices.filter(bool),
    hypothesis=voices,
    collar=st.sampled_from(COLLARS_MS),
    overlap=st.booleans(),
    uem=uems,
)
@settings(max_examples=80)
def test_der_is_that_of_pyannote(
    pyannote: Any, reference: list[Voice], hypothesis: list[Voice], collar: int, overlap: bool, uem: Any
) -> None:
    """Each part of DER is the same under the same rules: our collar is one side of theirs, own overlaps are merged."""
    ours = diarized(reference, hypothesis, collar_ms=collar, overlap=overlap, uem=uem)
    theirs = _theirs(pyannote, "DiarizationErrorRate", reference, hypothesis, collar, overlap, uem)
    assert ours.total_ms / 1000 == pytest.approx(theirs["total"], abs=1e-5)
    assert ours.missed_ms / 1000 == pytest.approx(theirs["missed detection"], abs=1e-5)
    assert ours.false_alarm_ms / 1000 == pytest.approx(theirs["false alarm"], abs=1e-5)
    assert ours.confused_ms / 1000 == pytest.approx(theirs["confusion"], abs=1e-5)


@given(seed=st.integers(0, 2**32), collar=st.sampled_from([0, 250, 300_000]), overlap=st.booleans(), cut=st.booleans())
@settings(max_examples=60)
def test_jer_is_that_of_pyannote(pyannote: Any, seed: int, collar: int, overlap: bool, cut: bool) -> None:
    """The sum over speakers and their number are the same wherever one pairing of speakers shares the most time."""
    rng = random.Random(seed)
    reference, hypothesis = (_long_turns(rng, speakers=rng.randint(1, 4)) for _ in range(2))
    uem = [(1_000_000, 7_000_000)] if cut else None
    ours = diarized(reference, hypothesis, collar_ms=collar, overlap=overlap, uem=uem)
    theirs = _theirs(pyannote, "JaccardErrorRate", reference, hypothesis, collar, overlap, uem)
    assert ours.speakers == theirs["speaker count"]
    assume(_settled(pyannote, reference, hypothesis, collar, overlap, uem))
    assert ours.jaccard == pytest.approx(theirs["speaker error"], abs=1e-6)


def test_by_hand() -> None:
    """Ten seconds of A and ten of B: two are missed, one is false, three are B's and given to A's voice."""
    reference = said(("A", "", 0, 10_000), ("B", "", 10_000, 20_000))
    hypothesis = said(("1", "", 2000, 13_000), ("2", "", 13_000, 21_000))
    found = DiarizationError().measure([pair(reference, hypothesis)], Plain())
    assert found is not None
    assert found.parts == {"missed_s": 2.0, "false_alarm_s": 1.0, "confused_s": 3.0}
    assert (found.errors, found.total) == (6.0, 20.0)
    jaccard = JaccardError().measure([pair(reference, hypothesis)], Plain())
    assert jaccard is not None and jaccard.total == 2
    # A: 8 s of 13 s shared; B: 7 s of 11 s.
    assert jaccard.errors == pytest.approx((1 - 8 / 13) + (1 - 7 / 11))


def test_the_collar_counts_on_each_side() -> None:
    """A collar of a second forgives a start that is a second late, and one of half a second half of it."""
    sides = pair(said(("A", "", 0, 10_000)), said(("1", "", 1000, 10_000)))
    found = [DiarizationError(collar_s=collar).measure([sides], Plain()) for collar in (0.0, 0.5, 1.0)]
    assert [(each.errors, each.total) for each in found if each] == [(1.0, 10.0), (0.5, 9.0), (0.0, 8.0)]


def test_where_several_speak_is_left_out_on_request() -> None:
    """Two seconds are spoken by two; scored they count twice, left out not at all."""
    sides = pair(said(("A", "", 0, 6000), ("B", "", 4000, 10_000)), said(("1", "", 0, 5000), ("2", "", 5000, 10_000)))
    scored, skipped = (DiarizationError(overlap=overlap).measure([sides], Plain()) for overlap in (True, False))
    assert scored is not None and skipped is not None
    assert (scored.errors, scored.total) == (2.0, 12.0)
    assert (skipped.errors, skipped.total) == (0.0, 8.0)


def test_only_the_scored_part_counts() -> None:
    """The map of scored parts holds for the recording, whose stretch begins at its offset."""
    metric = DiarizationError(uem={"meeting": [(60_000, 64_000)]})
    sides = pair(said(("A", "", 0, 10_000)), said(("1", "", 1000, 10_000)), recording="meeting", offset_ms=60_000)
    found = metric.measure([sides], Plain())
    assert found is not None and (found.errors, found.total) == (1.0, 4.0)


def test_without_speakers_or_times_there_is_nothing_to_say() -> None:
    """None, not 0 and not 100 %; but what was not delivered was missed."""
    named, nameless = said(("A", "a", 0, 1000)), said((None, "a", 0, 1000))
    untimed = Transcript((Segment("a", speaker="1"),))
    for metric in (DiarizationError(), JaccardError()):
        for reference, hypothesis in itertools.permutations((named, nameless, untimed), 2):
            assert metric.measure([pair(reference, hypothesis)], Plain()) is None
    assert SpeakerCount().measure([pair(named, nameless)], Plain()) is None
    lost = DiarizationError().measure([pair(named, Transcript(), delivery="failed")], Plain())
    assert lost is not None and (lost.errors, lost.total) == (1.0, 1.0)


def test_the_number_of_speakers() -> None:
    """Too many here and too few there do not cancel out."""
    one, three = said(("A", "a", 0, 1)), said(("A", "a", 0, 1), ("B", "b", 1, 2), ("C", "c", 2, 3))
    found = SpeakerCount().measure([pair(one, three), pair(three, one), pair(one, one)], Plain())
    assert found is not None
    assert (found.errors, found.total, found.parts) == (4, 3, {"too_many": 2, "too_few": 2})


def test_turns_are_those_of_words_where_words_change_hands() -> None:
    """A segment with two speakers is two turns, each as long as its words."""
    words = (Word("a", 0, 400, speaker="1"), Word("b", 600, 1000, speaker="2"))
    hypothesis = Transcript((Segment("a b", 0, 1000, words),))
    found = DiarizationError().measure([pair(said(("A", "a", 0, 400), ("B", "b", 600, 1000)), hypothesis)], Plain())
    assert found is not None and (found.errors, found.total) == (0.0, 0.8)


def _theirs(
    pyannote: Any, name: str, reference: list[Voice], hypothesis: list[Voice], collar: int, overlap: bool, uem: Any
) -> Any:
    core, diarization = pyannote
    metric = getattr(diarization, name)(collar=2 * collar / 1000, skip_overlap=not overlap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return metric.compute_components(
            _annotation(core, reference), _annotation(core, hypothesis), uem=_timeline(core, uem)
        )


def _settled(
    pyannote: Any, reference: list[Voice], hypothesis: list[Voice], collar: int, overlap: bool, uem: Any
) -> bool:
    """Whether one pairing of speakers shares more time than every other: of two equal ones either may be taken."""
    core, diarization = pyannote
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = diarization.JaccardErrorRate().uemify(
            _annotation(core, reference), _annotation(core, hypothesis),
            uem=_timeline(core, uem), collar=2 * collar / 1000, skip_overlap=not overlap,
        )  # fmt: skip
    shared = (ours * theirs).tolist()
    columns = [*range(len(theirs.labels())), *([None] * len(shared))]
    sums: dict[frozenset[tuple[int, int]], float] = {}
    for order in itertools.permutations(columns, len(shared)):
        pairs = [(row, column) for row, column in enumerate(order) if column is not None and shared[row][column]]
        sums[frozenset(pairs)] = sum(shared[row][column] for row, column in pairs)
    best = sorted(sums.values())[-2:]
    return len(best) < 2 or best[1] - best[0] > 1e-3


def _timeline(core: Any, uem: Any) -> Any:
    return uem and core.Timeline([core.Segment(start / 1000, end / 1000) for start, end in uem])


def _annotation(core: Any, found: list[Voice]) -> Any:
    annotation = core.Annotation()
    for number, voice in enumerate(found):
        annotation[core.Segment(voice.start_ms / 1000, voice.end_ms / 1000), number] = voice.speaker
    return annotation.support()


def _long_turns(rng: random.Random, *, speakers: int) -> list[Voice]:
    """Three turns or so of each speaker over two hours, to the millisecond."""
    begins = [(who, rng.randrange(8_000_000)) for who in "ABCD"[:speakers] for _ in range(rng.randint(1, 5))]
    return [Voice(who, begin, begin + rng.randint(1, 2_000_000)) for who, begin in begins]
