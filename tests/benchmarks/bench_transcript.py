"""A ten-hour transcript costs little to read, write, keep and check; every figure is a ratio to `json.loads`.

    python tests/benchmarks/bench_transcript.py [rounds]

The yardstick runs in rotation with what is measured, on the same neutral JSON, so that a busy machine slows both. Times
are medians of CPU seconds. Memory is what `tracemalloc` counts as kept once the work is done.
"""

import json
import sys
from collections.abc import Callable

from measuring import kept, medians

from earwitness.models import Segment, Speaker, Transcript, Word
from earwitness.validation import check, repair

SEGMENTS = 9_000
WORDS_EACH = 10
WORD_MS = 400
GOALS = {"to_json": 0.5}
"""The most that a figure should be, as a multiple of `json.loads`."""


def ten_hours() -> Transcript:
    """9,000 segments of ten words, two speakers, every word with times and a confidence."""
    length = WORDS_EACH * WORD_MS
    return Transcript(
        segments=tuple(_segment(number * length, speaker=str(number % 2)) for number in range(SEGMENTS)),
        speakers=(Speaker("0"), Speaker("1")),
        duration_ms=SEGMENTS * length,
    )


def measured(rounds: int) -> dict[str, float]:
    """Each operation's median CPU time, and the memory its result keeps, over that of `json.loads`."""
    transcript = ten_hours()
    data = transcript.to_json()
    work: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(data),
        "from_json": lambda: Transcript.from_json(data),
        "to_json": transcript.to_json,
        "check": lambda: check(transcript),
        "repair of clean data": lambda: repair(transcript),
    }
    times = medians(work, rounds)
    held = {name: kept(work[name]) for name in ("json.loads", "from_json")}
    print(f"{len(data) / 1e6:.1f} MB of JSON; json.loads: {times['json.loads'] * 1000:.0f} ms, ", end="")
    print(f"{held['json.loads'] / 2**20:.1f} MiB kept; from_json keeps {held['from_json'] / 2**20:.1f} MiB")
    ratios = {name: seconds / times["json.loads"] for name, seconds in times.items()}
    return ratios | {"memory of from_json": held["from_json"] / held["json.loads"]}


def main(rounds: int = 9) -> None:
    """Prints one line for each figure."""
    for name, ratio in measured(rounds).items():
        goal = f"  (goal: at most {GOALS[name]})" if name in GOALS else ""
        print(f"{name:24} {ratio:5.2f} x json.loads{goal}")


def _segment(start: int, *, speaker: str) -> Segment:
    words = tuple(
        Word(f"word{number}", start + number * WORD_MS, start + (number + 1) * WORD_MS, 0.75 + number / 100)
        for number in range(WORDS_EACH)
    )
    text = " ".join(word.text for word in words)
    return Segment(text, start, start + WORDS_EACH * WORD_MS, words, confidence=0.8, speaker=speaker)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
