"""The work behind `emulate`: a vendor's emulator is built from the command line and served until it is stopped."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ..emulation import (
    BillingLog,
    Clock,
    Emulator,
    EmulatorOptions,
    Faults,
    GivenHearing,
    Hearing,
    ProfileHearing,
    given_transcript,
    load_emulator,
)
from ..errors import ConfigurationError
from ._output import complain, require_output, say
from ._signals import run
from ._state import State

__all__ = ["Stage", "emulate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the command line says of the emulator. Its repr hides the secrets."""

    name: str
    host: str
    port: int
    profile: str | None
    config: str | None
    transcripts: tuple[str, ...]
    faults: str | None
    billing: str | None
    switches: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)
    storage: str | None
    speed: float

    def options(self) -> EmulatorOptions:
        """The emulator's options. Raises ConfigurationError for files that cannot be used."""
        return EmulatorOptions(
            host=self.host,
            port=self.port,
            secrets=_pairs(self.secrets, "--secret"),
            switches=_pairs(self.switches, "--switch"),
            hearing=self._hearing(),
            clock=Clock(scale=self.speed),
            faults=Faults.read(self.faults) if self.faults else Faults(),
            billing=BillingLog(Path(self.billing) if self.billing else None),
            folder=_folder(self.storage) if self.storage else None,
        )

    def _hearing(self) -> Hearing:
        if self.transcripts and self.profile:
            raise click.UsageError("--transcript and --profile exclude each other: one of them hears.")
        if not self.transcripts:
            return ProfileHearing(self.profile, config=self.config)
        known = {Path(name).stem: given_transcript(Path(name)) for name in self.transcripts}
        return GivenHearing(known if len(known) > 1 else next(iter(known.values())))


def emulate(stage: Stage, state: State) -> int:
    """Serves until Ctrl-C or a request to terminate, which is its ordinary end."""
    require_output()
    emulator = load_emulator(stage.name, stage.options())
    _heed_interrupts()
    return run(lambda: _served(emulator, state), state)


def _heed_interrupts() -> None:
    """A script starts a server in the background, where its shell has it ignore interrupts, and must be able to end it.

    An interrupt then does what a request to terminate does.
    """
    # Only the main thread may.
    with suppress(ValueError):
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))


async def _served(emulator: Emulator[Any], state: State) -> int:
    if isinstance(emulator.hearing, ProfileHearing):
        # Better known before anybody relies on it than at the first recording.
        emulator.hearing.require()
    try:
        await emulator.start()
        _announce(emulator, state)
        # Until the run is stopped, which cancels this.
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        # Somebody asked for the end, and this is how an emulator ends.
        return 0
    finally:
        await emulator.stop()
    return 0


def _announce(emulator: Emulator[Any], state: State) -> None:
    facts = emulator.facts()
    if state.json:
        say(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    say(facts.get("profile_toml", ""))
    complain(f"{emulator.name} is emulated at {emulator.host}:{emulator.port}; Ctrl-C ends it.")
    complain(
        "The profile above is a whole earwitness.toml, or goes into yours without its first line, default_profile."
    )


def _pairs(given: Iterable[str], option: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if any(not key.strip() or not equals for key, equals, _ in pairs):
        # What stands there may be a secret.
        raise click.UsageError(f"{option} takes key=value.")
    return {key.strip(): value for key, _, value in pairs}


def _folder(name: str) -> Path:
    path = Path(name)
    if not path.is_dir():
        raise ConfigurationError(f"The storage folder {name} does not exist", action="Create it.")
    return path
