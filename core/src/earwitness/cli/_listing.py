"""The work behind `providers`: rows for people, or one document for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._discovery import Examined, duplicates, examine_all, installed, unreadable
from ._errors import note
from ._output import as_json, say
from ._state import State
from ._table import columns

if TYPE_CHECKING:
    from ..capabilities import Service

__all__ = ["list_providers", "provider_rows"]


def list_providers(*, capabilities: bool, state: State) -> int:
    """Prints what is installed. A provider that does not work is a row of its own and no failure of the listing."""
    examined = examine_all() if capabilities else ()
    rows = provider_rows(examined)
    if state.json:
        _print_json(rows, examined)
    elif not rows:
        note("No provider is installed; try: pip install earwitness-pocketsphinx.", state)
    elif capabilities:
        say("\n".join(_described(rows, examined)))
    else:
        say(columns(("NAME", "DISTRIBUTION", "VERSION", "PROBLEM"), map(_cells, rows)))
    for name in unreadable():
        note(f"what {name} announces cannot be read; reinstall it.", state)
    return 0


def provider_rows(examined: Sequence[Examined] = ()) -> list[dict[str, Any]]:
    """Name, distribution, version and problem of each provider; without `examined`, what is known without importing."""
    if examined:
        return [{**_row(one.found), "problem": str(one.error) if one.error else None} for one in examined]
    contested = duplicates()
    return [
        {**_row(one), "problem": "claimed by several distributions" if one.name in contested else None}
        for one in installed()
    ]


def _row(found: Any) -> dict[str, Any]:
    return {"name": found.name, "distribution": found.distribution, "version": found.version}


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] or "" for name in ("name", "distribution", "version", "problem"))


def _print_json(rows: list[dict[str, Any]], examined: Sequence[Examined]) -> None:
    from ._plain import plain

    for row, one in zip(rows, examined, strict=False):
        if one.provider is not None:
            row["capabilities"] = plain(one.provider.capabilities)
    told = {"providers": rows, "unreadable": list(unreadable())}
    say(as_json(told, indent=2) + "\n")


def _described(rows: Iterable[dict[str, Any]], examined: Iterable[Examined]) -> Iterator[str]:
    for row, one in zip(rows, examined, strict=True):
        yield f"{row['name']} ({row['distribution']} {row['version'] or 'without a version'})"
        if one.provider is None:
            yield f"  cannot be used: {row['problem']}\n"
            continue
        for service in one.provider.capabilities.services:
            yield f"  {service.name}"
            yield from (f"    {name:<10} {told}" for name, told in _facts(service) if told)
        yield ""


def _facts(service: Service) -> Iterator[tuple[str, str]]:
    yield "languages", ", ".join(service.languages) or "any"
    yield "audio", ", ".join(service.audio)
    yield "features", ", ".join(sorted(feature.value for feature in service.features)) or "none"
    yield "models", ", ".join(service.models)
    yield "options", ", ".join(sorted(service.options.model_fields))
    yield "longest", _duration(service.accepts.max_duration_ms)
    yield "largest", f"{service.accepts.max_bytes:,} bytes" if service.accepts.max_bytes else ""
    yield "price", "free" if service.submission == "free" else "billed by the vendor"


def _duration(ms: int | None) -> str:
    if ms is None:
        return ""
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
