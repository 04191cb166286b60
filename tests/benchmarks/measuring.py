"""What benchmarks measure with: processor time in rotation, and memory that is kept."""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping

__all__ = ["kept", "medians"]


def medians(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Each work's median CPU time in seconds; all run in turn, so that a busy machine slows them alike."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            gc.collect()
            begun = time.process_time()
            run()
            taken[name].append(time.process_time() - begun)
    # The first round warms up what is built at first use.
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def kept(run: Callable[[], object]) -> int:
    """The bytes that `tracemalloc` counts while the result of this work is held."""
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        del result
