"""A vendor's plugin and emulator, recorded and played: what both vendors' tests look for."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from earwitness.emulation import Clock, EmulatorOptions, GivenHearing, load_emulator, running
from earwitness.models import Segment, Transcript
from earwitness.recording import record, replay

__all__ = ["SAID", "SPEECH", "disguises", "recorded", "replayed"]

SPEECH = Path(__file__).parents[2] / "docs" / "examples" / "first_words.wav"
SAID = "every story has a beginning"


def recorded(
    name: str, folder: Path, *, switches: Mapping[str, str], **options: Any
) -> tuple[Transcript, dict[str, str], dict[str, Any]]:
    """The transcript of a job that is recorded at this vendor's emulator, the emulator's facts, and the request."""
    hearing = GivenHearing(Transcript((Segment(SAID, 210, 2070),)))
    made = load_emulator(name, EmulatorOptions(hearing=hearing, clock=Clock(scale=20), switches=switches))
    with running(made) as emulator:
        facts = emulator.facts()
        profile = tomllib.loads(facts["profile_toml"])["profiles"][name]
        request = {**profile.get("request", {}), **options}
        with record(folder, name, settings=profile["settings"]) as session:
            return session.transcribe(SPEECH, **request), facts, request


def replayed(folder: Path, settings: Mapping[str, Any], request: Mapping[str, Any]) -> Transcript:
    """What the same job gives when nobody is there but the recording, and the keys are invented."""
    with replay(folder, settings=settings) as session:
        return session.transcribe(SPEECH, **request)


def disguises(secret: str) -> Iterator[str]:
    """The secret as it is, in an address, in base64 at any place of a longer text, and in hexadecimal digits."""
    yield from (secret, quote(secret, safe=""), secret.encode().hex())
    for before in range(3):
        yield base64.b64encode(b"." * before + secret.encode())[4:-4].decode()
