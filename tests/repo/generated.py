"""What `earwitness new-provider` writes, and the example provider, please the tools that their own tox files name.

Run as `python tests/repo/generated.py` where ruff and mypy are. Every combination of choices is written twice, with a
short name and with the longest, because a line's length depends on it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from earwitness.scaffold import SHAPES, Naming, create

ROOT = Path(__file__).parents[2]
ECHO = ROOT / "docs" / "examples" / "earwitness-echo"
LONGEST = 20


def main() -> None:
    """Writes all of them, and ends with status 0 only if nobody complains."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [
            one for number, choice in enumerate(product(SHAPES, (False, True))) for one in _made(folder, number, choice)
        ]
        shutil.copytree(ECHO, folder / ECHO.name, ignore=shutil.ignore_patterns("__pycache__"))
        for arguments in (("ruff", "check", "--quiet"), ("ruff", "format", "--check", "--quiet")):
            _run(folder, *arguments, "--no-cache", ".")
        # The long names change no types.
        _typed(folder, [*made[::2], folder / ECHO.name])
        print(f"generated: {len(made)} distributions and {ECHO.name} in good order")


def _made(folder: Path, number: int, choice: tuple[str, bool]) -> list[Path]:
    shape, streaming = choice
    names = (f"{'abcdef'[number]}z", f"{'abcdef'[number]:z<{LONGEST}}")
    return [create(Naming(name), folder, shape=shape, streaming=streaming) for name in names]


def _typed(folder: Path, distributions: list[Path]) -> None:
    """One run for all, because most of its time goes into the core; so each test needs a module name of its own."""
    sources = [next((one / "src").glob("earwitness_*")) for one in distributions]
    for source in sources:
        shutil.copy(source.parents[1] / "tests" / "test_contract.py", folder / f"contract_of_{source.name}.py")
    tests = [f"contract_of_{source.name}.py" for source in sources]
    places = os.pathsep.join(str(source.parent) for source in sources)
    _run(folder, "mypy", "--strict", "--cache-dir", os.devnull, *map(str, sources), *tests, path=places)


def _run(folder: Path, *arguments: str, path: str = "") -> None:
    variables = {**os.environ, "MYPYPATH": os.pathsep.join(filter(None, (path, os.environ.get("MYPYPATH"))))}
    subprocess.run([sys.executable, "-m", *arguments], cwd=folder, env=variables, check=True)


if __name__ == "__main__":
    main()
