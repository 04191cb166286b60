"""The command line as people run it: real processes, a scripted provider, and recordings of silence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "earwitness"]
TIMEOUT_S = 120

SCENES = """
default_profile = "test"

[profiles.test]
provider = "scripted"

[profiles.test.settings]
without = ["emotion"]

[[profiles.test.settings.scenes]]
audio = "talk*.wav"
steps = [{ status = "running", progress = 0.5 }]
[profiles.test.settings.scenes.transcript]
format = "earwitness.transcript/1"
speakers = [{ id = "1", name = "Ann" }, { id = "2" }]
segments = [
    { text = "Good morning.", start_ms = 0, end_ms = 1000, speaker = "1" },
    { text = "안녕하세요", start_ms = 1200, end_ms = 2000, speaker = "2" },
]

[[profiles.test.settings.scenes]]
audio = "untimed.wav"
text = "no times here"
steps = []

[[profiles.test.settings.scenes]]
audio = "silent.wav"
steps = []

[[profiles.test.settings.scenes]]
audio = "halfway.wav"
text = "at last"
steps = [{ status = "running", progress = 0.5, seconds = 2 }]

[[profiles.test.settings.scenes]]
audio = "slow.wav"
text = "too late"
steps = [{ status = "running", seconds = 600 }]

[[profiles.test.settings.scenes]]
audio = "broke.wav"
fails = { error = "quota_exhausted", vendor_code = "E42" }
steps = []

[[profiles.test.settings.scenes]]
audio = "denied.wav"
fails = { error = "permission" }
steps = []

[[profiles.test.settings.scenes]]
audio = "live"
interims = [{ at_ms = 100, text = "hel" }, { at_ms = 200, text = "hello wor" }]
transcript = { segments = [
    { text = "hello world", start_ms = 0, end_ms = 300, speaker = "1" },
    { text = "good bye", start_ms = 400, end_ms = 500, speaker = "1" },
] }

[[profiles.test.settings.scenes]]
text = "anything else"
steps = []

[profiles.other]
provider = "scripted"
[[profiles.other.settings.scenes]]
text = "from the other profile"
steps = []
"""


@dataclass(frozen=True)
class Done:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """A folder with a configuration and recordings, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "earwitness.toml").write_text(SCENES, encoding="utf-8")

    def recording(self, name: str, *, ms: int = 500) -> Path:
        """A recording of silence; what is heard in it is written in the script."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(32 * ms))
        return path

    def files(self) -> set[str]:
        """Every file there is, hidden ones included, besides the configuration."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {str(path) for path in found} - {"earwitness.toml"}

    def run(self, *args: object, input: bytes = b"", environment: Mapping[str, str] | None = None) -> Done:
        """Runs one command to its end."""
        done = subprocess.run(
            [*COMMAND, *map(str, args)],
            cwd=self.folder,
            input=input,
            capture_output=True,
            timeout=TIMEOUT_S,
            env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *args: object, **how: Any) -> subprocess.Popen[bytes]:
        """Starts one command that the test itself ends."""
        return subprocess.Popen(
            [*COMMAND, *map(str, args)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **{"stdin": subprocess.DEVNULL, **how},
        )
