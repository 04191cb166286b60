"""What the benchmarks of vendors' ten-hour answers share: what is said, and the yardstick, which is `json.loads`.

The yardstick runs in rotation with what is measured, so that a busy machine slows both. Times are medians of CPU
seconds; memory is what `tracemalloc` counts as kept once the work is done.
"""

import json
import random
import statistics
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from measuring import kept, medians

from earwitness.models import Transcript

__all__ = ["SEGMENTS", "WORDS_EACH", "WORD_MS", "report", "said"]

SEGMENTS = 9_000
WORDS_EACH = 10
WORD_MS = 400
VOCABULARY = 20_000
"""Different words; the n-th is said in proportion to 1/n, as in real speech (Zipf)."""


def said(alphabet: range) -> Iterator[list[str]]:
    """The words of 9,000 segments: ten hours of speech in letters of this range."""
    chance = random.Random(7)
    words = ["".join(chr(chance.choice(alphabet)) for _ in range(1 + n % 4)) for n in range(VOCABULARY)]
    weights = list(accumulate(1 / n for n in range(1, VOCABULARY + 1)))
    spoken = chance.choices(words, cum_weights=weights, k=SEGMENTS * WORDS_EACH)
    return (spoken[n * WORDS_EACH : (n + 1) * WORDS_EACH] for n in range(SEGMENTS))


def report(
    body: bytes, translated: Callable[[], Transcript | None], goals: Mapping[str, float], rounds: int
) -> dict[str, float]:
    """Time and kept memory of the translation, over those of `json.loads`; prints one line for each figure."""

    def read() -> object:
        transcript = translated()
        assert transcript is not None and len(transcript.segments) == SEGMENTS and not transcript.notices
        return transcript

    work: dict[str, Callable[[], object]] = {"json.loads": lambda: json.loads(body), "read_answer": read}
    times = medians(work, rounds)
    held = {name: statistics.median(kept(run) for _ in range(3)) for name, run in work.items()}
    for name in work:
        print(f"{name:12} {times[name] * 1000:6.0f} ms, {held[name] / 2**20:5.1f} MiB kept of {len(body) / 1e6:.1f} MB")
    found = {
        "time": times["read_answer"] / times["json.loads"],
        "memory kept": held["read_answer"] / held["json.loads"],
    }
    for name, ratio in found.items():
        print(f"{name:12} {ratio:5.2f} x json.loads  (goal: at most {goals[name]})")
    return found
