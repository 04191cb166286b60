"""Pieces of text are joined as their script is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness._text import join_texts, may_break, one_line

HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=4)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=4)
KANA = st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096), min_size=1, max_size=4)
LATIN = st.text("abcxyz", min_size=1, max_size=4)


@given(st.lists(HANGUL | LATIN))
def test_korean_and_latin_words_get_blanks(words: list[str]) -> None:
    """Korean is written with blanks, alone and beside Latin."""
    assert join_texts(words) == " ".join(words)


@given(st.lists(HAN | KANA))
def test_chinese_and_japanese_get_no_blanks(words: list[str]) -> None:
    """Chinese and Japanese pieces follow each other without a blank."""
    assert join_texts(words) == "".join(words)


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["你好", "world", "再见"], "你好 world 再见"),
        (["안녕하세요", "東京"], "안녕하세요 東京"),
        (["Hello", ",", "world", "!"], "Hello, world!"),
        (["Hello.", "World."], "Hello. World."),
        (["안녕", "。", "네"], "안녕。 네"),
        (["你好", "，", "世界", "。"], "你好，世界。"),
        (["他说", "“", "好", "”", "了"], "他说“好”了"),
        (["say", "(", "well", ")", "yes"], "say (well) yes"),
        (["about", ".5", "of", ".NET"], "about .5 of .NET"),
        (["ﾃｽﾄ", "です"], "ﾃｽﾄです"),
        (["안녕", "😀"], "안녕 😀"),
        (["100", "%"], "100%"),
        (["He said", "“no”"], "He said “no”"),
        (["He said.", "“No.”", "Then"], "He said. “No.” Then"),
    ],
)
def test_mixed_scripts_and_punctuation_read_naturally(pieces: list[str], whole: str) -> None:
    """Punctuation keeps to its word, and a blank stands where two scripts meet unless both do without."""
    assert join_texts(pieces) == whole


@given(st.lists(st.text(max_size=4)))
def test_joining_adds_single_blanks_and_loses_nothing(pieces: list[str]) -> None:
    """Every spoken piece is there, unchanged and in order; between two of them stands nothing or one blank."""
    rest = join_texts(pieces)
    spoken = [piece for piece in pieces if piece.strip()]
    for place, piece in enumerate(spoken):
        if place and not rest.startswith(piece):
            rest = rest.removeprefix(" ")
        assert rest.startswith(piece)
        rest = rest[len(piece) :]
    assert rest == ""


def test_blank_pieces_leave_no_trace() -> None:
    """Empty and blank pieces add nothing, and a piece that brings its own blank gets no second one."""
    assert join_texts(["", "a", " ", "", "b ", "c", "\u3000"]) == "a b c"
    assert join_texts([" ", ""]) == ""


def test_blanks_take_no_more_time_than_their_number() -> None:
    """A text of many blanks is put on one line in the time that its length needs, not the square of it."""
    assert one_line("a" + " " * 3_000_000 + "b") == "a" + " " * 3_000_000 + "b"
    assert one_line(" \n \n\ta \r\n b" + " " * 3_000_000 + "\u2028c\n") == "a b c"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *(("チ", mark) for mark in "ャッーァ々。、」）！？％℃…〜"),
        *((mark, "東") for mark in "「（『【“￥＄"),
        ("３", "４"),
        ("３．", "１４"),
        ("Ａ", "Ｂ"),
        ("一百二", "十三"),
        ("1", "2"),
        ("hel", "lo"),
        ("안", "녕"),
        ("！", "？"),
        ("…", "…"),
        ("—", "—"),
        ("다", "."),
    ],
)
def test_no_line_ends_inside_what_belongs_together(left: str, right: str) -> None:
    """Numbers, words and runs of marks stay whole; small kana and closing marks follow, opening ones precede."""
    assert not may_break(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("東", "京"), ("東", "A"), ("。", "「"), ("12", "月"), ("a ", "b"), ("。", "東"), ("です", "か")],
)
def test_a_line_may_end_between_words(left: str, right: str) -> None:
    """Blanks end words, and every character of Chinese and Japanese may be one."""
    assert may_break(left, right)
