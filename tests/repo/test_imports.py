"""What may import what, where import-linter cannot say it: names with an underscore, and the extras."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "earwitness"
PROVIDERS = sorted(path.parent for path in (ROOT / "providers").glob("*/src/*/__init__.py"))
EXTRAS = ("av", "websockets", "grpc", "aiohttp", "httpx_aiohttp", "numpy", "rapidfuzz", "pyarrow", "opencc")


@pytest.mark.parametrize("package", PROVIDERS, ids=lambda package: package.name)
def test_provider_imports_public_names_only(package: Path) -> None:
    """Anybody may write a provider, so it takes nothing of core's that has an underscore, nor another provider."""
    assert [*_breaches(package)] == []


def test_a_breach_is_found(tmp_path: Path) -> None:
    """The check above notices each of the ways to reach what is private."""
    package = tmp_path / "earwitness_mine"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import earwitness._http.transport\n"
        "from earwitness import _redact\n"
        "def later():\n"
        "    from earwitness.cli._app import app\n"
        "    from earwitness_other import thing\n"
        "from earwitness.models import Transcript\n"
        "from earwitness_mine import _private\n"
        "from ._wire import answer\n"
    )
    assert len([*_breaches(package)]) == 4


def test_core_imports_without_its_extras() -> None:
    """Every module of core can be imported where no extra is installed; who uses one is told which."""
    code = (
        "import sys, importlib, pkgutil\n"
        f"sys.modules.update(dict.fromkeys({EXTRAS!r}))\n"
        "import earwitness\n"
        "names = [one.name for one in pkgutil.walk_packages(earwitness.__path__, 'earwitness.')]\n"
        "names = [name for name in names if not name.endswith('__main__') and '.testing' not in name]\n"
        "[importlib.import_module(name) for name in names]\n"
        "print(len(names))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


def test_public_surface_is_sorted_and_whole() -> None:
    """`earwitness.__all__` is sorted, each of its names can be had, and nothing else is offered."""
    import earwitness

    assert earwitness.__all__ == sorted(earwitness.__all__)
    assert [name for name in earwitness.__all__ if not hasattr(earwitness, name)] == []
    assert dir(earwitness) == earwitness.__all__


def _breaches(package: Path) -> Iterator[str]:
    for path in sorted(package.rglob("*.py")):
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            root, *rest = name.split(".")
            private = root == "earwitness" and any(part.startswith("_") for part in rest)
            other = root.startswith("earwitness_") and root != package.name
            if private or other:
                yield f"{path.name}: {name}"


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
