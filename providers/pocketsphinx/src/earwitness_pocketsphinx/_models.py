"""The models are checked before PocketSphinx sees them, because it ends the whole process over some broken files.

PocketSphinx itself is imported only to load them: who merely describes an engine needs no native library.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earwitness.errors import ConfigurationError

from ._soundness import broken_off

__all__ = ["Models"]

_SILENT = "FATAL"
_HEADERS = {
    "mdef": (b"BMDF", b"FDMB", b"#", b"0.3"),
    "means": (b"s3",),
    "variances": (b"s3",),
    "transition_matrices": (b"s3",),
}
"""How the files of an acoustic model begin (CMUSphinx, "Acoustic model types"; sources of PocketSphinx 5)."""
_WEIGHTS = ("sendump", "mixture_weights")


@dataclass(frozen=True, slots=True)
class Models:
    """What to recognise with; `None` means the part of the English model inside the PocketSphinx package."""

    acoustic_model: Path | None = None
    language_model: Path | None = None
    dictionary: Path | None = None

    @property
    def sample_rate(self) -> int:
        """The rate of the samples that the acoustic model was trained on, in Hz: `-samprate`, by default 16000."""
        words = self._feature_parameters()
        rate = words[words.index("-samprate") + 1] if "-samprate" in words[:-1] else "16000"
        if not rate.partition(".")[0].isdecimal():
            raise ConfigurationError(
                f"acoustic_model {self.acoustic_model} tells no number as -samprate in its feat.params",
                action="Unpack or download the model again.",
            )
        return int(rate.partition(".")[0])

    def load(self) -> Any:
        """A decoder with these models. Raises ConfigurationError that names the setting and the path."""
        if self.acoustic_model is not None:
            _check_acoustic_model(self.acoustic_model)
        if self.language_model is not None:
            _check_file("language_model", self.language_model)
        words = self._dictionary_words()
        decoder = self._decoder()
        if self != Models():
            self._check_agreement(decoder, words)
        return decoder

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in self.__slots__}
        told = ", ".join(f"{name} {path}" for name, path in given.items() if path is not None)
        return told or "those of the pocketsphinx package"

    def _feature_parameters(self) -> list[str]:
        if self.acoustic_model is None or not (self.acoustic_model / "feat.params").is_file():
            return []
        try:
            return (self.acoustic_model / "feat.params").read_text("utf-8", "replace").split()
        except OSError:
            return []  # `load` says what is wrong with the folder

    def _dictionary_words(self) -> list[str]:
        if self.dictionary is None:
            return []
        _check_file("dictionary", self.dictionary)
        try:
            text = self.dictionary.read_text("utf-8")
        except UnicodeDecodeError:
            raise ConfigurationError(
                f"dictionary {self.dictionary} is not UTF-8 text", action="Give a pronunciation dictionary as UTF-8."
            ) from None
        return [line.split(None, 1)[0] for line in text.splitlines() if line.strip()]

    def _decoder(self) -> Any:
        from pocketsphinx import Decoder

        try:
            return Decoder(self._config(os.devnull, _SILENT))
        except (RuntimeError, ValueError):
            raise ConfigurationError(
                f"PocketSphinx cannot load its models ({self})",
                vendor_message=self._reason(),
                action="Check that they are whole and belong together.",
            ) from None

    def _config(self, log: str, level: str) -> Any:
        from pocketsphinx import Config

        config = Config(logfn=log, loglevel=level)
        given = {"hmm": self.acoustic_model, "lm": self.language_model, "dict": self.dictionary}
        for name, path in given.items():
            if path is not None:
                config[name] = str(path)
        if self.acoustic_model is not None:
            config["samprate"] = self.sample_rate
        # Posteriors at the scale of the search itself: a path counts as much as it did when the words were chosen.
        config["ascale"] = config["bestpathlw"]
        return config

    def _reason(self) -> str | None:
        """What PocketSphinx writes into its log when it is made to fail once more."""
        from pocketsphinx import Decoder, set_loglevel

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            log = Path(folder, "log")
            try:
                Decoder(self._config(str(log), "ERROR"))
            except (RuntimeError, ValueError):
                return _last_error(log)
            finally:
                set_loglevel(_SILENT)
        return None

    def _check_agreement(self, decoder: Any, words: list[str]) -> None:
        """A dictionary of other phones or a language model of other words loads without complaint and hears nothing."""
        if self.dictionary is not None and not any(decoder.lookup_word(word) for word in words):
            raise ConfigurationError(
                f"No word of dictionary {self.dictionary} can be pronounced with the phones of the acoustic model",
                action="Give the dictionary that belongs to acoustic_model.",
            )
        if not any(_known(decoder, words or _package_words())):
            raise ConfigurationError(
                f"The language model and the dictionary have no word in common ({self})",
                action="Give the dictionary that belongs to language_model.",
            )


def _check_acoustic_model(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigurationError(
            f"acoustic_model {folder} is not a folder", action="Give the folder that holds `mdef` and `means`."
        )
    for name, starts in _HEADERS.items():
        if not _beginning("acoustic_model", folder / name).startswith(starts):
            raise ConfigurationError(
                f"acoustic_model {folder} holds a file {name} that is none of CMUSphinx",
                action="Unpack or download the model again.",
            )
    for entry in folder.iterdir():
        _check_kind("acoustic_model", entry)
    if not any((folder / name).is_file() for name in _WEIGHTS):
        raise ConfigurationError(
            f"acoustic_model {folder} has neither of {' and '.join(_WEIGHTS)}", action="Give a complete model."
        )
    if broken := broken_off(folder):
        raise ConfigurationError(
            f"acoustic_model {folder} holds a file {broken} that breaks off",
            action="Unpack or download the model again.",
        )


def _check_file(setting: str, path: Path) -> None:
    if path.is_dir():
        raise ConfigurationError(f"{setting} {path} is a folder", action="Give the file itself.")
    if not _beginning(setting, path):
        raise ConfigurationError(f"{setting} {path} is empty", action="Unpack or download the model again.")


def _beginning(setting: str, path: Path) -> bytes:
    try:
        _check_kind(setting, path)
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise ConfigurationError(
            f"{setting}: {path} cannot be read ({error.strerror})", action=f"Correct {setting} in the profile."
        ) from None


def _check_kind(setting: str, path: Path) -> None:
    """Refuses a pipe, socket or device: reading one may never end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ConfigurationError(
            f"{setting}: {path} is neither a file nor a folder", action=f"Correct {setting} in the profile."
        )


def _known(decoder: Any, words: list[str]) -> Iterator[bool]:
    model = decoder.get_lm()
    # An open vocabulary gives every stranger the same probability, a closed one none.
    stranger = model.prob(["\x01"])
    return (model.prob([word]) != stranger for word in words)


def _package_words() -> list[str]:
    from pocketsphinx import Config

    return Models(dictionary=Path(Config()["dict"]))._dictionary_words()


def _last_error(log: Path) -> str | None:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("ERROR")]
    # ERROR: "ptm_mgau.c", line 848: Number of streams does not match: 3 != 1
    return lines[0].split(": ", 2)[-1].strip() if lines else None
