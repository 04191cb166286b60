"""Real exchanges with a vendor become files that show no secret, and the files play the vendor again.

    with record("recordings/hello", "murmur") as session:           # calls Murmur, with your key
        session.transcribe("hello.wav", language="en-US")

    with replay("recordings/hello", settings=INVENTED) as session:  # calls nobody
        session.transcribe("hello.wav", language="en-US")

It works between provider and core, where no call is signed yet and every repetition passes: authorization is never
seen, no address has to be changed, and a recording plays without a server. Only HTTP is recorded; live audio is not.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._facade import session_with
from ..config import Config
from ..errors import ConfigurationError
from ..sync import Session
from ._files import Recording, empty_folder
from ._playing import Player
from ._watching import Watch

__all__ = ["Recording", "record", "replay"]


@contextmanager
def record(
    folder: str | Path,
    profile: str | None = None,
    *,
    config: Config | str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    hide: Iterable[str] = (),
    hide_text: bool = False,
) -> Iterator[Session]:
    """A session like that of `earwitness.open`, whose exchanges are files in `folder` when it ends, also by an error.

    Hidden are the provider's secrets in every disguise, the settings that name an account, the queries of addresses,
    and what `hide` adds. `hide_text` puts placeholders of the same length and script in place of what was said. Look at
    the files before you show them to anybody: nobody knows here which names a vendor's answer holds. Raises
    ConfigurationError where the folder is not empty or nothing was recorded, OutputError where it cannot be written.
    """
    target = empty_folder(Path(folder))
    watch = Watch(hide)
    try:
        with Session(lambda: session_with(watch.watched, profile, config=config, settings=settings)) as session:
            yield session
    finally:
        kept = watch.keep(target, hide_text=hide_text)
    if not kept:
        raise ConfigurationError(
            f"Nothing was recorded: no call of {watch.provider} was answered",
            action="Let the session transcribe something with a provider that is reached over HTTP.",
        )


@contextmanager
def replay(
    folder: str | Path,
    profile: str | None = None,
    *,
    config: Config | str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Session]:
    """A session whose vendor is the recording in `folder`: no call leaves, and nothing is waited for.

    Each operation of the provider gets its recorded replies in their order, whatever the calls hold. `profile` is the
    recorded provider unless told otherwise; `settings` may be invented. A call beyond the recording is a
    ConfigurationError that names it, and so is a recording that is another provider's or cannot be read.
    """
    recording = Recording.read(folder)
    player = Player(recording)
    name = profile or recording.provider
    with Session(lambda: session_with(player.played, name, config=config, settings=settings)) as session:
        yield session
