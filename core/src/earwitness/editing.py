"""Edits on transcripts: join, slice, split, merge, re-segment, name. Each returns new transcripts and changes none.

Text is cut only in front of a word whose time the vendor gave; a segment without word times stays whole. What was
worked out here is named in the segments' `derived`, and what could not be cut is told in a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TypeVar

from ._cutting import Shape, Stretch, cells, cut, each_word, span
from ._joining import relabelled, together, voices
from ._text import one_line
from .errors import InvalidRequestError
from .models import AudioEvent, Notice, Segment, Speaker, Transcript, Word

__all__ = [
    "join",
    "merge_channels",
    "name_speakers",
    "resegment",
    "shift",
    "slice_time",
    "split_by_channel",
    "split_by_speaker",
    "without_text",
]

_T = TypeVar("_T", Word, Segment, AudioEvent)
_WITHHELD = "…"


def shift(transcript: Transcript, by_ms: int) -> Transcript:
    """The same transcript with every time later by `by_ms` (earlier where negative, but never before 0)."""
    return replace(
        transcript,
        segments=tuple(
            replace(_moved(one, by_ms), words=tuple(_moved(word, by_ms) for word in one.words))
            for one in transcript.segments
        ),
        events=tuple(_moved(one, by_ms) for one in transcript.events),
        duration_ms=None if transcript.duration_ms is None else max(0, transcript.duration_ms + by_ms),
    )


def join(
    parts: Sequence[Transcript], *, offsets_ms: Sequence[int] | None = None, same_speakers: bool = False
) -> Transcript:
    """One transcript of parts that follow each other, each moved to its offset.

    Without `offsets_ms` every part begins where the one before it ends, which needs their durations. A vendor numbers
    the voices of each part anew: unless `same_speakers` says that equal labels are one voice, the second part's `1`
    becomes `2.1`. The result is in the order of the offsets. What is said of the whole recording is kept where no part
    contradicts another, and a notice names the rest. Raises InvalidRequestError where an offset or a duration is
    missing, and for an offset below 0.
    """
    parts = list(parts)
    offsets = _offsets(parts) if offsets_ms is None else list(offsets_ms)
    if len(offsets) != len(parts) or any(offset < 0 for offset in offsets):
        raise InvalidRequestError(
            f"{len(parts)} parts cannot be joined with {len(offsets)} offsets, or one of them is negative",
            action="Give one offset for each part, in milliseconds from the start.",
        )
    apart = not same_speakers and sum(bool(voices(part)) for part in parts) > 1
    moved = [
        shift(relabelled(part, f"{number}.") if apart else part, offset)
        for number, (part, offset) in enumerate(zip(parts, offsets, strict=True), start=1)
    ]
    return together([moved[number] for number in sorted(range(len(moved)), key=offsets.__getitem__)])


def merge_channels(parts: Mapping[int, Transcript]) -> Transcript:
    """One transcript of channels that were heard one by one: each segment gets its channel, in order of time."""
    for channel in parts:
        if channel < 0:
            raise InvalidRequestError(f"{channel!r} is no channel", action="Channels count from 0.")
    apart = sum(bool(voices(part)) for part in parts.values()) > 1
    placed = []
    for channel, part in sorted(parts.items()):
        own = relabelled(part, f"{channel}.") if apart else part
        placed.append(replace(own, segments=tuple(replace(one, channel=channel) for one in own.segments)))
    merged = together(placed)
    return replace(merged, segments=tuple(sorted(merged.segments, key=_start)))


def slice_time(transcript: Transcript, start_ms: int, end_ms: int, *, rebase: bool = False) -> Transcript:
    """What was said from `start_ms` to `end_ms`; with `rebase` the slice's own times begin at 0.

    A segment across an edge is cut between its words; a word belongs where its middle lies. A segment there without
    word times is kept whole, and one without any time too: both are counted in a notice. Raises InvalidRequestError for
    a range that holds nothing.
    """
    if not 0 <= start_ms < end_ms:
        raise InvalidRequestError(
            f"{start_ms} to {end_ms} ms is no range of time", action="The end stands behind the start, and both from 0."
        )
    whole: list[Segment] = []
    segments = tuple(
        piece for one in transcript.segments if (piece := _within(one, start_ms, end_ms, whole)) is not None
    )
    events = tuple(one for one in transcript.events if _touches(one, start_ms, end_ms))
    notices = (*transcript.notices, *_kept_whole(whole))
    cut_out = replace(_listed(transcript, segments), events=events, notices=notices, confidence=None, raw=None)
    if not rebase:
        return cut_out
    ended = end_ms if transcript.duration_ms is None else min(end_ms, transcript.duration_ms)
    rebased = shift(cut_out, -start_ms)
    # A segment that was kept whole may reach beyond the range.
    last = max((one.end_ms or 0 for one in rebased.segments), default=0)
    return replace(rebased, duration_ms=max(last, ended - start_ms))


def split_by_speaker(transcript: Transcript) -> dict[str | None, Transcript]:
    """One transcript for each voice, in the order they first speak; `None` holds what nobody is named for.

    A segment whose words belong to several voices is cut where the voice changes.
    """
    pieces = [piece for one in transcript.segments for piece in _by_voice(one)]
    return _split(transcript, pieces, lambda piece: piece.speaker)


def split_by_channel(transcript: Transcript) -> dict[int | None, Transcript]:
    """One transcript for each channel, in order; `None` holds the segments without a channel."""
    found = _split(transcript, transcript.segments, lambda one: one.channel)
    return dict(sorted(found.items(), key=lambda item: -1 if item[0] is None else item[0]))


def resegment(
    transcript: Transcript,
    *,
    line_cells: int = 42,
    lines: int = 2,
    cells_per_second: float | None = None,
    gap_ms: int = 80,
) -> Transcript:
    """The transcript in segments that each fit on a screen of `lines` lines of `line_cells` columns.

    A wide character (Chinese, Japanese, Korean) takes two columns. With `cells_per_second` a segment that would go by
    too fast to be read stays longer, into the silence behind it and up to `gap_ms` before what follows in its channel;
    its `derived` then names `end_ms`. Raises InvalidRequestError for a screen that holds nothing.
    """
    if line_cells < 2 or lines < 1 or gap_ms < 0 or (cells_per_second is not None and not cells_per_second >= 0.1):
        raise InvalidRequestError(
            "A screen needs at least one line of 2 columns, and a reading speed above 0",
            action="Mend line_cells, lines, cells_per_second or gap_ms.",
        )
    shape = Shape(line_cells, lines)
    segments = [piece for one in transcript.segments for piece in _on_screen(one, shape)]
    if cells_per_second is not None:
        segments = _slower(segments, cells_per_second, gap_ms, transcript.duration_ms)
    return replace(transcript, segments=tuple(segments))


def name_speakers(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """The transcript with these voices named, by the vendor's label.

    Raises InvalidRequestError for a label that nobody has.
    """
    known = dict.fromkeys([*(one.id for one in transcript.speakers), *voices(transcript)])
    for label in names:
        if label not in known:
            raise InvalidRequestError(
                f"No speaker is labelled {label!r}",
                action=f"The labels are: {', '.join(known)}." if known else "Ask for speakers in the request.",
            )
    old = {one.id: one.name for one in transcript.speakers}
    return replace(transcript, speakers=tuple(Speaker(label, names.get(label, old.get(label))) for label in known))


def without_text(transcript: Transcript) -> Transcript:
    """Who spoke when, and nothing of what: every text and every sound's label is `…`.

    What a vendor added may repeat the text, and goes too; of a notice its kind and feature are left.
    """
    segments = tuple(
        replace(one, text=_WITHHELD, words=tuple(replace(word, text=_WITHHELD) for word in one.words))
        for one in transcript.segments
    )
    events = tuple(replace(one, label=_WITHHELD) for one in transcript.events)
    notices = tuple(replace(one, message=" ".join(filter(None, (one.kind, one.feature)))) for one in transcript.notices)
    return replace(transcript, segments=segments, events=events, notices=notices, vendor={}, raw=None)


def _moved(item: _T, by_ms: int) -> _T:
    start, end = item.start_ms, item.end_ms
    return replace(
        item,
        start_ms=None if start is None else max(0, start + by_ms),
        end_ms=None if end is None else max(0, end + by_ms),
    )


def _offsets(parts: Sequence[Transcript]) -> list[int]:
    lengths: list[int] = []
    for number, part in enumerate(parts[:-1], start=1):
        if part.duration_ms is None:
            raise InvalidRequestError(
                f"Part {number} does not say how long it is", action="Give offsets_ms, in milliseconds from the start."
            )
        lengths.append(part.duration_ms)
    return list(accumulate(lengths, initial=0))[: len(parts)]


def _listed(transcript: Transcript, segments: Iterable[Segment]) -> Transcript:
    """The transcript with only these segments, and only the speakers that they mention."""
    left = replace(transcript, segments=tuple(segments))
    heard = voices(left)
    return replace(left, speakers=tuple(one for one in transcript.speakers if one.id in heard))


def _within(segment: Segment, start_ms: int, end_ms: int, whole: list[Segment]) -> Segment | None:
    """What of the segment lies in the range; a segment that cannot be cut is kept, and added to `whole`."""
    first, last = span(segment)
    if first is None or last is None:
        whole.append(segment)
        return segment
    if start_ms <= first and last <= end_ms:
        return segment
    if not _touches(segment, start_ms, end_ms):
        return None
    pieces = _each_word(segment)
    if len(pieces) == 1 and len(segment.words) != 1:
        whole.append(segment)
        return segment
    return _piece(segment, [one for one in pieces if start_ms <= (one.start_ms + one.end_ms) / 2 < end_ms])


def _touches(item: Segment | AudioEvent, start_ms: int, end_ms: int) -> bool:
    start, end = span(item) if isinstance(item, Segment) else (item.start_ms, item.end_ms)
    if start is None and end is None:
        return True
    return (start is None or start < end_ms) and (end is None or end > start_ms or start == end == start_ms)


def _kept_whole(whole: Sequence[Segment]) -> tuple[Notice, ...]:
    if not whole:
        return ()
    return (Notice("incomplete", "Segments kept whole, for want of word times.", "word_times", len(whole)),)


def _by_voice(segment: Segment) -> Iterator[Segment]:
    others = {word.speaker for word in segment.words} - {None, segment.speaker}
    if not others or None in span(segment):
        yield segment
        return
    for speaker, pieces in groupby(_each_word(segment), lambda piece: _voice(segment, piece)):
        piece = _piece(segment, list(pieces))
        if piece is not None:
            yield replace(piece, speaker=speaker)


def _voice(segment: Segment, piece: Stretch) -> str | None:
    return next((word.speaker for word in piece.words if word.speaker is not None), segment.speaker)


_Key = TypeVar("_Key")


def _split(
    transcript: Transcript, segments: Iterable[Segment], of: Callable[[Segment], _Key]
) -> dict[_Key, Transcript]:
    groups: dict[_Key, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(of(segment), []).append(segment)
    alone = replace(transcript, raw=None, confidence=None)
    return {key: _listed(alone, group) for key, group in groups.items()}


def _on_screen(segment: Segment, shape: Shape) -> Iterator[Segment]:
    start, end = span(segment)
    if start is None or end is None:
        yield segment
        return
    pieces = list(cut(one_line(segment.text), segment.words, start_ms=start, end_ms=end, shape=shape))
    if len(pieces) == 1:
        yield segment
        return
    for stretch in pieces:
        piece = _piece(segment, [stretch])
        if piece is not None:
            yield piece


def _slower(segments: list[Segment], cells_per_second: float, gap_ms: int, duration_ms: int | None) -> list[Segment]:
    following: dict[int | None, int] = {}
    slowed = []
    for segment in reversed(segments):
        behind = following.get(segment.channel)
        latest = duration_ms if behind is None else behind - gap_ms
        slowed.append(_held(segment, cells_per_second, latest))
        if segment.start_ms is not None:
            following[segment.channel] = segment.start_ms
    return slowed[::-1]


def _held(segment: Segment, cells_per_second: float, latest: int | None) -> Segment:
    if segment.start_ms is None or segment.end_ms is None:
        return segment
    wanted = segment.start_ms + round(1000 * cells(one_line(segment.text)) / cells_per_second)
    end = wanted if latest is None else min(wanted, latest)
    if end <= segment.end_ms:
        return segment
    return replace(segment, end_ms=end, derived=tuple(dict.fromkeys((*segment.derived, "end_ms"))))


def _each_word(segment: Segment) -> list[Stretch]:
    """The segment, which has times, cut in front of every word that has a time and stands in the text."""
    start, end = span(segment)
    assert start is not None
    assert end is not None
    return each_word(one_line(segment.text), segment.words, start_ms=start, end_ms=end)


def _piece(segment: Segment, stretches: Sequence[Stretch]) -> Segment | None:
    """The part of a segment that these neighbouring stretches make; None where nothing is in them."""
    text = "".join(one.text for one in stretches).strip()
    words = tuple(word for one in stretches for word in one.words)
    if not text and not words:
        return None
    points = [point for word in words for point in (word.start_ms, word.end_ms) if point is not None]
    start = min([stretches[0].start_ms, *points])
    end = max([one.end_ms for one in stretches] + points)
    derived = tuple(dict.fromkeys((*segment.derived, "text", "start_ms", "end_ms")))
    return replace(segment, text=text, start_ms=start, end_ms=end, words=words, derived=derived)


def _start(segment: Segment) -> int:
    return span(segment)[0] or 0
