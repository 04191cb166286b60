"""A ten-hour answer of CLOVA becomes a neutral transcript at little more than the price of `json.loads` of its bytes.

    python tests/benchmarks/bench_clova.py [rounds]

The yardstick runs in rotation with what is measured, so that a busy machine slows both. Times are medians of CPU
seconds; memory is what `tracemalloc` counts as kept once the work is done. The provider is called through its public
`read_answer`, with everything that belongs to it: strict reading, translation, speakers, repair.
"""

import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from itertools import accumulate

from earwitness.models import Answer, Transcript
from earwitness_clova.provider import Clova

SEGMENTS = 9_000
WORDS_EACH = 10
WORD_MS = 400
GOALS = {"time": 1.2, "memory kept": 0.6}
"""The most that a figure should be, as a multiple of `json.loads`."""
VOCABULARY = 20_000
"""Different words; the n-th is said in proportion to 1/n, as in real speech (Zipf)."""


def ten_hours() -> bytes:
    """9,000 segments of ten words, two speakers, in the shape that the manual documents."""
    chance = random.Random(7)
    words = ["".join(chr(chance.randint(0xAC00, 0xD7A3)) for _ in range(1 + n % 4)) for n in range(VOCABULARY)]
    weights = list(accumulate(1 / n for n in range(1, VOCABULARY + 1)))
    said = chance.choices(words, cum_weights=weights, k=SEGMENTS * WORDS_EACH)
    segments = [_segment(n, said[n * WORDS_EACH : (n + 1) * WORDS_EACH]) for n in range(SEGMENTS)]
    speakers = [{"label": str(one), "name": "AB"[one - 1], "edited": False} for one in (1, 2)]
    whole = {
        "result": "COMPLETED",
        "message": "Succeeded",
        "token": "0f3c9a7be2d14f7d8a5b6c1e90d2aa11",
        "version": "ncp_v2_v9.9.9-bench_v0.0.1_ko_",
        "params": {"service": "ncp", "domain": "general", "lang": "ko", "completion": "async"},
        "progress": 100,
        "keywords": {},
        "segments": segments,
        "text": " ".join(str(one["text"]) for one in segments),
        "confidence": 0.9233,
        "speakers": speakers,
        "events": [],
        "eventTypes": [],
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def measured(rounds: int) -> dict[str, float]:
    """Time and kept memory of the translation, over those of `json.loads`."""
    body = ten_hours()
    answer = Answer(body, "application/json", "long")
    work: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(body),
        "read_answer": lambda: _translated(answer),
    }
    times = _medians(work, rounds)
    kept = {name: statistics.median(_kept(run) for _ in range(3)) for name, run in work.items()}
    for name in work:
        print(f"{name:12} {times[name] * 1000:6.0f} ms, {kept[name] / 2**20:5.1f} MiB kept of {len(body) / 1e6:.1f} MB")
    return {
        "time": times["read_answer"] / times["json.loads"],
        "memory kept": kept["read_answer"] / kept["json.loads"],
    }


def main(rounds: int = 9) -> None:
    """Prints one line for each figure."""
    for name, ratio in measured(rounds).items():
        print(f"{name:12} {ratio:5.2f} x json.loads  (goal: at most {GOALS[name]})")


def _segment(number: int, said: list[str]) -> dict[str, object]:
    start = number * WORDS_EACH * WORD_MS
    words = [[start + place * WORD_MS + 1, start + place * WORD_MS + 390, word] for place, word in enumerate(said)]
    text = " ".join(said)
    label = str(number % 2 + 1)
    return {
        "start": start,
        "end": start + WORDS_EACH * WORD_MS,
        "text": text,
        "confidence": 0.9412,
        "diarization": {"label": label},
        "speaker": {"label": label, "name": "AB"[number % 2], "edited": False},
        "words": words,
        "textEdited": text,
    }


def _translated(answer: Answer) -> Transcript:
    transcript = Clova.read_answer(answer).transcript
    assert transcript is not None and len(transcript.segments) == SEGMENTS
    return transcript


def _medians(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            gc.collect()
            begun = time.process_time()
            run()
            taken[name].append(time.process_time() - begun)
    # The first round warms up what is built at first use.
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _kept(run: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        del result


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
