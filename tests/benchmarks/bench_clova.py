"""A ten-hour answer of CLOVA becomes a neutral transcript at little more than the price of `json.loads` of its bytes.

    python tests/benchmarks/bench_clova.py [rounds]

The provider is called through its public `read_answer`, with everything that belongs to it: strict reading,
translation, speakers, repair. What is measured and how is in `answers.py`.
"""

import json
import sys

from answers import WORD_MS, WORDS_EACH, report, said

from earwitness.models import Answer
from earwitness_clova.provider import Clova

GOALS = {"time": 1.2, "memory kept": 0.6}
"""The most that a figure should be, as a multiple of `json.loads`."""
_HANGUL = range(0xAC00, 0xD7A4)


def ten_hours() -> bytes:
    """9,000 segments of ten words, two speakers, in the shape that the manual documents."""
    segments = [_segment(number, words) for number, words in enumerate(said(_HANGUL))]
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


def main(rounds: int = 9) -> None:
    """Prints one line for each figure."""
    body = ten_hours()
    answer = Answer(body, "application/json", "long")
    report(body, lambda: Clova.read_answer(answer).transcript, GOALS, rounds)


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


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
