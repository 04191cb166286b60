"""The templates as a folder: written whole beside its place, then moved there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from secrets import token_hex
from typing import Literal, get_args

from .. import __version__
from ..errors import OutputError
from .filling import filled
from .naming import Naming

__all__ = ["SHAPES", "Shape", "create"]

Shape = Literal["poll", "oneshot", "engine"]
"""`poll`: a REST vendor that takes a job and is asked about it; `oneshot`: one that answers at once; `engine`: a
recogniser on this machine."""

SHAPES: tuple[Shape, ...] = get_args(Shape)

_SUFFIX = ".tmpl"
_PLACES = {"gitignore": ".gitignore", "ci.yml": ".github/workflows/test.yml"}
"""Files that would mean something where the templates lie, or that lie deep."""


def create(naming: Naming, folder: Path, *, shape: Shape = "poll", streaming: bool = False) -> Path:
    """Writes the distribution into a new folder below this one, and gives that. Raises OutputError; leaves no part."""
    place = folder / naming.distribution
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is no folder", action="Give another with --out.")
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist", action="Create it, or give another with --out.")
    if place.exists() or place.is_symlink():
        raise OutputError(f"{place} exists already", action="Remove it, or give another folder with --out.")
    unfinished = folder / f".{naming.distribution}.{token_hex(4)}"
    try:
        for path, data in _contents(naming, shape, streaming=streaming):
            target = unfinished / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        unfinished.rename(place)
    except OSError as error:
        raise OutputError(
            f"{place} could not be written: {(error.strerror or type(error).__name__).lower()}",
            action="Give another folder with --out; nothing was left half-written.",
        ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return place


def _contents(naming: Naming, shape: Shape, *, streaming: bool) -> Iterator[tuple[Path, bytes]]:
    """Every file of the distribution by its path in there."""
    kind = "engine" if shape == "engine" else "rest"
    chosen = frozenset({shape, kind, *(["streaming"] if streaming else [])})
    layers = dict.fromkeys(("any", kind, shape, *(["live"] if streaming and kind == "rest" else [])))
    values = {
        "name": naming.name,
        "Name": naming.title,
        "NAME": naming.name.upper(),
        "package": naming.package,
        "distribution": naming.distribution,
        "version": __version__,
        "month": datetime.now(UTC).strftime("%Y-%m"),
    }
    for layer in layers:
        for path, file in _files(files(__package__) / "templates" / layer, Path()):
            data = file.read_bytes()
            if path.suffix != _SUFFIX:
                yield path, data
                continue
            text = filled(data.decode(), values=values, chosen=chosen)
            plain = path.with_suffix("")
            name = _PLACES.get(str(plain), plain.as_posix().replace("__package__", naming.package))
            yield Path(name), text.encode()


def _files(folder: Traversable, below: Path) -> Iterator[tuple[Path, Traversable]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _files(one, below / one.name)
        else:
            yield below / one.name, one
