"""Terms, numbers and negations: recall, precision, and where to listen."""

from earwitness.compare.metric import Measurement
from earwitness.compare.metrics import Terms, metrics, term_failures, term_metrics
from earwitness.models import Segment, Transcript
from support.spoken import Plain, pair, said, timed


def _both(terms: Terms | list[str], *sides: object, profile: Plain | None = None, **utterance: object) -> list[object]:
    """Hits and chances of recall and of precision."""
    compared = pair(*sides, **utterance)  # type: ignore[arg-type]
    found = [one.measure([compared], profile or Plain()) for one in term_metrics("drug", terms)]
    return [(each.errors, each.total) if isinstance(each, Measurement) else None for each in found]


def test_a_term_counts_where_it_stands_and_not_somewhere() -> None:
    """Said twice and heard twice, but once elsewhere: one of two is right on either side."""
    assert (
        _both(["aspirin"], "take aspirin now or aspirin then", "take now or aspirin then with aspirin") == [(1, 2)] * 2
    )


def test_a_phrase_is_right_in_one_piece_only() -> None:
    """Of three mentions one lost a word and one has a word in between."""
    terms = ["acetylic acid"]
    reference = "acetylic acid x acetylic acid y acetylic acid"
    assert _both(terms, reference, "acetylic acid x acid y acetylic strong acid") == [(1, 3), (1, 1)]


def test_of_terms_over_each_other_the_longest_counts() -> None:
    """`New York Times` is one term and not two."""
    assert _both(["new york", "new york times"], "the new york times", "the new york times") == [(1, 1), (1, 1)]
    assert _both(["new york", "new york times"], "in new york", "in new york") == [(1, 1), (1, 1)]
    assert _both(["new york", "new york times"], "the new york times", "the new york post") == [(0, 1), (1, 1)]


def test_without_the_term_there_is_nothing_to_say() -> None:
    """None on the side that has none; invented terms cost precision alone."""
    assert _both(["aspirin"], "nothing of it", "aspirin of it") == [None, (0, 1)]
    assert _both(["aspirin"], "aspirin of it", "nothing of it") == [(0, 1), None]


def test_terms_behind_another_reading_are_found() -> None:
    """A term with a number is right when the number is read otherwise, on both sides."""
    profile = Plain(otherwise={"25": (("twenty", "five"),)})
    assert _both(["25 mg"], "take 25 mg", "take twenty five mg", profile=profile) == [(1, 1), (1, 1)]
    assert _both(["25 mg"], "take 25 mg", "take twenty nine mg", profile=profile) == [(0, 1), None]


def test_in_languages_counted_by_characters_terms_are_found_inside_words() -> None:
    """Korean particles hang on their noun: the place is right where its own characters are."""
    profile = Plain(headline="cer")
    assert _both(["서울"], "서울에서 만나요", "서울 에서 만나용", profile=profile) == [(1, 1), (1, 1)]


def test_numbers_are_found_without_a_list() -> None:
    """Every stretch with a digit, or that may be read with one, is a number."""
    numbers = Terms(numbers=True)
    assert _both(numbers, "room 25 at 10 30", "room 25 at 10 20") == [(1, 2), (1, 2)]
    profile = Plain(otherwise={"five": (("5",),)})
    assert _both(numbers, "five of us", "5 of us", profile=profile) == [(1, 1), (1, 1)]


def test_negations_are_those_of_the_language() -> None:
    """A lost `not` is found in English, and the list of another language looks for nothing there."""
    (recall,) = (one for one in metrics() if one.name == "negation_recall")
    lost = pair("i do not know", "i do know", language="en-US")
    found = recall.measure([lost], Plain())
    assert found is not None and (found.errors, found.total) == (0, 1)
    assert recall.measure([pair("i do not know", "i do know", language="ko")], Plain()) is None
    # Where the utterance has no language the profile's counts.
    assert recall.measure([pair("i do not know", "i do know")], Plain(languages=("en",))) is not None


def test_failures_say_where_to_listen() -> None:
    """The id, the side, the term and its time in the audio, for what was missed and for what was invented."""
    reference = timed("take aspirin twice a day", [0, 400, 900, 1300, 1500])
    hypothesis = timed("take aspen twice aspirin day", [0, 410, 900, 1310, 1500])
    first, second = term_failures([pair(reference, hypothesis, id="u7", offset_ms=10_000)], ["aspirin"], Plain())
    assert (first.id, first.kind, first.term, first.start_ms, first.end_ms) == (
        "u7",
        "missed",
        "aspirin",
        10_400,
        10_500,
    )
    assert (second.kind, second.start_ms, second.end_ms) == ("invented", 11_310, 11_410)
    assert "aspirin" not in repr(first)


def test_a_failure_in_text_without_times_has_none() -> None:
    """No time is made up; a segment's time is shared out between its words."""
    (untimed,) = term_failures([pair("take aspirin", "take it")], ["aspirin"], Plain())
    assert (untimed.start_ms, untimed.end_ms) == (None, None)
    (shared,) = term_failures([pair(said(("A", "aaaa bbbb", 0, 8000)), "aaaa")], ["bbbb"], Plain())
    assert (shared.start_ms, shared.end_ms) == (4000, 8000)


def test_a_term_of_a_lost_utterance_is_missed() -> None:
    """What was not delivered has not been heard."""
    assert _both(["aspirin"], "take aspirin", Transcript((Segment(""),))) == [(0, 1), None]
