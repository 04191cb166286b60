"""Distributions made by hand: a folder with modules and metadata, put on the path like an installed one."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from earwitness._entrypoints import PLUGINS, PROVIDERS, scan

__all__ = ["Site", "on_path", "plugin_source", "provider_source"]

_IMPORTS = """
from earwitness.capabilities import Capabilities, Service
from earwitness.hookspecs import hookimpl
from earwitness.provider import Provider, ProviderSettings
"""


class Site:
    """A folder of the import path, and the distributions in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        *,
        version: str = "1.0",
        providers: Mapping[str, str] | None = None,
        plugins: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
        requires: Sequence[str] = (),
        entry_points: str | None = None,
    ) -> Path:
        """Writes one distribution and returns its metadata folder. `entry_points` replaces the whole file."""
        metadata = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True, exist_ok=True)
        head = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(head) + "\n\nName: not-this-one\n")
        if entry_points is None:
            entry_points = _section(PROVIDERS, providers or {}) + _section(PLUGINS, plugins or {})
        (metadata / "entry_points.txt").write_text(entry_points)
        for module, source in (modules or {}).items():
            (self.folder / f"{module}.py").write_text(source)
        return metadata

    def provider(self, name: str, source: str | None = None, **rest: object) -> None:
        """One distribution `earwitness-<name>` with the module `fake_<name>` and a working provider, or this source."""
        module = f"fake_{name}"
        self.add(
            f"earwitness-{name}",
            providers={name: module},
            modules={module: source if source is not None else provider_source(name)},
            **rest,  # type: ignore[arg-type]
        )

    def hide_installed(self) -> None:
        """Shadows what is really installed: an earlier distribution of the same name that announces nothing."""
        for found in (*scan(PROVIDERS), *scan(PLUGINS)):
            if not Path(self.folder, f"{found.distribution.replace('-', '_')}-1.0.dist-info").exists():
                self.add(found.distribution)


@contextmanager
def on_path(folder: Path) -> Iterator[Site]:
    """A site at the front of the path; afterwards its modules are forgotten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        before = set(sys.modules)
        try:
            yield Site(folder)
        finally:
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                    del sys.modules[name]


def provider_source(name: str, *, body: str = "", hook: str = "    return Fake\n", service: str = "only") -> str:
    """The source of a plugin whose provider works; `body` is added to the class, `hook` replaces the hook's body."""
    return f"""{_IMPORTS}
class Fake(Provider[ProviderSettings]):
    name = {name!r}
    capabilities = Capabilities(services=(Service(name={service!r}),))
{body}

@hookimpl
def earwitness_provider():
{hook}"""


def plugin_source(body: str) -> str:
    """The source of a plugin module with these hooks."""
    return f"{_IMPORTS}\n{body}"


def _section(group: str, points: Mapping[str, str]) -> str:
    return f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()) if points else ""
