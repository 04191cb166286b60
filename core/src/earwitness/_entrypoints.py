"""What the installed distributions announce is read live, at every question, and nothing of it is imported.

stevedore's own list drops the distribution from each entry point and may come from a stale disk cache; the standard
library's `entry_points()` parses every file of every distribution and stops at the first broken one. So folders of the
path are looked through here, only files that mention Earwitness are parsed, and each one is guarded.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, DistributionFinder, EntryPoint, distributions
from typing import NamedTuple

__all__ = ["PLUGINS", "PROVIDERS", "SCRIPTED", "Found", "Origin", "scan", "undecodable", "unreadable"]

PROVIDERS = "earwitness.providers"
PLUGINS = "earwitness.plugins"

SCRIPTED = "scripted"
"""The provider that only pretends: it is chosen or recommended by nobody but its user."""

_OURS = b"earwitness."
_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)


# NamedTuples, because importing dataclasses would be a tenth of the time that a listing takes.
class Origin(NamedTuple):
    """Where a plugin comes from, for messages. Without a distribution it is the application's own."""

    name: str
    distribution: str | None = None
    version: str | None = None

    @property
    def whose(self) -> str:
        """The distribution with its version."""
        return " ".join(filter(None, (self.distribution, self.version))) or "the application"

    def __str__(self) -> str:
        return f"The plugin {self.name!r} of {self.whose}"


class Found(NamedTuple):
    """One announced plugin: its name, the distribution and version that bring it, and its module as `value`."""

    name: str
    distribution: str
    version: str | None
    value: str
    entry_point: EntryPoint

    @property
    def origin(self) -> Origin:
        """Where it comes from, for messages."""
        return Origin(self.name, self.distribution, self.version)


def scan(group: str) -> tuple[Found, ...]:
    """Everything announced in this group, by name and distribution. Of a name on the path twice the first counts."""
    found = []
    for fallback, distribution in _announcing():
        announced = _announced(distribution, group)
        if announced:
            name, version = _identity(distribution, fallback)
            found += [Found(point.name, name, version, point.value, point) for point in announced]
    return tuple(sorted(found, key=lambda one: (one.name, one.distribution)))


def unreadable() -> tuple[str, ...]:
    """The distributions that announce something to Earwitness in a file that cannot be parsed."""
    return tuple(
        sorted(
            _identity(distribution, fallback)[0]
            for fallback, distribution in _announcing()
            if _announced(distribution, PROVIDERS) is None
        )
    )


def undecodable() -> tuple[str, ...]:
    """The distributions, whosever they are, whose entry points are not UTF-8: the standard library stops at them."""
    found = set()
    for entry in sys.path:
        for folder in _metadata_folders(entry) or ():
            path = os.path.join(entry, folder)
            if not _is_utf8(os.path.join(path, "entry_points.txt")):
                found.add(_identity(Distribution.at(path), folder.rpartition(".")[0].partition("-")[0])[0])
    return tuple(sorted(found))


def _announcing() -> Iterator[tuple[str, Distribution]]:
    """Each distribution whose entry points mention Earwitness, once, with the name that its folder has."""
    seen: set[str] = set()
    for entry in sys.path:
        folders = _metadata_folders(entry)
        if folders is None:
            yield from _new(distributions(path=[entry]), seen)
            continue
        for folder in folders:
            name = _normal(folder.rpartition(".")[0].partition("-")[0])
            if name in seen:
                continue
            seen.add(name)
            path = os.path.join(entry, folder)
            if _mentions_us(os.path.join(path, "entry_points.txt")):
                yield name, Distribution.at(path)
    for finder in sys.meta_path:
        # The backport importlib_metadata, which libraries bring along, would look through the same folders again.
        backport = type(finder).__module__.partition(".")[0] == "importlib_metadata"
        if finder is not PathFinder and not backport and hasattr(finder, "find_distributions"):
            yield from _new(finder.find_distributions(DistributionFinder.Context()), seen)


def _metadata_folders(entry: str) -> list[str] | None:
    """The metadata folders in one entry of the path; None for what is no ordinary folder (zip files, eggs)."""
    if entry.endswith(".egg"):
        return None
    try:
        children = os.listdir(entry or ".")
    except NotADirectoryError:
        return None
    except OSError:
        return []
    # pip renames what it is about to delete to `~...`; left behind by an interrupted upgrade, it is not installed.
    return sorted(name for name in children if name.endswith((".dist-info", ".egg-info")) and not name.startswith("~"))


def _new(candidates: Iterable[Distribution], seen: set[str]) -> Iterator[tuple[str, Distribution]]:
    for distribution in candidates:
        name = _normal(_identity(distribution, "")[0])
        if name not in seen and (distribution.read_text("entry_points.txt") or "").find(_OURS.decode()) >= 0:
            yield name, distribution
        seen.add(name)


def _mentions_us(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            return _OURS in file.read()
    except OSError:
        return False


def _is_utf8(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            file.read().decode()
    except UnicodeDecodeError:
        return False
    except OSError:
        pass
    return True


def _announced(distribution: Distribution, group: str) -> list[EntryPoint] | None:
    """Its entry points in this group; None when its file cannot be parsed, which must hurt nobody else."""
    try:
        return list(distribution.entry_points.select(group=group))
    except Exception:
        return None


def _identity(distribution: Distribution, fallback: str) -> tuple[str, str | None]:
    """Name and version from the head of the metadata, without parsing the long description behind it."""
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except (OSError, UnicodeDecodeError):
        text = ""
    head = dict(_HEADER.findall(text.partition("\n\n")[0]))
    return head.get("Name", fallback), head.get("Version")


def _normal(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
