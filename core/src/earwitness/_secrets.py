"""Secrets stand elsewhere: in the environment, in a file, in the system's keyring. They are read when they are used."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ._contents import content, reason
from ._extras import extra
from ._names import nearest
from .errors import ConfigurationError

__all__ = ["PLACES", "SecretMissingError", "oddity", "resolved"]

PLACES = ("env", "file", "keyring")
"""The keys of a table that names a secret's place; such a table has exactly one of them."""

_LONGEST = 64 * 1024
_WANTED = 'write the value, or { env = "NAME" }, { file = "PATH" } or { keyring = "SERVICE/USER" }'
_NAMES = {"env": "the name of a variable", "file": "the path of a file", "keyring": "service/user"}


class SecretMissingError(Exception):
    """A secret that is not where it should be: `why` in words without the secret, and what to do."""

    def __init__(self, why: str, action: str) -> None:
        super().__init__(why)
        self.why = why
        self.action = action


def resolved(settings: Mapping[str, Any], folder: Callable[[], Path]) -> tuple[dict[str, Any], dict[str, Exception]]:
    """The settings with every secret read from its place, and by key the secrets that could not be read.

    A setting with a missing secret is left out. `folder` is where relative paths start.
    """
    found: dict[str, Any] = {}
    missing: dict[str, Exception] = {}
    for key, value in settings.items():
        before = len(missing)
        made = _resolved(value, folder, f"settings.{key}", missing)
        if len(missing) == before:
            found[key] = made
    return found, missing


def oddity(value: Mapping[str, Any]) -> str:
    """Why this table, which stands where one value is wanted, tells no place of it."""
    known, strange = [key for key in value if key in PLACES], [key for key in value if key not in PLACES]
    match known:
        case [_, _, *_]:
            return f"names several places, {' and '.join(known)}; keep one"
        case [kind] if strange:
            return f"has {' and '.join(strange)} beside {kind}, which stands alone"
        case [kind]:
            return f"{kind} takes {_NAMES[kind]}, as text"
    if not strange:
        return f"is an empty table; {_WANTED}"
    meant = next(filter(None, (nearest(key, PLACES) for key in strange)), "")
    return f"{strange[0]} is no place of a value{f' (did you mean {meant}?)' if meant else f'; {_WANTED}'}"


def _resolved(value: Any, folder: Callable[[], Path], key: str, missing: dict[str, Exception]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, folder, f"{key}.{number}", missing) for number, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    place = _place(value)
    if place is None:
        return {name: _resolved(item, folder, f"{key}.{name}", missing) for name, item in value.items()}
    kind, name = place
    try:
        if not name:
            raise SecretMissingError(f"{kind} is empty", f"Write {_NAMES[kind]}.")
        return _READERS[kind](name, folder)
    except (SecretMissingError, ConfigurationError) as error:
        missing[key] = error
        return None


def _place(value: Mapping[str, Any]) -> tuple[str, str] | None:
    """The kind and name of the place, where this table is one."""
    if len(value) != 1:
        return None
    ((kind, name),) = value.items()
    return (kind, name.strip()) if kind in _READERS and isinstance(name, str) else None


def _from_environment(name: str, _: Callable[[], Path]) -> str:
    if secret := os.environ.get(name):
        return secret
    raise SecretMissingError(f"the environment variable {name} is not set", f"Set {name}.")


def _from_file(name: str, folder: Callable[[], Path]) -> str:
    path = folder() / os.path.expanduser(name)
    action = "Write the secret into that file."
    try:
        secret = content(path, longest=_LONGEST).decode("utf-8").strip()
    except (OSError, ValueError) as error:
        why = "it is no text file" if isinstance(error, UnicodeDecodeError) else reason(error)
        denied = isinstance(error, PermissionError)
        raise SecretMissingError(
            f"{path} cannot be read: {why}", "Let this user read the file." if denied else action
        ) from None
    if not secret:
        raise SecretMissingError(f"{path} is empty", action)
    return secret


def _from_keyring(name: str, _: Callable[[], Path]) -> str:
    service, slash, user = name.rpartition("/")
    if not slash or not service or not user:
        raise SecretMissingError(
            f"the keyring's entry {name!r} has no user", 'Write it as { keyring = "service/user" }.'
        )
    keyring = extra("keyring", "keyring")
    try:
        secret = keyring.get_password(service, user)
    except Exception as error:  # Each backend has its own errors, and their texts are not ours to show.
        raise SecretMissingError(
            f"the system's keyring cannot be read ({type(error).__name__})",
            "Unlock it, or keep the secret in a file or variable.",
        ) from None
    if not secret:
        raise SecretMissingError(
            f"the system's keyring has nothing for {service} / {user}", f"Store it: keyring set {service} {user}"
        )
    return str(secret)


_READERS: Mapping[str, Callable[[str, Callable[[], Path]], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
}
