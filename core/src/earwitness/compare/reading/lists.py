"""Plain lists of ids and texts: sclite's trn, `<id>` tab text, and Kaldi's text file by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...reading._base import decoded
from ..corpus import Utterance
from ._base import Format, Row, Source, contents, first_line, lines, refuse, spoken

__all__ = ["KALDI_TEXT", "TAB", "TRN"]

_HEADING = re.compile(
    r"\s*(utterance[ _]?|utt[ _]?)?id\t\s*(text|transcript(ion)?|sentence|hypothesis|reference)\s*", re.IGNORECASE
)
_TRN = re.compile(r"(.*)\(([^()]*[^()\s][^()]*)\)\s*")


def _trn(source: Source) -> Iterator[Row]:
    for number, line in lines(decoded(contents(source.path))):
        found = _TRN.fullmatch(line)
        if found is None:
            refuse("a line of a trn file ends with its id in brackets", line=number)
        yield _row(found[2].strip(), found[1], number)


def _tab(source: Source) -> Iterator[Row]:
    for number, line in lines(decoded(contents(source.path))):
        if number == 1 and _HEADING.fullmatch(line):
            continue
        # An id by itself is an answer without a word, which tools write with and without the tab.
        id, _, text = line.partition("\t")
        yield _row(id.strip(), text, number)


def _text(source: Source) -> Iterator[Row]:
    for number, line in lines(decoded(contents(source.path))):
        id, *text = line.split(None, 1)
        yield _row(id, text[0] if text else "", number)


def _row(id: str, text: str, number: int) -> Row:
    if not id:
        refuse("there is no id", line=number)
    return f"Line {number}", Utterance(id, spoken(text), recording=id)


def _is_trn(path: Path, head: bytes) -> bool:
    return not path.is_dir() and (path.suffix.lower() == ".trn" or _TRN.fullmatch(first_line(head)) is not None)


def _is_tab(path: Path, head: bytes) -> bool:
    return not path.is_dir() and re.match(r"[^\t]*\S[^\t]*\t", first_line(head)) is not None


def _is_text(path: Path, _: bytes) -> bool:
    return not path.is_dir() and path.name == "text"


TRN = Format("trn", "sclite's trn, a text and `(id)` in each line; alternatives are not interpreted", _is_trn, _trn)
TAB = Format("tab", "`id`, a tab and the text in each line; a first line of the two names is none", _is_tab, _tab)
KALDI_TEXT = Format("kaldi-text", "Kaldi's file `text`: `id`, a blank and the text in each line", _is_text, _text)
