"""Scoring costs little: every figure is a ratio to jiwer, or CPU seconds beside a goal.

    python tests/benchmarks/bench_scoring.py [rounds]

Needs the extra `compare` and jiwer. Texts are synthetic: words by Zipf's law, one in ten wrong. jiwer runs in rotation
with what is measured, so that a busy machine slows both. Memory is the growth of the process's largest resident set.
"""

import random
import resource
import sys
from collections.abc import Callable

import jiwer
from measuring import medians

from earwitness.compare.alignment import align
from earwitness.compare.statistics import Draws, Figures, judged
from earwitness.compare.units import Choice, Units

UTTERANCES = 5_000
WORDS_EACH = 20
LONG = 50_000
VENDORS = 8
RESAMPLES = 10_000
GOALS = {"utterances": 1.0, "long text": 0.5, "its memory": 50.0, "statistics": 1.5}
"""The most that a figure should be: times jiwer, seconds, MB, seconds."""


def main(rounds: int = 5) -> None:
    """Prints one line for each figure."""
    said, heard = _texts(UTTERANCES, WORDS_EACH)
    (long_said,), (long_heard,) = _texts(1, LONG)
    before = _peak()
    align(long_said, long_heard)
    memory = (_peak() - before) / 1e6
    numbers = [_with_readings(one) for one in said]
    work: dict[str, Callable[[], object]] = {
        "jiwer, utterances": lambda: jiwer.process_words(_plain(said), _plain(heard)),
        "utterances": lambda: [*map(align, said, heard)],
        "utterances with readings": lambda: [*map(align, numbers, heard)],
        "jiwer, long text": lambda: jiwer.process_words(_plain([long_said]), _plain([long_heard])),
        "long text": lambda: align(long_said, long_heard),
        "statistics": _statistics(),
    }
    times = medians(work, rounds)
    _print("utterances", times["utterances"] / times["jiwer, utterances"], "x jiwer")
    _print("utterances with readings", times["utterances with readings"] / times["jiwer, utterances"], "x jiwer")
    _print("long text", times["long text"], f"s; jiwer {times['jiwer, long text']:.2f} s")
    _print("its memory", memory, "MB")
    _print("statistics", times["statistics"], "s")


def _print(name: str, figure: float, unit: str) -> None:
    goal = f"  (goal: at most {GOALS[name]})" if name in GOALS else ""
    print(f"{name:26} {figure:6.2f} {unit}{goal}")


def _texts(count: int, words: int) -> tuple[list[Units], list[Units]]:
    rng = random.Random(1)
    vocabulary = [f"word{number}" for number in range(20_000)]
    weights = [1 / (number + 1) for number in range(20_000)]
    said = [rng.choices(vocabulary, weights, k=words) for _ in range(count)]
    heard = [[other for word in one for other in _heard(word, rng, vocabulary)] for one in said]
    return [Units(tuple(one)) for one in said], [Units(tuple(one)) for one in heard]


def _heard(word: str, rng: random.Random, vocabulary: list[str]) -> list[str]:
    chance = rng.random()
    if chance < 0.06:
        return [rng.choice(vocabulary)]
    if chance < 0.08:
        return []
    return [word, rng.choice(vocabulary)] if chance < 0.1 else [word]


def _with_readings(text: Units) -> Units:
    """The same text with twelve readings of two words for its fifth one, as a number has."""
    readings = ((text.units[4],), *((f"a{number}", f"b{number}") for number in range(12)))
    return Units(text.units, (Choice(4, 5, readings),))


def _plain(texts: list[Units]) -> list[str]:
    return [" ".join(one.units) for one in texts]


def _statistics() -> Callable[[], object]:
    """Eight vendors on five thousand utterances, each utterance a block of its own: the dearest case."""
    rng = random.Random(2)
    errors = {str(vendor): [float(rng.randrange(4)) for _ in range(UTTERANCES)] for vendor in range(VENDORS)}
    totals = {name: [float(WORDS_EACH)] * UTTERANCES for name in errors}
    blocks = [str(number) for number in range(UTTERANCES)]
    return lambda: judged(Draws(blocks, resamples=RESAMPLES), [Figures(errors, totals)])


def _peak() -> int:
    """Bytes of the largest resident set so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
