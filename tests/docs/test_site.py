"""The site works where there is no network: what its pages load lies beside them."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_nothing_is_fetched_from_the_web() -> None:
    """Fonts are the reader's own, and the script with which search works in files is ours; both would be fetched."""
    yaml = pytest.importorskip("yaml", reason="MkDocs brings it")
    config = yaml.safe_load((DOCS / "mkdocs.yml").read_text(encoding="utf-8"))
    scripts = [one for one in config["extra"]["polyfills"] if "iframe-worker" in one]
    assert config["theme"]["font"] is False and "offline" in config["plugins"]
    assert len(scripts) == 1 and (DOCS / scripts[0]).is_file()
