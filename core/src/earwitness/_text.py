"""Joining pieces of text: scripts written without blanks get none, and punctuation keeps to its word."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Chinese and Japanese are written without blanks between words; Korean is not, so Hangul is absent here.
_NO_BLANKS = (
    (0x3000, 0x312F),  # CJK punctuation, Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo extended
    (0x31F0, 0x31FF),  # Katakana phonetic extensions
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0xFF00, 0xFF9F),  # full-width forms, half-width Katakana
    (0x20000, 0x3FFFF),  # CJK extensions B and later
)
_OPENING = frozenset("([{“‘«¿¡（［｛「『《〈【")
_CLOSING = frozenset(",.!?;:)]}%”’»…，。！？；：、）］｝」』》〉】")
# Chinese shares these with the West; beside one of its characters they need no blank.
_SHARED = frozenset("“”‘’…—")
# What may not begin a line beside closing marks (JIS X 4051, cl-09 to cl-11 and cl-13 of JLREQ): small kana, and signs
# behind a number. Marks of iteration and of long vowels are letters of the kind Lm.
_NOT_FIRST = frozenset(
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯ〜～゠–゛゜°′″℃℉％‰¢￠ℓ㏋"
)
_NOT_LAST = frozenset("$£¥€₩№＄￡￥￦＃")
_NEVER_FIRST = frozenset(("Pe", "Pf", "Po", "Mn", "Me", "Mc", "Cf", "Lm"))
_NUMERALS = frozenset("〇零一二三四五六七八九十百千万萬亿億兆两兩")
# Every character that some reader takes for the end of a line (the list of str.splitlines).
_BREAK = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def join_texts(texts: Iterable[str]) -> str:
    """One string; a blank stands between two pieces unless one of them touches the seam without needing one."""
    parts: list[str] = []
    last = ""
    for text in texts:
        if not text.strip():
            continue
        if last and needs_blank(last, _edge(text)):
            parts.append(" ")
        parts.append(text)
        last = text[-1]
    return "".join(parts)


def needs_blank(left: str, right: str) -> bool:
    """Whether a blank belongs between these two characters."""
    if left.isspace() or right.isspace() or left in _OPENING or right in _CLOSING:
        return False
    if is_unspaced(left):
        return not (is_unspaced(right) or right in _SHARED)
    return not (is_unspaced(right) and left in _SHARED)


@lru_cache(maxsize=8192)
def is_unspaced(char: str) -> bool:
    """Whether this character belongs to a script written without blanks between words."""
    point = ord(char)
    return point >= 0x3000 and any(low <= point <= high for low, high in _NO_BLANKS)


def may_break(left: str, right: str) -> bool:
    """Whether a line may end between these two texts, neither of them empty.

    It may at a blank, and beside a character of a script without blanks; never inside a number, a word of letters or a
    run of marks, nor where the rules of Japanese composition (W3C, Requirements for Japanese Text Layout, 3.1.7 to
    3.1.10) and of Chinese (GB/T 15834) forbid it.
    """
    before, after = left[-1], right[0]
    if before.isspace():
        return not after.isspace()
    if after.isspace() or not (is_unspaced(before) or is_unspaced(after)):
        return False
    if after in _NOT_FIRST or before in _NOT_LAST or unicodedata.category(after) in _NEVER_FIRST:
        return False
    if unicodedata.category(before) in ("Ps", "Pi") or _is_one_word(before, after):
        return False
    # The comma or point of a full-width number.
    return not (before in "，．：／,.:/" and after.isdecimal() and left[-2:-1].isdecimal())


def _is_one_word(before: str, after: str) -> bool:
    """Whether the two belong to one number or word; letters and figures may be full-width."""
    if before in _NUMERALS and after in _NUMERALS:
        return True
    return _is_lettered(before) and _is_lettered(after)


def _is_lettered(char: str) -> bool:
    if char.isdecimal() or not is_unspaced(char):
        return char.isalnum()
    return "\uff21" <= char <= "\uff5a" and char.isalpha()


def _edge(text: str) -> str:
    """The character that decides on a blank in front: in `.5` and `'s`-like pieces the mark belongs to what follows."""
    return text[1] if text[0] in _CLOSING and text[1:2].isalnum() else text[0]


def one_line(text: str) -> str:
    """The text with every line break turned into one blank, and nothing else changed but blanks at the ends.

    Between two characters of a script without blanks it is turned into nothing, unless blanks stand beside it.
    """
    if not _BREAK.search(text):
        return text.strip()
    parts: list[str] = []
    loose = False
    # Split and not replaced: a pattern that takes blanks along needs the square of their number.
    for line in _BREAK.split(text):
        if not (piece := line.strip(" \t")):
            loose = True
            continue
        if parts and (loose or line[0] in " \t" or not is_seamless(parts[-1][-1], piece[0])):
            parts.append(" ")
        parts.append(piece)
        loose = line[-1] in " \t"
    return "".join(parts).strip()


def is_seamless(left: str, right: str) -> bool:
    """Whether a line that ends between these two characters may have no blank there."""
    return is_unspaced(left) and is_unspaced(right)
