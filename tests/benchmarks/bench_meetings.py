"""Scoring a long meeting costs no more than with MeetEval and pyannote.metrics, and memory follows the window.

    python tests/benchmarks/bench_meetings.py [rounds]

A made-up meeting of 3.1 hours, 27,000 words, 3,000 turns and 4 speakers with a tenth of the words wrong; and one
speaker's stream of 10,000 and 50,000 words for memory. Times are medians of CPU seconds in rotation, memory is what the
resident set of a fresh process grows by at most (on Linux). Needs the extra `compare`, and meeteval and
pyannote.metrics to compare with.
"""

import logging
import random
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import meeteval  # type: ignore[import-untyped]
from measuring import medians
from pyannote.core import Annotation, Timeline  # type: ignore[import-untyped]
from pyannote.core import Segment as Stretch
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from earwitness.compare.metrics import DiarizationError, JaccardError, PermutationError, TimedPermutationError
from support.spoken import Plain, pair, said

GOALS = {"tcpWER": 1.0, "cpWER": 1.0, "DER": 0.1}
"""The most that a figure should be, as a multiple of the other library's."""
COLLAR_S = 5

Turns = list[tuple[str | None, str, int, int]]


def meeting(words: int, *, speakers: int = 4, turn: int = 9) -> tuple[Turns, Turns]:
    """Reference and hypothesis: turns of some nine words, speakers in no order, times that are a little off."""
    rng = random.Random(7)
    reference, hypothesis, now = [], [], 0
    for _ in range(words // turn):
        who = str(rng.randrange(speakers))
        text = [_word(min(20_000, int(rng.paretovariate(0.6)))) for _ in range(turn)]
        end = now + 370 * turn
        reference.append((who, " ".join(text), now, end))
        heard = " ".join(_misheard(rng, text))
        hypothesis.append((f"v{who}", heard, max(0, now + rng.randint(-200, 200)), end + rng.randint(-200, 200)))
        now = end + rng.randint(-300, 450)
    return reference, hypothesis


def measured(rounds: int) -> dict[str, float]:
    """Each figure's median CPU time over that of the other library."""
    turns = meeting(27_000)
    sides, segments = pair(*map(_said, turns)), [_seglst(side) for side in turns]
    annotations, hours = [_annotation(side) for side in turns], Timeline([Stretch(0, 4 * 3600)])
    plain, wer = Plain(), meeteval.wer.wer
    work: dict[str, Callable[[], object]] = {
        "tcpWER": lambda: TimedPermutationError(times="turns").measure([sides], plain),
        "tcpWER theirs": lambda: wer.time_constrained.tcp_word_error_rate(*segments, collar=COLLAR_S),
        "cpWER": lambda: PermutationError().measure([sides], plain),
        "cpWER theirs": lambda: wer.cp.cp_word_error_rate(*segments),
        "DER": lambda: DiarizationError().measure([sides], plain),
        "DER theirs": lambda: DiarizationErrorRate()(*annotations, uem=hours),
        "JER": lambda: JaccardError().measure([sides], plain),
        "JER theirs": lambda: JaccardErrorRate()(*annotations, uem=hours),
    }
    times = medians(work, rounds)
    for name, seconds in times.items():
        print(f"{name:14} {seconds * 1000:8.1f} ms")
    return {name: times[name] / times[f"{name} theirs"] for name in ("tcpWER", "cpWER", "DER", "JER")}


def peak(which: str, words: int) -> None:
    """Prints by how many MiB this process grows while it scores one speaker's stream of so many words."""
    streams = meeting(words, speakers=1)
    sides, segments = pair(*map(_said, streams)), [_seglst(side) for side in streams]
    TimedPermutationError(times="turns").measure([pair(*map(_said, meeting(90)))], Plain())
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    if which == "ours":
        TimedPermutationError(times="turns").measure([sides], Plain())
    else:
        meeteval.wer.wer.time_constrained.tcp_word_error_rate(*segments, collar=COLLAR_S)
    print((_memory("VmHWM") - before) // 1024)


def main(rounds: int = 5) -> None:
    """Prints one line for each figure. MeetEval is not run on 50,000 words: it would take some ten GB."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    for name, ratio in measured(rounds).items():
        goal = f"  (goal: at most {GOALS[name]})" if name in GOALS else ""
        print(f"{name:14} {ratio:6.3f} x the other library's{goal}")
    for which, words in (("theirs", 10_000), ("ours", 10_000), ("ours", 50_000)):
        command = [sys.executable, __file__, "--peak", which, str(words)]
        grown = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()[-1]
        print(f"memory of tcpWER, {words} words by one speaker, {which}: {grown} MiB")


def _word(number: int) -> str:
    """A made-up word without digits, the same for the same number."""
    letters = ""
    while number:
        number, letter = divmod(number, 26)
        letters += "etaoinshrdlucmfwypvbgkjqxz"[letter]
    return letters


def _misheard(rng: random.Random, text: list[str]) -> list[str]:
    """Six in a hundred substituted, two deleted, two inserted."""
    heard = []
    for word in text:
        chance = rng.random()
        heard += [] if chance < 0.02 else [word, "uh"] if chance < 0.04 else ["wrong"] if chance < 0.10 else [word]
    return heard or ["wrong"]


def _memory(name: str) -> int:
    """A line of the system's account of this process, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _said(turns: Turns) -> Any:
    return said(*turns)


def _seglst(turns: Turns) -> Any:
    return meeteval.io.SegLST(
        [
            {"session_id": "x", "speaker": who, "words": text, "start_time": start / 1000, "end_time": end / 1000}
            for who, text, start, end in turns
        ]
    )


def _annotation(turns: Turns) -> Any:
    annotation = Annotation()
    for number, (who, _, start, end) in enumerate(turns):
        annotation[Stretch(start / 1000, end / 1000), number] = who
    return annotation


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        logging.disable(logging.WARNING)
        peak(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:2]))
