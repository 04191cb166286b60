"""The embedded engine on real sound: the sample, silence, noise, endless speech, and recordings that are at hand."""

import json
import math
import os
import pickle
import random
import shutil
import wave
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pocketsphinx import Decoder, get_model_path

from earwitness.engine import Heard, Progress
from earwitness.errors import ConfigurationError
from earwitness.models import Interim, Segment, Transcript
from earwitness_pocketsphinx._engine import PocketSphinxEngine
from earwitness_pocketsphinx._soundness import broken_off
from earwitness_pocketsphinx._utterances import LONGEST, Cutter

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "docs" / "examples" / "first_words.wav"
SHARED = ROOT.parent / "shared" / "audio"
RATE = 16_000


def samples_of(path: Path) -> bytes:
    if path.suffix == ".raw":
        return path.read_bytes()
    with wave.open(str(path)) as file:
        samples: bytes = file.readframes(file.getnframes())
    return samples


def blocks(pcm: bytes, size: int = 3_200) -> Iterator[bytes]:
    return (pcm[at : at + size] for at in range(0, len(pcm), size))


def segments(heard: Sequence[Heard]) -> list[Segment]:
    return [event for event in heard if isinstance(event, Segment)]


@pytest.fixture(scope="module")
def engine() -> PocketSphinxEngine:
    return PocketSphinxEngine(interim=False)


@pytest.fixture(scope="module")
def sample() -> bytes:
    return samples_of(SAMPLE)


@pytest.fixture(scope="module")
def heard(engine: PocketSphinxEngine, sample: bytes) -> list[Heard]:
    return list(engine.listen(blocks(sample)))


def test_the_sample_is_heard_right(heard: list[Heard]) -> None:
    """Two sentences with a pause between them are two segments with the words that were spoken."""
    said = SAMPLE.with_suffix(".txt").read_text(encoding="utf-8").split()
    first, second = segments(heard)
    assert [*first.text.split(), *second.text.split()] == said
    assert [word.text for word in (*first.words, *second.words)] == said


def test_times_and_confidences_make_a_valid_transcript(heard: list[Heard], sample: bytes) -> None:
    """Words lie in order inside their segments and the audio; confidences lie in 0..1; what we derived is named."""
    transcript = Transcript.checked(tuple(segments(heard)))
    assert all(segment.derived == ("confidence",) for segment in transcript.segments)
    ends = [word.end_ms or 0 for segment in transcript.segments for word in segment.words]
    assert ends == sorted(ends)
    assert ends[-1] <= len(sample) * 500 // RATE


def test_progress_ends_at_the_length(heard: list[Heard], sample: bytes) -> None:
    """Progress only grows, and its last word is the length of the audio."""
    told = [event.heard_ms for event in heard if isinstance(event, Progress)]
    assert told == sorted(told)
    assert told[-1] == len(sample) * 500 // RATE


@pytest.mark.parametrize("size", [1, 333, 1_000_000])
def test_the_size_of_blocks_changes_nothing(
    engine: PocketSphinxEngine, heard: list[Heard], sample: bytes, size: int
) -> None:
    """Blocks of one byte, of an odd number of bytes, or of everything give the same segments."""
    assert segments(list(engine.listen(blocks(sample, size)))) == segments(heard)


class Cuts:
    """One spoken sentence and what is heard in it, with interim results, when it comes in one piece."""

    def __init__(self) -> None:
        # 2.4 s hold the first sentence and its end; half a sample at the end is part of the game.
        self.pcm = samples_of(SAMPLE)[: 2 * RATE * 24 // 10 + 1]
        self.engine = PocketSphinxEngine()
        self.whole = list(self.engine.listen([self.pcm]))


@pytest.fixture(scope="module")
def cuts() -> Cuts:
    return Cuts()


@settings(max_examples=8)
@given(st.lists(st.integers(0, 2 * RATE * 24 // 10 + 1), max_size=40).map(sorted))
def test_wherever_the_blocks_are_cut_the_same_is_heard(cuts: Cuts, places: list[int]) -> None:
    """Any blocks, empty and odd ones included, give the same words, times, interim results and progress."""
    pieces = (cuts.pcm[begin:end] for begin, end in pairwise([0, *places, len(cuts.pcm)]))
    assert list(cuts.engine.listen(pieces)) == cuts.whole
    assert [one.text for one in segments(cuts.whole)] == ["every story has a beginning"]


def test_interim_results_change_no_final_one(heard: list[Heard], sample: bytes) -> None:
    """With interim results the segments are the same, and a text is told before its segment is settled."""
    live = list(PocketSphinxEngine(interim=True).listen(blocks(sample)))
    assert segments(live) == segments(heard)
    texts = [event.text for event in live if isinstance(event, Interim)]
    assert texts
    assert all(one != other for one, other in pairwise(texts))
    assert isinstance(next(event for event in live if not isinstance(event, Progress)), Interim)


def test_what_came_before_changes_nothing(engine: PocketSphinxEngine, heard: list[Heard], sample: bytes) -> None:
    """A recording is heard the same after another, much louder and noisier one."""
    list(engine.listen(blocks(_noise(seconds=3, loud=9_000))))
    assert segments(list(engine.listen(blocks(sample)))) == segments(heard)


def test_what_came_before_changes_no_interim_result(cuts: "Cuts") -> None:
    """Also what is heard while a sentence goes on is the same after other sound."""
    list(cuts.engine.listen(blocks(_noise(seconds=1, loud=9_000))))
    assert list(cuts.engine.listen([cuts.pcm])) == cuts.whole


def test_interim_results_come_while_audio_still_comes(sample: bytes) -> None:
    """Half of the first sentence is enough for an interim result: nothing waits for the end of the audio."""
    given = 0

    def live() -> Iterator[bytes]:
        nonlocal given
        for block in blocks(sample):
            given += len(block)
            yield block

    events = PocketSphinxEngine(interim=True).listen(live())
    next(event for event in events if isinstance(event, Interim))
    events.close()  # type: ignore[attr-defined]  # a generator
    assert given < len(sample) // 3


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        b"\1",
        bytes(300),
        bytes(RATE * 2 * 5),
        b"\xff\x7f" * RATE,
    ],
    ids=["nothing", "half a sample", "less than a frame", "silence", "clipping"],
)
def test_no_speech_is_no_segment(engine: PocketSphinxEngine, pcm: bytes) -> None:
    """Audio without speech is heard to its end without a segment and without an error."""
    events = list(engine.listen(blocks(pcm)))
    assert events == [event for event in events if isinstance(event, Progress)]


@pytest.mark.parametrize("loud", [30, 1_000, 8_000])
def test_noise_is_no_speech(engine: PocketSphinxEngine, loud: int) -> None:
    """White noise at any level is not taken for words."""
    assert not segments(list(engine.listen(blocks(_noise(seconds=4, loud=loud)))))


def test_a_hum_is_no_speech(engine: PocketSphinxEngine) -> None:
    """A steady tone is not taken for words."""
    tone = array("h", (round(5_000 * math.sin(at / 16_000 * 2 * math.pi * 220)) for at in range(RATE * 3)))
    assert not segments(list(engine.listen(blocks(tone.tobytes()))))


def test_endless_speech_is_cut_and_nothing_lost(sample: bytes) -> None:
    """Speech without a pause is cut before it gets too long, every frame of it stays, and memory does not grow."""
    speech = samples_of(SAMPLE)[2 * RATE * 3 // 10 : 2 * RATE * 2]
    cutter = Cutter(RATE)
    size, frames, most = cutter.frame_bytes, [], 0
    for block in blocks(speech * 40, size):
        utterance = cutter.hear(block)
        frames += utterance.frames if utterance else []
        assert utterance is None or len(utterance.frames) <= LONGEST
        most = max(most, len(cutter._kept))
    last = cutter.end()
    frames += last.frames if last else []
    assert b"".join(frame.pcm for frame in frames) in speech * 40
    assert most <= LONGEST + 1
    assert len(frames) > 0.9 * len(speech) * 40 / size


def test_an_engine_travels_without_its_model(engine: PocketSphinxEngine, sample: bytes) -> None:
    """A pickled engine is small, although the original has loaded its model."""
    list(engine.listen(blocks(sample[:6_400])))
    data = pickle.dumps(engine)
    assert len(data) < 1_000
    assert pickle.loads(data) == engine


def test_the_english_model_may_be_named(heard: list[Heard], sample: bytes) -> None:
    """Paths to the very models that are the default give the same words."""
    folder = Path(get_model_path("en-us"))
    named = PocketSphinxEngine(
        acoustic_model=folder / "en-us",
        language_model=folder / "en-us.lm.bin",
        dictionary=folder / "cmudict-en-us.dict",
        interim=False,
    )
    assert segments(list(named.listen(blocks(sample)))) == segments(heard)


@pytest.mark.parametrize("setting", ["acoustic_model", "language_model", "dictionary"])
def test_a_missing_model_is_named(setting: str, tmp_path: Path) -> None:
    """A path that is not there is told with its setting before anything is heard."""
    with pytest.raises(ConfigurationError, match=setting) as caught:
        list(PocketSphinxEngine(**{setting: tmp_path / "gone"}).listen([bytes(3_200)]))  # type: ignore[arg-type]
    assert "gone" in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("setting", ["acoustic_model", "language_model", "dictionary"])
def test_a_pipe_for_a_model_is_refused(setting: str, tmp_path: Path) -> None:
    """A path to a pipe, which nobody may ever write to, is told instead of waited for."""
    place = tmp_path / "pipe"
    os.mkfifo(place)
    with pytest.raises(ConfigurationError, match=f"{setting}.*pipe"):
        list(PocketSphinxEngine(**{setting: place}).listen([bytes(3_200)]))  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["feat.params", "noisedict", "mdef", "sendump"])
def test_a_pipe_inside_a_model_is_refused(name: str, model: Path) -> None:
    """A pipe in the place of one of a model's files is told by its name."""
    (model / name).unlink()
    os.mkfifo(model / name)
    with pytest.raises(ConfigurationError, match=f"acoustic_model.*{name}"):
        list(PocketSphinxEngine(acoustic_model=model).listen([bytes(3_200)]))


@pytest.mark.parametrize("setting", ["language_model", "dictionary"])
def test_a_folder_for_a_file_is_refused(setting: str, tmp_path: Path) -> None:
    """A folder where a file belongs is told as one."""
    with pytest.raises(ConfigurationError, match=f"{setting}.*is a folder"):
        list(PocketSphinxEngine(**{setting: tmp_path}).listen([bytes(3_200)]))  # type: ignore[arg-type]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the English acoustic model to damage."""
    return Path(shutil.copytree(Path(get_model_path("en-us"), "en-us"), tmp_path / "model"))


def test_a_whole_model_is_sound(model: Path) -> None:
    """The English model is as long as its files say."""
    assert broken_off(model) is None


@pytest.mark.parametrize("name", ["mdef", "transition_matrices", "sendump"])
def test_a_model_that_breaks_off_is_told(name: str, model: Path) -> None:
    """A file that PocketSphinx would read past its end is told, wherever it breaks off, by its name."""
    size = (model / name).stat().st_size
    for left in (size - 1, size * 2 // 3, 2_000, 400, 50, 4):
        os.truncate(model / name, min(left, size - 1))
        assert broken_off(model) == name, left
    os.truncate(model / name, 20)
    with pytest.raises(ConfigurationError, match=f"acoustic_model.* {name} that"):
        list(PocketSphinxEngine(acoustic_model=model).listen([bytes(3_200)]))


def test_a_senseless_rate_is_told(model: Path) -> None:
    """A model whose rate is no number is an error that names the setting."""
    with (model / "feat.params").open("a") as file:
        file.write("-samprate fast\n")
    with pytest.raises(ConfigurationError, match=r"acoustic_model.*-samprate"):
        assert PocketSphinxEngine(acoustic_model=model).sample_rate


@pytest.mark.parametrize("setting", ["acoustic_model", "language_model", "dictionary"])
def test_rubbish_for_a_model_is_told(setting: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Files that hold no model are one error of ours, and the native library prints nothing."""
    place = tmp_path / "rubbish"
    if setting == "acoustic_model":
        place.mkdir()
        (place / "mdef").write_text("no model")
        (place / "feat.params").write_text("-lowerf 130\n")
    else:
        place.write_text("no model at all\n")
    with pytest.raises(ConfigurationError):
        list(PocketSphinxEngine(**{setting: place}).listen([bytes(3_200)]))  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings with references are not beside this repository")
def test_real_recordings_are_heard_no_worse_than_by_pocketsphinx_alone(engine: PocketSphinxEngine) -> None:
    """Word errors are at most those of a plain decoder given each file whole, and confidences tell right from wrong."""
    rows = [json.loads(line) for line in (SHARED / "manifest.jsonl").read_text().splitlines()]
    ours = plain = 0
    judged: list[tuple[float, bool]] = []
    for row in rows:
        pcm, reference = samples_of(SHARED / row["audio_filepath"]), row["text"].split()
        words = [word for one in segments(list(engine.listen(blocks(pcm)))) for word in one.words]
        errors, right = _aligned(reference, [word.text for word in words])
        ours += errors
        judged += [(word.confidence or 0.0, good) for word, good in zip(words, right, strict=True)]
        plain += _aligned(reference, _plain(pcm))[0]
    assert ours <= plain
    assert _separation(judged) > 0.75


def _plain(pcm: bytes) -> list[str]:
    decoder = Decoder(loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr.split() if hypothesis else []


def _noise(*, seconds: int, loud: int) -> bytes:
    source = random.Random(7)
    return array(
        "h", (round(max(-32_768, min(32_767, source.gauss(0, loud)))) for _ in range(RATE * seconds))
    ).tobytes()


def _separation(judged: list[tuple[float, bool]]) -> float:
    """The chance that a right word has a higher confidence than a wrong one (the area under the ROC curve)."""
    right = [score for score, good in judged if good]
    wrong = [score for score, good in judged if not good]
    won = sum((one > other) + (one == other) / 2 for one in right for other in wrong)
    return won / (len(right) * len(wrong))


def _aligned(reference: list[str], words: list[str]) -> tuple[int, list[bool]]:
    """The fewest word errors (Levenshtein), and which words are right on that path."""
    table = [
        [row + column if not row * column else 0 for column in range(len(words) + 1)]
        for row in range(len(reference) + 1)
    ]
    for row, wanted in enumerate(reference, 1):
        for column, word in enumerate(words, 1):
            table[row][column] = min(
                table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + (wanted != word)
            )
    right = [False] * len(words)
    row, column = len(reference), len(words)
    while row and column:
        if table[row][column] == table[row - 1][column - 1] + (reference[row - 1] != words[column - 1]):
            row, column = row - 1, column - 1
            right[column] = reference[row] == words[column]
        elif table[row][column] == table[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return table[-1][-1], right
