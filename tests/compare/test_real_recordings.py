"""The embedded engine hears real recordings, and the docs say what came of it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from earwitness._discovery import installed
from earwitness.compare import read_corpus, score
from earwitness.compare.planning import prospect
from earwitness.compare.running import Runner
from earwitness.compare.store import Store
from earwitness.config import Config

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "audio"
PAGE = ROOT / "docs" / "explanation" / "real-recordings.md"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real recordings are not beside this repository")
@pytest.mark.skipif("pocketsphinx" not in {one.name for one in installed()}, reason="needs the embedded engine")
def test_the_docs_show_what_the_engine_hears(tmp_path: Path) -> None:
    """Rate, counts and interval of the engine as shipped are those that the page prints."""
    pytest.importorskip("rapidfuzz", reason="needs the extra `compare`")
    config = Config.of({"profiles": {"shipped": {"provider": "pocketsphinx"}}})
    found = prospect(read_corpus(SHARED / "manifest.jsonl"), ["shipped"], config=config)
    runner = Runner(found, Store(tmp_path), config=config)
    asyncio.run(runner.run())
    scores = score(found.corpus, runner.finish(), metrics=["wer"])
    (row,) = (row for row in scores.table() if row["stage"] == scores.main)
    printed = re.search(
        r"^1 +shipped +([\d.]+) % +([\d.]+) to ([\d.]+) .* (\d+) +(\d+) +(\d+)$", PAGE.read_text(), re.MULTILINE
    )
    assert printed is not None
    figures = [f"{row[name] * 100:.2f}" for name in ("value", "low", "high")]
    counts = [f"{row['parts'][name]:g}" for name in ("substitutions", "deletions", "insertions")]
    assert (row["total"], figures, counts) == (96, list(printed.groups()[:3]), list(printed.groups()[3:]))
