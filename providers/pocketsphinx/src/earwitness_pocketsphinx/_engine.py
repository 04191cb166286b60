"""The embedded recogniser: samples in, progress, interim results and segments out, in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from earwitness.engine import Heard

from ._models import Models

if TYPE_CHECKING:
    from ._recogniser import Recogniser

__all__ = ["PocketSphinxEngine"]


@dataclass(slots=True, kw_only=True)
class PocketSphinxEngine:
    """PocketSphinx with these models (`None`: its own English ones), loaded when it first listens and then kept.

    Speech is cut at its pauses; each stretch becomes one segment and is heard as a whole, so that a file and the same
    audio streamed give the same words. `interim` adds the results of a quick search while a stretch goes on, for a
    third more CPU. Pickling keeps the settings and leaves loaded models behind.
    """

    acoustic_model: Path | None = None
    language_model: Path | None = None
    dictionary: Path | None = None
    interim: bool = True
    _recogniser: "Recogniser | None" = field(default=None, init=False, repr=False, compare=False)

    @property
    def sample_rate(self) -> int:
        """The rate of the samples it wants, in Hz: the acoustic model's."""
        return self._models.sample_rate

    @property
    def version(self) -> str:
        """The version of the PocketSphinx package."""
        return version("pocketsphinx")

    def listen(self, pcm: Iterable[bytes]) -> Iterator[Heard]:
        """What is heard in 16-bit little-endian mono samples, in blocks of any length.

        Times are milliseconds from the first sample. A segment's confidence is the mean of its words', weighted by
        their durations. Raises ConfigurationError for unusable models, JobFailedError if PocketSphinx gives up, and
        whatever reading `pcm` raises.
        """
        # The native library is loaded only where it is used: the process that describes an engine runs none.
        from ._listening import Listening
        from ._recogniser import Recogniser

        if self._recogniser is None:
            self._recogniser = Recogniser(self._models.load(), guesses=self.interim)
        yield from Listening(self._recogniser, self.sample_rate, guesses=self.interim).run(pcm)

    @property
    def _models(self) -> Models:
        return Models(self.acoustic_model, self.language_model, self.dictionary)

    def __getstate__(self) -> tuple[Path | None, Path | None, Path | None, bool]:
        return self.acoustic_model, self.language_model, self.dictionary, self.interim

    def __setstate__(self, state: tuple[Path | None, Path | None, Path | None, bool]) -> None:
        self.acoustic_model, self.language_model, self.dictionary, self.interim = state
        self._recogniser = None
