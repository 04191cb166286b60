"""What strangers do with the plugin author's kit: their distributions are built, installed, tested, used and removed.

`fresh.py` calls this with an environment in which the core's wheel and the embedded engine are installed.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
ECHO = ROOT / "docs" / "examples" / "earwitness-echo"
SAMPLE = ROOT / "docs" / "examples" / "first_words.wav"
SAID = "a stranger says hello"


def check(scripts: Path, folder: Path) -> None:
    """The example, and a provider that is made here and now, come, prove themselves, work, and go without a trace."""
    before = _installed(scripts)
    run(scripts, "earwitness", "new-provider", "stranger", "--streaming", "--out", str(folder))
    sources = {"echo": ECHO, "stranger": folder / "earwitness-stranger"}
    run(scripts, "python", "-m", "pip", "install", "--quiet", *(f"{source}[test]" for source in sources.values()))
    listed = run(scripts, "earwitness", "providers")
    for name, source in sources.items():
        assert f"\n{name} " in listed, listed
        run(scripts, "python", "-m", "pytest", "--quiet", "-p", "no:cacheprovider", str(source))
        assert _heard(scripts, folder, name) == SAID
    run(scripts, "python", "-m", "pip", "uninstall", "--quiet", "--yes", *(one.name for one in sources.values()))
    listed = run(scripts, "earwitness", "providers")
    assert not any(f"\n{name} " in listed for name in sources), listed
    left = {one for one in _installed(scripts) - before if one.startswith("earwitness")}
    assert not left, f"left behind: {left}"


def run(scripts: Path, program: str, *arguments: str) -> str:
    """What a program of the environment prints; it must end well."""
    done = subprocess.run(
        [scripts / program, *arguments], env=_variables(), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{program} {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _heard(scripts: Path, folder: Path, name: str) -> str:
    """What this provider hears through its own emulator, both at the command line."""
    said = folder / "said.txt"
    said.write_text(SAID, encoding="utf-8")
    with _emulating(scripts, name, said) as profile:
        config = folder / f"{name}.toml"
        config.write_text(profile, encoding="utf-8")
        return run(scripts, "earwitness", "transcribe", str(SAMPLE), "--config", str(config)).strip()


@contextmanager
def _emulating(scripts: Path, name: str, said: Path) -> Iterator[str]:
    command = [scripts / "earwitness", "emulate", name, "--json", "--transcript", said]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_variables(), text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["profile_toml"]
        finally:
            process.terminate()


def _installed(scripts: Path) -> set[str]:
    """The name of everything that lies in the environment's packages."""
    code = "import sysconfig, os; print(*os.listdir(sysconfig.get_paths()['purelib']), sep='\\n')"
    return set(run(scripts, "python", "-c", code).split())


def _variables() -> dict[str, str]:
    """Nothing of the checkout is on the path, and nobody's configuration takes part."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "EARWITNESS_CONFIG")}
    return {**kept, "XDG_CONFIG_HOME": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
