"""A ready profile for an emulator, as text of `earwitness.toml`."""

import json
import re
from collections.abc import Mapping

__all__ = ["profile_toml"]

Value = str | int | bool


def profile_toml(
    provider: str, settings: Mapping[str, Value], *, request: Mapping[str, Value] | None = None, name: str | None = None
) -> str:
    """A configuration of one profile, which is the default, named like the provider unless told otherwise.

    `request` are defaults of every request, such as the language that is heard.
    """
    table = f"profiles.{_key(name or provider)}"
    lines = [f"default_profile = {_toml(name or provider)}", "", f"[{table}]", f"provider = {_toml(provider)}", ""]
    lines += [f"[{table}.settings]", *(f"{key} = {_toml(value)}" for key, value in settings.items())]
    if request:
        lines += [
            "",
            f"[{table}.request]",
            *(f"{key} = {_toml(value)}" for key, value in request.items()),
        ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Value) -> str:
    """A basic string, number or truth value: TOML's are JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
