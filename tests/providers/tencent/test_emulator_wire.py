"""From a neutral transcript to the vendor's words: nothing is invented, lost, or out of order."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.models import Answer, Segment, Transcript, Word
from earwitness_tencent.emulator._sentences import Sentence, Wishes, guessed_tokens, sentences_of
from earwitness_tencent.emulator._wire import (
    DetailForm,
    flash_sentences,
    joined,
    result_detail,
    result_lines,
    sentence_words,
)
from earwitness_tencent.provider import Tencent
from support.tencent_emulator import MORNING
from support.transcripts import valid

# The manual's own tolerant pattern (6.3).
LINE = re.compile(r"^\[(?:(\d+):)?(\d+):(\d+(?:\.\d+)?),(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)(?:,\s*(-?\d+))?\]\s*(.*)$")
FULL = DetailForm(level=2, numbered=True)
MARKS = ".,;:!?…、。，；：！？"

words = st.text("abcdefg'", min_size=1, max_size=8).map(lambda text: text.replace("'", "") or "a")


@st.composite
def clean(draw: st.DrawFn) -> Transcript:
    """What the vendor can say entirely: sentences one after the other, with words that fill them."""
    segments, clock = [], 0
    for _ in range(draw(st.integers(0, 4))):
        clock += draw(st.integers(0, 5000))
        begin, said = clock, []
        for text in draw(st.lists(words, min_size=1, max_size=5)):
            clock += draw(st.integers(0, 300))
            end = clock + draw(st.integers(1, 900))
            said.append(Word(text, clock, end))
            clock = end
        mark = draw(st.sampled_from(["", ".", "?", "…"]))
        speaker = draw(st.sampled_from(["a", "b", "c"]))
        text = " ".join(word.text for word in said) + mark
        segments.append(Segment(text, begin, clock, tuple(said), speaker=speaker))
    return Transcript(tuple(segments), duration_ms=clock)


def read_back(detail: list[dict[str, Any]]) -> list[Segment]:
    """What the manual says that a detail means."""
    return [
        Segment(
            one["FinalSentence"],
            one["StartMs"],
            one["EndMs"],
            tuple(
                Word(word["Word"], one["StartMs"] + word["OffsetStartMs"], one["StartMs"] + word["OffsetEndMs"])
                for word in one["Words"] or ()
            ),
            speaker=str(one["SpeakerId"]),
        )
        for one in detail
    ]


def of(sentences: list[Sentence], form: DetailForm = FULL) -> list[dict[str, Any]]:
    detail = result_detail(sentences, form)
    assert detail is not None
    return detail


@given(clean())
def test_what_the_vendor_can_say_comes_back_unchanged(told: Transcript) -> None:
    """Texts, times, words and speakers of a clean transcript survive the way through `ResultDetail` without marks."""
    back = read_back(of(sentences_of(told, Wishes(voices="speakers")), DetailForm(level=1)))
    order = list(dict.fromkeys(segment.speaker for segment in told.segments))
    expected = [
        Segment(one.text, one.start_ms, one.end_ms, one.words, speaker=str(order.index(one.speaker)))
        for one in told.segments
    ]
    assert back == expected


@given(clean())
def test_with_marks_the_words_are_the_whole_text(told: Transcript) -> None:
    """From level 2 on the words, marks among them, joined without blanks are the sentence without blanks."""
    for one in of(sentences_of(told)):
        assert "".join(word["Word"] for word in one["Words"]) == one["FinalSentence"].replace(" ", "")
        assert one["WordsNum"] == len(one["Words"])
        assert one["SliceSentence"] == " ".join(word["Word"] for word in one["Words"])


@given(valid(), st.sampled_from(["none", "speakers", "channels"]), st.integers(0, 2), st.booleans(), st.integers(0, 40))
def test_any_transcript_becomes_sentences_in_order(
    told: Transcript, voices: str, punctuation: int, cut: bool, most: int
) -> None:
    """Whatever is missing, times are whole, within their sentence, and never run backwards."""
    made = sentences_of(told, Wishes(voices, punctuation, cut, most if cut else 0))
    assert [one.start_ms for one in made] == sorted(one.start_ms for one in made)
    for one in made:
        assert one.text
        assert 0 <= one.start_ms <= one.end_ms
        assert all(one.start_ms <= token.start_ms <= token.end_ms <= one.end_ms for token in one.tokens)


@given(valid())
def test_every_line_reads_with_the_manuals_pattern(told: Transcript) -> None:
    """One line for each sentence with text, its stamp exact to the millisecond, its text in one line."""
    made = sentences_of(told, Wishes(voices="speakers"))
    text = result_lines(made, FULL)
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(made) == sum(1 for one in told.segments if one.text.split())
    for line, one in zip(lines, made, strict=True):
        found = LINE.match(line)
        assert found is not None
        minutes, seconds = int(found[2]), float(found[3])
        assert round((minutes * 60 + seconds) * 1000) == one.start_ms
        assert (int(found[7]), found[8]) == (one.voice, one.text)


@given(valid())
def test_all_forms_of_any_transcript_are_json_with_the_same_text(told: Transcript) -> None:
    """Recording, sentence and flash say the same words of the same transcript."""
    made = sentences_of(told)
    detail = of(made)
    flash = flash_sentences(made, 2)
    listed = sentence_words(made, 2) or []
    json.dumps([detail, flash, listed], allow_nan=False).encode()
    assert [one["FinalSentence"] for one in detail] == [one["text"] for one in flash]
    by_flash = [word["word"] for one in flash for word in one["word_list"]]
    by_detail = [word["Word"] for one in detail for word in one["Words"] or ()]
    assert by_flash == by_detail == [word["Word"] for word in listed]


@given(clean(), st.integers(6, 40))
def test_cutting_loses_no_character(told: Transcript, most: int) -> None:
    """Pieces of subtitles hold together all that was said, and only a longer word makes one longer than allowed."""
    whole = "".join(one.text for one in told.segments).replace(" ", "")
    pieces = sentences_of(told, Wishes(cut=True, max_chars=most))
    assert "".join(piece.text for piece in pieces).replace(" ", "") == whole
    assert all(len(piece.text.rstrip(MARKS)) <= most + 1 or len(piece.words(marks=False)) == 1 for piece in pieces)


@pytest.mark.parametrize(
    ("punctuation", "texts"),
    [
        (0, ["Good morning.", "Shall we start?"]),
        (1, ["Good morning", "Shall we start"]),
        (2, ["Good morning", "Shall we start"]),
    ],
)
def test_punctuation_is_dropped_where_that_is_asked(punctuation: int, texts: list[str]) -> None:
    """At the end of sentences, or everywhere, from the text and from the words."""
    made = sentences_of(MORNING, Wishes(punctuation=punctuation))
    assert [one.text for one in made] == texts
    assert any(token.mark for one in made for token in one.tokens) == (punctuation == 0)
    inner = Transcript((Segment("Yes, indeed.", 0, 900),))
    told = sentences_of(inner, Wishes(punctuation=punctuation))[0].text
    assert told == ["Yes, indeed.", "Yes, indeed", "Yes indeed"][punctuation]


def test_words_without_times_are_spread_over_their_sentence() -> None:
    """A text alone becomes words of equal length; Chinese characters are words of their own."""
    tokens = guessed_tokens("你好 world", 0, 300)
    assert [(one.text, one.start_ms, one.end_ms) for one in tokens] == [
        ("你", 0, 100),
        ("好", 100, 200),
        ("world", 200, 300),
    ]


def test_text_without_blanks_is_joined_without_blanks() -> None:
    """The whole text of Chinese sentences has none between them."""
    made = sentences_of(Transcript((Segment("你好。", 0, 1), Segment("再见。", 1, 2))))
    assert joined(made) == "你好。再见。"


def test_a_sentence_without_times_follows_the_one_before() -> None:
    """It begins where the other ended, and lasts to the end of the recording."""
    told = Transcript((Segment("one", 0, 500), Segment("two")), duration_ms=900)
    assert [(one.start_ms, one.end_ms) for one in sentences_of(told)] == [(0, 500), (500, 900)]


def test_minutes_keep_counting_beyond_the_hour() -> None:
    """A stamp has no hours (manual, open question 1)."""
    made = sentences_of(Transcript((Segment("late", 4_503_200, 4_504_000),)))
    assert result_lines(made, DetailForm()) == "[75:3.200,75:4.000]  late\n"


def test_emotion_language_and_rewritten_text_come_only_when_asked() -> None:
    """`EmotionType` is null without the wish and an array with it; level 5 adds `WrittenText`."""
    told = Transcript((Segment("yes", 0, 500, emotion="happy", language="vi-VN"), Segment("no", 600, 900)))
    plain = of(sentences_of(told))
    rich = of(sentences_of(told), DetailForm(level=5, emotion=True, language="en-US"))
    assert [one["EmotionType"] for one in plain] == [None, None]
    assert [one["EmotionType"] for one in rich] == [["happy"], []]
    assert [one["LangType"] for one in rich] == ["vietnam", "english"]
    assert (plain[0]["WrittenText"], rich[0]["WrittenText"]) == (None, "yes")


def test_a_speaker_that_nobody_told_apart_is_minus_one_beside_others() -> None:
    """Alone it is 0, as without speakers; beside known ones it is none of them."""
    mixed = Transcript((Segment("a", 0, 1, speaker="x"), Segment("b", 1, 2)))
    alone = Transcript((Segment("b", 1, 2),))
    assert [one.voice for one in sentences_of(mixed, Wishes(voices="speakers"))] == [0, -1]
    assert [one.voice for one in sentences_of(alone, Wishes(voices="speakers"))] == [0]


def read_by_plugin(service: str, answer: dict[str, Any]) -> Transcript:
    update = Tencent.read_answer(Answer(json.dumps(answer).encode(), "application/json", service))
    assert update.transcript is not None
    return update.transcript


def plain(transcript: Transcript, *, words: bool = True) -> list[tuple[object, ...]]:
    """Segments with their words, marks left out, and speakers by first appearance."""
    order = list(dict.fromkeys(one.speaker for one in transcript.segments))
    return [
        (
            one.text,
            one.start_ms,
            one.end_ms,
            order.index(one.speaker),
            [(bare, word.start_ms) for word in one.words if words and (bare := word.text.strip(MARKS))],
        )
        for one in transcript.segments
    ]


@given(clean(), st.integers(0, 2))
def test_the_plugin_reads_a_recording_back(told: Transcript, level: int) -> None:
    """Neutral, wire, neutral: texts, times, speakers and words are those that went in."""
    made = sentences_of(told, Wishes(voices="speakers"))
    form = DetailForm(level=level, numbered=True)
    data = {
        "TaskId": 1,
        "Status": 2,
        "StatusStr": "success",
        "AudioDuration": (told.duration_ms or 0) / 1000,
        "Result": result_lines(made, form),
        "ErrorMsg": "",
        "ResultDetail": result_detail(made, form),
    }
    heard = read_by_plugin("recording", {"Response": {"RequestId": "r", "Data": data}})
    assert plain(heard) == plain(told, words=level > 0)


@given(clean(), st.integers(0, 2))
def test_the_plugin_reads_flash_back(told: Transcript, level: int) -> None:
    """The same through the form of flash."""
    made = sentences_of(told, Wishes(voices="speakers"))
    channel = {"channel_id": 0, "text": joined(made), "sentence_list": flash_sentences(made, level)}
    answer = {"code": 0, "message": "", "request_id": "r", "audio_duration": 1, "flash_result": [channel]}
    assert plain(read_by_plugin("flash", answer)) == plain(told, words=level > 0)
