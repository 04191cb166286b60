"""The conformance kit: numbered clauses that a provider inherits as tests, and helpers to run them.

    from earwitness.testing import ProviderContract, Recorded

    class TestEcho(ProviderContract):
        plugin = "earwitness_echo"
        settings = {"api_key": "a-key-of-the-tests"}
        answers = (Recorded(ANSWER, text="Good morning."),)

pytest collects one test for each clause (extra `testing`); `examine` runs them without pytest. Each name is loaded
when it is first used, because pytest loads this package's report wherever Earwitness is installed.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._clause import Clause
    from ._declaration import Recorded, Sample, Table
    from ._outcome import Outcome, Report
    from .contract import ProviderContract, clauses, examine

_HOMES = {
    "_clause": ("Clause",),
    "_declaration": ("Recorded", "Sample", "Table"),
    "_outcome": ("Outcome", "Report"),
    "contract": ("ProviderContract", "clauses", "examine"),
}

__all__ = ["Clause", "Outcome", "ProviderContract", "Recorded", "Report", "Sample", "Table", "clauses", "examine"]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
