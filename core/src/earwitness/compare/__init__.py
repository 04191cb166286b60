"""The measuring half of a vendor comparison: how right each entrant was, in what way, and how sure we are.

    from earwitness.compare import read_corpus, read_results, score

    corpus = read_corpus("references.jsonl")
    scores = score(corpus, [read_results("a.jsonl", corpus=corpus), read_results("b.jsonl", corpus=corpus)])
    for row in scores.table():
        ...

Needs the extra `compare`. Importing this package imports nothing else; each name is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alignment import Alignment, align, distance
    from .corpus import Corpus, Entrant, Pair, Result, Timing, Utterance, pairs
    from .metric import Measurement, Metric
    from .outputs import rendered, write
    from .profile import Profile
    from .reading import read_corpus, read_results
    from .scores import Scores
    from .scoring import Resampling, known_metrics, known_profiles, score
    from .synonyms import read_synonyms
    from .units import Choice, Units

_HOMES = {
    "alignment": ("Alignment", "align", "distance"),
    "corpus": ("Corpus", "Entrant", "Pair", "Result", "Timing", "Utterance", "pairs"),
    "metric": ("Measurement", "Metric"),
    "outputs": ("rendered", "write"),
    "profile": ("Profile",),
    "reading": ("read_corpus", "read_results"),
    "scores": ("Scores",),
    "scoring": ("Resampling", "known_metrics", "known_profiles", "score"),
    "synonyms": ("read_synonyms",),
    "units": ("Choice", "Units"),
}

__all__ = [
    "Alignment",
    "Choice",
    "Corpus",
    "Entrant",
    "Measurement",
    "Metric",
    "Pair",
    "Profile",
    "Resampling",
    "Result",
    "Scores",
    "Timing",
    "Units",
    "Utterance",
    "align",
    "distance",
    "known_metrics",
    "known_profiles",
    "pairs",
    "read_corpus",
    "read_results",
    "read_synonyms",
    "rendered",
    "score",
    "write",
]


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'earwitness.compare' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
