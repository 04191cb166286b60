"""The pages that repeat the code are what the code would write now."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "cli.md",
        "errors.md",
        "options.md",
        "capabilities.md",
        "precedence.md",
        "formats.md",
        "config.schema.json",
        "transcript.schema.json",
        "clova.md",
        "tencent.md",
        "emulation.md",
        "contract.md",
    ],
)
def test_generated_page_is_current(name: str) -> None:
    """Nobody has to remember: a page that lags behind the code fails here, with the command that mends it."""
    path = DOCS / "reference" / name
    assert path.read_text(encoding="utf-8") == _generator().pages()[path], "run: python docs/generate.py"
