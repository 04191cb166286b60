"""One loaded PocketSphinx decoder, used for three searches: cepstral means, quick guesses and the final words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from earwitness.errors import JobFailedError

from ._confidence import Entry

__all__ = ["Recogniser", "Result"]

_STEP_S = 0.1
_MEAN = "earwitness-mean"
_GUESS = "earwitness-guess"
_GUESS_HMMS = 3000


class Result(NamedTuple):
    """What an utterance holds, finally and after the first pass."""

    entries: list[Entry]
    first_pass: list[Entry]


class Recogniser:
    """Decodes utterances with a loaded decoder. `guesses` adds a second, cheaper search for interim results."""

    def __init__(self, decoder: Any, *, guesses: bool) -> None:
        self._decoder = decoder
        rate = int(decoder.config["samprate"])
        # After a whole-utterance call the decoder's live buffers overflow if fed more than about a second at once.
        self._step = int(_STEP_S * rate) * 2
        self._second = rate * 2
        self.frame_ms = 1000 / decoder.config["frate"]
        self._guessing = False
        self._add_mean_search()
        if guesses:
            self._add_guess_search()

    def decode(self, pcm: bytes) -> Iterator[int | Result]:
        """The result of an utterance, and before it, about once a second of audio, how many bytes are done.

        Without any sound there is no result.
        """
        self._forget()
        if not self._normalise(pcm):
            return
        done = 0
        with self._utterance():
            for block in self._steps(pcm):
                self._decoder.process_raw(block)
                done += len(block)
                if done % self._second < self._step:
                    yield done
            first_pass = self._entries()
        yield Result(self._entries(), first_pass)

    def guess(self, pcm: bytes) -> str:
        """What is understood of an utterance that goes on; every further call gives only the samples that are new."""
        with _failures_named():
            if not self._guessing:
                self._forget()
                if not self._normalise(pcm):
                    return ""
                self._decoder.activate_search(_GUESS)
                self._decoder.start_utt()
                self._guessing = True
            for block in self._steps(pcm):
                self._decoder.process_raw(block)
            hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""

    def stop_guessing(self) -> None:
        if self._guessing:
            self._guessing = False
            self._decoder.end_utt()

    def _forget(self) -> None:
        """Lets go of what earlier sound taught about noise: a stretch is heard the same whatever came before it."""
        with _failures_named():
            self.stop_guessing()
            self._decoder.reinit_feat()

    def _normalise(self, pcm: bytes) -> bool:
        """Sets the cepstral mean to that of these samples; False if they hold no sound at all.

        The mean of the whole utterance saves errors (21 in 96 words, not 24 to 34 with the decoder's
        running mean). It is taken ahead, with a search that knows only silence and costs next to nothing, so that the
        decoding proper can go on in steps, telling progress and stopping when nobody listens any more.
        """
        with self._utterance(_MEAN):
            self._decoder.process_raw(pcm, no_search=True, full_utt=True)
            mean = self._decoder.get_cmn()
        return "nan" not in mean

    @contextmanager
    def _utterance(self, search: str | None = None) -> Iterator[None]:
        with _failures_named():
            self.stop_guessing()
            self._decoder.activate_search(search)
            self._decoder.start_utt()
            try:
                yield
            finally:
                self._decoder.end_utt()

    def _steps(self, pcm: bytes) -> Iterator[bytes]:
        return (pcm[at : at + self._step] for at in range(0, len(pcm), self._step))

    def _entries(self) -> list[Entry]:
        # No entries at all are told as None.
        entries = self._decoder.seg() or ()
        return [Entry(entry.word, entry.start_frame, entry.end_frame, entry.prob) for entry in entries]

    def _add_mean_search(self) -> None:
        silence = self._decoder.create_fsg(_MEAN, 0, 1, [(0, 1, 1.0, "<sil>")])
        self._decoder.add_fsg(_MEAN, silence)

    def _add_guess_search(self) -> None:
        """The first pass alone, with fewer states alive: a third of the final search's cost."""
        config = self._decoder.config
        quick = {"fwdflat": False, "bestpath": False, "maxhmmpf": _GUESS_HMMS}
        usual = {name: config[name] for name in quick}
        for name, value in quick.items():
            config[name] = value
        self._decoder.add_lm(_GUESS, self._decoder.get_lm())
        for name, value in usual.items():
            config[name] = value


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise JobFailedError(
            f"PocketSphinx gave up with {type(error).__name__} while decoding",
            action="Try other models, or report the recording to the maintainers of earwitness-pocketsphinx.",
        ) from None
