"""Fixtures that several of core's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.restful import RestServer, serving
from support.sessions import recording


@pytest.fixture
def vendor() -> Iterator[RestServer]:
    """A small REST vendor at work."""
    with serving() as server:
        yield server


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """A recording of two seconds."""
    return recording(tmp_path / "speech.wav", seconds=2)
