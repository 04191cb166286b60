"""One recording on its way through the recogniser: samples in, what was heard out."""

from collections.abc import Iterable, Iterator

from earwitness.engine import Heard, Interim, Progress
from earwitness.models import Segment, Word

from ._confidence import confidence, is_word, spelling
from ._recogniser import Recogniser, Result
from ._utterances import Cutter, Utterance

__all__ = ["Listening"]

_FIRST_GUESS = 30
"""Frames of an utterance before its first interim result (0.9 s): from less the channel cannot be estimated."""
_GUESS_EVERY = 10
"""Frames between two of them (0.3 s)."""


class Listening:
    """Listens to one recording; `guesses` asks for interim results."""

    def __init__(self, recogniser: Recogniser, sample_rate: int, *, guesses: bool) -> None:
        self._recogniser = recogniser
        self._rate = sample_rate
        self._guesses = guesses
        self._cutter = Cutter(sample_rate)
        self._progress_ms = 0
        self._guessed_frames = 0
        self._guess_text = ""

    def run(self, pcm: Iterable[bytes]) -> Iterator[Heard]:
        """Everything heard in these samples, ending with the progress that says how long they were."""
        total = 0
        try:
            for frame in _frames(pcm, self._cutter.frame_bytes):
                total += len(frame)
                yield from self._settled(self._cutter.hear(frame))
                if self._guesses:
                    yield from self._guessed(self._cutter.current)
                yield from self._progress(self._ms_of(self._cutter.settled))
            yield from self._settled(self._cutter.end())
            yield Progress(self._ms(total))
        finally:
            self._recogniser.stop_guessing()

    def _settled(self, utterance: Utterance | None) -> Iterator[Heard]:
        if utterance is None:
            return
        self._guessed_frames, self._guess_text = 0, ""
        if utterance.speechless:
            return
        begin = self._ms_of(utterance.start)
        for told in self._recogniser.decode(utterance.pcm):
            if isinstance(told, Result):
                yield from self._segment(begin, told)
            else:
                yield from self._progress(begin + self._ms(told))

    def _segment(self, begin: int, result: Result) -> Iterator[Segment]:
        words = tuple(
            Word(
                spelling(entry.word),
                begin + round(entry.start * self._recogniser.frame_ms),
                begin + round((entry.end + 1) * self._recogniser.frame_ms),
                round(confidence(entry, result.first_pass), 3),
            )
            for entry in result.entries
            if is_word(entry.word)
        )
        if words:
            yield Segment(
                " ".join(word.text for word in words),
                words[0].start_ms,
                words[-1].end_ms,
                words,
                _mean_confidence(words),
                derived=("confidence",),
            )

    def _guessed(self, utterance: Utterance | None) -> Iterator[Interim]:
        if utterance is None or len(utterance.frames) < max(_FIRST_GUESS, self._guessed_frames + _GUESS_EVERY):
            return
        new = Utterance(utterance.start, utterance.frames[self._guessed_frames :])
        self._guessed_frames = len(utterance.frames)
        text = self._recogniser.guess(new.pcm)
        if text != self._guess_text:
            self._guess_text = text
            yield Interim(text, self._ms_of(utterance.start))

    def _progress(self, heard_ms: int) -> Iterator[Progress]:
        if heard_ms - self._progress_ms >= 1000:
            self._progress_ms = heard_ms
            yield Progress(heard_ms)

    def _ms_of(self, frames: int) -> int:
        return self._ms(frames * self._cutter.frame_bytes)

    def _ms(self, size: int) -> int:
        return size * 500 // self._rate


def _frames(pcm: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same samples in frames of `size` bytes; the last may be shorter, and half a sample at the end is dropped."""
    rest = b""
    for block in pcm:
        # An empty rest costs a copy of the block, never more than the caller's block.
        data = rest + block
        whole = len(data) - len(data) % size
        yield from (data[at : at + size] for at in range(0, whole, size))
        rest = data[whole:]
    if len(rest) >= 2:
        yield rest[: len(rest) // 2 * 2]


def _mean_confidence(words: tuple[Word, ...]) -> float:
    weights = [(word.end_ms or 0) - (word.start_ms or 0) for word in words]
    total = sum(weight * (word.confidence or 0.0) for weight, word in zip(weights, words, strict=True))
    return round(total / sum(weights), 3)
