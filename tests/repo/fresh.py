"""What a stranger does: build the wheels, install them with pip alone in a new environment, run the console script.

Run as `python tests/repo/fresh.py`. Ends with status 0 only if the sample is heard as the documentation says.
"""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import alone
import strangers

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = [ROOT / "core", *sorted(path.parent for path in (ROOT / "providers").glob("*/pyproject.toml"))]
SAMPLE = ROOT / "docs" / "examples" / "first_words.wav"
TEXT = SAMPLE.with_suffix(".txt").read_text(encoding="utf-8").strip()


def main() -> None:
    """Builds, installs each provider alone, runs, then all together, and strangers'; says how many there were."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheels = built(place / "wheels")
        scripts = environment(place / "env")
        program = scripts / "earwitness"
        by_name = {wheel.name.partition("-")[0].removeprefix("earwitness_"): wheel for wheel in wheels}
        core = by_name.pop("earwitness")

        def used(name: str) -> None:
            if name == "pocketsphinx":
                heard = run(program, "transcribe", str(SAMPLE), folder=place)
                assert " ".join(heard.split()) == TEXT, f"heard {heard!r}, not {TEXT!r}"

        alone.check(scripts, core, by_name.items(), used)
        install(scripts, wheels)
        run(program, "doctor", folder=place)
        listed = run(program, "providers", folder=place)
        assert all(folder.name in listed for folder in DISTRIBUTIONS[1:]), listed
        strangers.check(scripts, place)
        print(f"fresh: {len(wheels)} wheels, each provider alone and all together; heard: {TEXT}")


def built(folder: Path) -> list[Path]:
    """The wheels, each with its licence and its type marker."""
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), *map(str, DISTRIBUTIONS))
    wheels = sorted(folder.glob("*.whl"))
    assert len(wheels) == len(DISTRIBUTIONS), wheels
    for wheel in wheels:
        names = zipfile.ZipFile(wheel).namelist()
        for needed in ("/py.typed", "/licenses/LICENSE", "/METADATA", "/entry_points.txt"):
            assert any(name.endswith(needed) for name in names), f"{wheel.name} lacks {needed}"
    return wheels


def environment(folder: Path) -> Path:
    """Where the console scripts of a new environment are; nothing is in it but pip."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin")


def install(scripts: Path, wheels: list[Path]) -> None:
    """Installs the wheels and what they ask for; no requirement may be left unmet."""
    pip(str(scripts / "python"), "install", "--quiet", *map(str, wheels))
    pip(str(scripts / "python"), "check")


def pip(python: str, *arguments: str) -> None:
    """One pip command; its complaint is shown when it fails."""
    subprocess.run([python, "-m", "pip", *arguments], check=True)


def run(program: Path, *arguments: str, folder: Path) -> str:
    """What the console script prints, in a folder without configuration."""
    variables = {**os.environ, "XDG_CONFIG_HOME": str(folder / "none")}
    variables.pop("PYTHONPATH", None)
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


if __name__ == "__main__":
    main()
