"""What it costs to start: processor time of short commands as a multiple of `python -c pass`, in rotation.

Run it with a Python in which Earwitness is installed and compiled: python tests/benchmarks/bench_cold_start.py
Goals: --version and --help at most 5, importing at most 3, connecting at most 1.15 times what it stands on.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 15
RUN = "import sys; sys.argv = ['earwitness', *{!r}]; from earwitness.cli import main; main()"
COMMANDS = {
    "python -c pass": "pass",
    "import click": "import click",
    "import earwitness": "import earwitness",
    "earwitness.connect": "import earwitness; earwitness.connect",
    "connect('scripted')": "import earwitness; earwitness.connect('scripted')",
    "what it stands on": "import httpx, pluggy, stevedore; from pydantic import BaseModel",
    "earwitness --version": RUN.format(["--version"]),
    "earwitness --help": RUN.format(["--help"]),
    "earwitness transcribe --help": RUN.format(["transcribe", "--help"]),
    "earwitness providers": RUN.format(["providers"]),
}


def cpu_ms(code: str) -> float:
    """Processor time of one whole process, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> None:
    """Prints one line per command."""
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, code in COMMANDS.items():
            measured[name].append(cpu_ms(code))
    bare = statistics.median(measured["python -c pass"])
    for name, times in measured.items():
        median = statistics.median(times)
        print(f"{name:<30} {median:7.1f} ms  {median / bare:5.2f} x")


if __name__ == "__main__":
    main()
