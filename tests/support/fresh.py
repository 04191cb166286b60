"""A fresh Python process, for what only a whole process shows: imports, standard error, memory, forks."""

import os
import subprocess
import sys


def run(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """What a new interpreter prints that finds the packages where this one does; it must end well."""
    places = os.pathsep.join(place for place in sys.path if place)
    result = subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result
