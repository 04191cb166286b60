"""What the embedded engine costs beside PocketSphinx itself, and how much memory a long recording takes.

Run: python tests/benchmarks/bench_engine.py RECORDINGS... [--minutes 2] [--rounds 3]
     python tests/benchmarks/bench_engine.py RECORDINGS... --minutes 0 --memory-minutes 2 60

The recordings (16 kHz mono WAV) are repeated, with pauses between them, up to the given lengths. "Alone" is a loaded
decoder that is given a quarter of a minute of the same audio at a time, as PocketSphinx's own documentation does.

The engine, from a file to segments, is compared in one process: each quarter of a minute one way and then the other,
which evens out a busy machine; for comparison also with a decoder that is spared the pauses. The whole way,
`earwitness.transcribe`, is compared by the CPU seconds of processes and their children, in turn, and so bears the start
of two interpreters. Memory is what `earwitness transcribe` and all its child processes hold together, asked of `ps`
again and again; pages that they share count more than once.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TypeVar

from pocketsphinx import Decoder

from earwitness.media import open_media, pcm
from earwitness.request import audio_source
from earwitness_pocketsphinx._engine import PocketSphinxEngine

RATE = 16_000
PAUSE = bytes(RATE * 2 * 6 // 10)
CHUNK_MINUTES = 0.25
Way = TypeVar("Way")

DIRECT = """
import sys
sys.path.insert(0, sys.argv[1])
from bench_engine import Decoder, directly
decoder = Decoder(loglevel="FATAL")
directly(decoder, sys.argv[2:])
"""

WHOLE = """
import sys
import earwitness
earwitness.transcribe(sys.argv[1], profile="pocketsphinx")
"""


def main() -> None:
    """Prints the ratios, then the memory."""
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.minutes:
            print(f"{options.minutes:g} min: {engine_share(options.recordings, options.minutes, folder)}", flush=True)
        if options.minutes and options.rounds:
            print(f"{options.minutes:g} min: {whole_share(options, folder)}", flush=True)
        for minutes in options.memory_minutes:
            join(cycle(options.recordings), minutes, folder / "long.wav")
            seconds, size = memory(folder / "long.wav", folder / "long.json")
            print(f"{minutes:g} min: all processes together held {size:.0f} MiB at most, {seconds:.0f} s", flush=True)


def arguments() -> argparse.Namespace:
    """What was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=2.0, help="length to compare the cost at; 0 for not at all")
    parser.add_argument("--rounds", type=int, default=3, help="how often the whole way is compared")
    parser.add_argument(
        "--memory-minutes", nargs="+", type=float, default=[], help="lengths to watch the memory at, 60 for an hour"
    )
    return parser.parse_args()


def engine_share(recordings: list[Path], minutes: float, folder: Path) -> str:
    """The engine's CPU as a share of PocketSphinx's alone."""
    decoder, engine = Decoder(loglevel="FATAL"), PocketSphinxEngine(interim=False)
    pieces, chunk, rounds = cycle(recordings), folder / "chunk.wav", []
    # One more: the first only warms up both.
    for number in range(max(1, round(minutes / CHUNK_MINUTES)) + 1):
        used = join(pieces, CHUNK_MINUTES, chunk)
        alone, spared = partial(directly, decoder, [chunk]), partial(directly, decoder, used)
        rounds.append(in_turn(taken, [alone, partial(through_engine, engine, chunk), spared], number))
    alone_s, ours_s, spared_s = map(sum, zip(*rounds[1:], strict=True))
    each = sorted(ours / alone for alone, ours, _ in rounds[1:])
    return (
        f"engine {ours_s / alone_s:.2f} of PocketSphinx alone ({len(each)} chunks, {each[0]:.2f} to {each[-1]:.2f}, "
        f"median {median(each):.2f}), {ours_s / spared_s:.2f} of it without the pauses"
    )


def in_turn(measure: Callable[[Way], float], ways: Sequence[Way], number: int) -> list[float]:
    """What is measured of each way; every other time the last one goes first."""
    order = range(len(ways))[:: -1 if number % 2 else 1]
    measured = {at: measure(ways[at]) for at in order}
    return [measured[at] for at in range(len(ways))]


def taken(way: Callable[[], None]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    way()
    return time.process_time() - begun


def directly(decoder: Decoder, recordings: list[Path] | list[str]) -> None:
    """PocketSphinx hears each recording whole."""
    for path in recordings:
        with wave.open(str(path)) as file:
            samples = file.readframes(file.getnframes())
        decoder.start_utt()
        decoder.process_raw(samples, full_utt=True)
        decoder.end_utt()
        decoder.hyp()


def through_engine(engine: PocketSphinxEngine, recording: Path) -> None:
    """The engine hears a file as a worker process does."""
    with open_media(audio_source(recording)) as media:
        for _ in engine.listen(pcm(media, sample_rate=engine.sample_rate)):
            pass


def whole_share(options: argparse.Namespace, folder: Path) -> str:
    """The CPU of the whole way through `earwitness.transcribe` as a share of PocketSphinx's alone."""
    pieces, chunks = cycle(options.recordings), []
    for number in range(max(1, round(options.minutes / CHUNK_MINUTES))):
        chunks.append(folder / f"{number}.wav")
        join(pieces, CHUNK_MINUTES, chunks[-1])
    join(cycle(chunks), options.minutes, folder / "whole.wav", pause=b"")
    ways = (DIRECT, str(Path(__file__).parent), *map(str, chunks)), (WHOLE, str(folder / "whole.wav"))
    rounds = [in_turn(lambda way: cost(*way), ways, number) for number in range(options.rounds)]
    shares = [whole / direct for direct, whole in rounds]
    return (
        f"earwitness.transcribe {median(shares):.2f} of PocketSphinx alone, with starting both "
        f"({options.rounds} rounds, {min(shares):.2f} to {max(shares):.2f})"
    )


def join(pieces: Iterator[Path], minutes: float, output: Path, *, pause: bytes = PAUSE) -> list[Path]:
    """Writes the next of the endless `pieces` up to about this length; returns those used, in order."""
    used: list[Path] = []
    with wave.open(str(output), "wb") as joined:
        joined.setnchannels(1)
        joined.setsampwidth(2)
        joined.setframerate(RATE)
        while joined.getnframes() < minutes * 60 * RATE:
            piece = next(pieces)
            with wave.open(str(piece)) as file:
                joined.writeframes(file.readframes(file.getnframes()) + pause)
            used.append(piece)
    return used


def cost(program: str, *arguments: str) -> float:
    """CPU seconds of the program and its children."""
    # One process more between us and the program, so that its children's figures are its own.
    meter = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", meter, program, *arguments], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def memory(recording: Path, output: Path) -> tuple[float, float]:
    """Seconds that `earwitness transcribe` takes, and the most MiB that it and its children hold together."""
    command = ["-m", "earwitness", "transcribe", str(recording), "--profile", "pocketsphinx"]
    begun, most = time.monotonic(), 0
    with subprocess.Popen([sys.executable, *command, "--format", "json", "--output", str(output)]) as process:
        while process.poll() is None:
            most = max(most, resident(process.pid))
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"earwitness transcribe ended with {process.returncode}")
    return time.monotonic() - begun, most / 1024


def resident(root: int) -> int:
    """KiB in memory of a process and all that descend from it."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "rss="], capture_output=True, text=True, check=True
    )
    rows = [tuple(map(int, line.split())) for line in table.stdout.splitlines()]
    sizes = {pid: size for pid, _, size in rows}
    return sum(sizes.get(pid, 0) for pid in family(root, [(pid, parent) for pid, parent, _ in rows]))


def family(root: int, rows: list[tuple[int, int]]) -> Iterator[int]:
    """The process and its descendants, from pairs of process and parent."""
    yield root
    for pid, parent in rows:
        if parent == root:
            yield from family(pid, rows)


if __name__ == "__main__":
    main()
