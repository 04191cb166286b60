"""The outcome of a comparison, as plain tables: lists of dictionaries that any tool takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .corpus import Corpus, Entrant, pairs
from .delivery import POLICY, tally
from .grids import Column, Grid
from .metric import Metric
from .metrics import term_failures
from .rates import rate
from .speed import speed
from .stages import Stage
from .statistics import Comparison, Verdict

__all__ = ["ANSWERED", "Scores", "Settings"]

ANSWERED = ("delivered", "empty")
"""An empty answer is an answer: somebody heard nobody speak. Leaving it out would reward silence."""


@dataclass(slots=True)
class Settings:
    """What the figures depend on beside the data: the resamples, their seed, the level, and the user's synonyms."""

    resamples: int
    seed: int
    confidence: float
    synonyms: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class Scores:
    """Every figure of a comparison. `grids` holds what was measured and `verdicts` how sure it is, by metric and stage.

    `main` is the stage whose figures come first; `notes` are sentences that a reader must know. `tables` are further
    tables by name, such as cost, that go into `scores.json` as they are; `clips` are rows about single places in the
    audio, such as missed terms, that get a file of their own.
    """

    corpus: Corpus
    entrants: tuple[Entrant, ...]
    stages: tuple[Stage, ...]
    main: str
    grids: Mapping[tuple[str, str], Grid]
    verdicts: Mapping[tuple[str, str], Verdict]
    settings: Settings
    notes: tuple[str, ...] = ()
    tables: dict[str, Any] = field(default_factory=dict)
    clips: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def policy(self) -> str:
        """How what was not delivered is counted."""
        return POLICY

    @property
    def headlines(self) -> tuple[str, ...]:
        """The rates to show first: those that the profiles of the main stage name, else the first one measured."""
        wanted = next(stage.headlines for stage in self.stages if stage.name == self.main)
        rates = [name for name, stage in self.verdicts if stage == self.main]
        return tuple(one for one in wanted if one in rates) or tuple(rates[:1])

    def metric(self, name: str) -> Metric:
        """The metric of this name. Raises KeyError where it was not measured."""
        return next(grid.metric for (metric, _), grid in self.grids.items() if metric == name)

    def headline(self, entrant: str) -> float | None:
        """This entrant's rate by the first of the headlines, a fraction; None where there is nothing to divide by."""
        for name in self.headlines[:1]:
            for one in self.verdicts[name, self.main].standings:
                if one.name == entrant:
                    return one.rate
        return None

    def table(self) -> list[dict[str, Any]]:
        """A row for each metric, stage and entrant, the best entrant first.

        A rate is a fraction with its interval (`low`, `high`) and the ranks that the data leaves open; `answered` is
        the same figure over the `answered_items` that every entrant answered. A count is a sum, with what it is counted
        over as `total`. A metric in milliseconds has median, 95th percentile and maximum of `n` observations.
        """
        return [row for key, grid in self.grids.items() for row in self._rows(grid, self.verdicts.get(key))]

    def comparisons(self) -> list[dict[str, Any]]:
        """A row for each metric, stage and pair of entrants: difference, interval, probability, verdict."""
        return [
            {"metric": metric, "stage": stage, **_comparison(one)}
            for (metric, stage), verdict in self.verdicts.items()
            for one in verdict.comparisons
        ]

    def delivery(self) -> list[dict[str, Any]]:
        """A row for each entrant: asked, delivered, empty, failed, refused, missing."""
        return [{"entrant": one.name, **asdict(tally(self.corpus, one))} for one in self.entrants]

    def speed(self) -> list[dict[str, Any]]:
        """A row for each entrant whose answers were timed, in seconds."""
        found = {one.name: asdict(speed(self.corpus, one)) for one in self.entrants}
        return [{"entrant": name, **told} for name, told in found.items() if any(told.values())]

    def missed(self, terms: Iterable[str]) -> Iterator[dict[str, Any]]:
        """A row for each place where a term was said and not heard, or heard and not said, with its time."""
        stage, wanted = next(one for one in self.stages if one.name == self.main), tuple(terms)
        for entrant in self.entrants:
            for pair in pairs(self.corpus, entrant):
                for one in term_failures([pair], wanted, stage.at(pair.utterance)):
                    yield {"entrant": entrant.name, "audio": pair.utterance.audio, **asdict(one)}

    def utterances(self, *, text: bool = True) -> Iterator[dict[str, Any]]:
        """A row for each utterance and entrant, with the figures of every metric of utterances at every stage.

        Without `text`, nothing of what was said is in them.
        """
        grids = [(_prefix(grid), grid) for grid in self.grids.values() if grid.metric.level == "utterance"]
        places = {id: number for _, grid in grids[:1] for number, id in enumerate(grid.items)}
        for id, number in places.items():
            for entrant in self.entrants:
                row = self._about(id, entrant, text=text)
                for prefix, grid in grids:
                    row |= {f"{prefix}_{name}": value for name, value in grid.item(entrant.name, number)}
                yield row

    def recordings(self) -> Iterator[dict[str, Any]]:
        """A row for each recording, entrant and metric of recordings."""
        for grid in self.grids.values():
            if grid.metric.level == "recording":
                for number, name in enumerate(grid.items):
                    for entrant in self.entrants:
                        figures = dict(grid.item(entrant.name, number))
                        yield {"recording": name, "entrant": entrant.name, "metric": grid.metric.name, **figures}

    def _about(self, id: str, entrant: Entrant, *, text: bool) -> dict[str, Any]:
        utterance, result = self.corpus.utterances[id], entrant.results.get(id)
        row: dict[str, Any] = {
            "id": id,
            "entrant": entrant.name,
            "delivery": result.delivery if result else "missing",
            "error": result.error if result else None,
            "recording": utterance.recording,
            "speaker": utterance.speaker,
            "language": utterance.language,
            "duration_ms": utterance.duration_ms,
        }
        if text:
            row["reference"] = utterance.reference.text if utterance.reference else None
            row["hypothesis"] = result.transcript.text if result and result.transcript else None
        return row

    def _rows(self, grid: Grid, verdict: Verdict | None) -> Iterator[dict[str, Any]]:
        common = grid.common()
        order = [one.name for one in verdict.standings] if verdict else list(grid.columns)
        standings = {one.name: one for one in verdict.standings} if verdict else {}
        for name in order:
            column = grid.columns[name]
            row: dict[str, Any] = {
                "entrant": name,
                "metric": grid.metric.name,
                "stage": grid.stage,
                "unit": grid.metric.unit,
            }
            row |= _figures(grid.metric, column, range(len(grid.items)))
            row |= {"answered": _figures(grid.metric, column, common)["value"], "answered_items": len(common)}
            if name in standings:
                told = standings[name]
                row |= {"low": told.low, "high": told.high, "best_rank": told.best_rank, "worst_rank": told.worst_rank}
            yield row


def _prefix(grid: Grid) -> str:
    staged = getattr(grid.metric, "staged", False)
    return f"{grid.metric.name}_{grid.stage}" if staged else grid.metric.name


def _figures(metric: Metric, column: Column, items: Sequence[int]) -> dict[str, Any]:
    """The figure over these items, with what it is made of."""
    told = [number for number in items if column.totals[number] == column.totals[number]]
    errors = sum(column.errors[number] for number in told)
    total = sum(column.totals[number] for number in told)
    found: dict[str, Any] = {"items": len(told), "errors": errors, "total": total}
    found["parts"] = {name: sum(figures[number] for number in told) for name, figures in column.parts.items()}
    if metric.unit == "rate":
        return {"value": rate(errors, total), **found}
    values = sorted(value for number in told for value in column.values[number])
    spread = {"n": len(values), "median": _at(values, 0.5), "p95": _at(values, 0.95), "max": _at(values, 1)}
    if metric.unit == "count":
        return {"value": errors if told else None, **found, **(spread if values else {})}
    return {"value": spread["median"], **found, **spread}


def _at(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the sorted ones does not exceed (nearest rank)."""
    if not values:
        return None
    return values[max(0, -int(-share * len(values) // 1) - 1)]


def _comparison(one: Comparison) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(one).items()}
