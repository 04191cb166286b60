"""What the embedded engine costs beside PocketSphinx itself, and how its memory grows with the recording.

Run: python tests/benchmarks/bench_engine.py RECORDINGS... [--minutes 3 12]

The recordings (16 kHz mono WAV) are joined, with pauses, to recordings of the given lengths. "Direct" is a loaded
decoder that is given each joined piece whole, as PocketSphinx's own documentation does. Ratios are of CPU seconds of
whole processes, in turn, and medians of several rounds, because a busy machine moves them. Memory is the largest
resident set of the engine's process.
"""

import argparse
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from statistics import median

RATE = 16_000
PAUSE = bytes(RATE * 2 * 6 // 10)

DIRECT = """
import sys, wave
from pocketsphinx import Decoder
decoder = Decoder(loglevel="FATAL")
for path in sys.argv[1:]:
    with wave.open(path) as file:
        samples = file.readframes(file.getnframes())
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    decoder.hyp()
"""

OURS = """
import sys
from earwitness.engine import Progress
from earwitness.media import open_media, pcm
from earwitness.request import audio_source
from earwitness_pocketsphinx._engine import PocketSphinxEngine
engine = PocketSphinxEngine(interim=False)
with open_media(audio_source(sys.argv[1])) as media:
    for heard in engine.listen(pcm(media, sample_rate=engine.sample_rate)):
        pass
"""

WHOLE = """
import sys
import earwitness
earwitness.transcribe(sys.argv[1], profile="pocketsphinx")
"""


def main() -> None:
    """Prints the ratios."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        for minutes in options.minutes:
            joined, used = join(options.recordings, minutes, Path(folder, f"{minutes:g}.wav"))
            rounds = [measured(joined, used) for _ in range(options.rounds)]
            engine, whole = (median(ratio[at] for ratio, _ in rounds) for at in (0, 1))
            memory = max(size for _, size in rounds)
            print(
                f"{minutes:g} min: engine {engine:.2f} of PocketSphinx alone, through earwitness.transcribe "
                f"{whole:.2f}, peak {memory:.0f} MiB  ({options.rounds} rounds)",
                flush=True,
            )


def measured(joined: Path, used: list[Path]) -> tuple[tuple[float, float], float]:
    """One round: the engine's and the whole way's share of the direct CPU seconds, and the engine's memory."""
    direct, _ = cost(DIRECT, *map(str, used))
    ours, memory = cost(OURS, str(joined))
    whole, _ = cost(WHOLE, str(joined))
    return (ours / direct, whole / direct), memory


def arguments() -> argparse.Namespace:
    """What was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--minutes", nargs="+", type=float, default=[2.0])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def join(pieces: list[Path], minutes: float, output: Path) -> tuple[Path, list[Path]]:
    """A recording of about this length, and the pieces in it, in order."""
    used: list[Path] = []
    with wave.open(str(output), "wb") as joined:
        joined.setnchannels(1)
        joined.setsampwidth(2)
        joined.setframerate(RATE)
        while joined.getnframes() < minutes * 60 * RATE:
            piece = pieces[len(used) % len(pieces)]
            with wave.open(str(piece)) as file:
                joined.writeframes(file.readframes(file.getnframes()) + PAUSE)
            used.append(piece)
    return output, used


def cost(program: str, *arguments: str) -> tuple[float, float]:
    """CPU seconds of the program and its children, and the largest resident set of any of them in MiB."""
    # One process more between us and the program, so that its children's figures are its own.
    meter = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', *sys.argv[1:]], check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", meter, program, *arguments], capture_output=True, text=True, check=True
    )
    seconds, size = map(float, done.stdout.split()[-2:])
    return seconds, size / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
