"""Scores as people read them: tables of at most a hundred columns, best entrant first, ties as ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..export import cells
from ._table import columns

if TYPE_CHECKING:
    from ..compare import Scores
    from ..compare.statistics import Comparison

__all__ = ["shown"]

_WIDTH = 96
Row = Mapping[str, Any]


def shown(scores: Scores) -> str:
    """Everything worth reading in a terminal; the rest is in the files."""
    rows = scores.table()
    parts = [_headline(scores, rows, name) for name in scores.headlines]
    parts += [_pairs(scores, name) for name in scores.headlines]
    parts += [_sources(rows), _others(scores, rows), _delivery(scores.delivery()), _closing(scores)]
    return "\n".join(part for part in parts if part)


def _headline(scores: Scores, rows: Sequence[Row], metric: str) -> str:
    mine = [row for row in rows if row["metric"] == metric]
    main = [row for row in mine if row["stage"] == scores.main]
    before = [stage.name for stage in scores.stages if stage.name != scores.main]
    at = {(row["entrant"], row["stage"]): row["value"] for row in mine}
    head = ["RANK", "ENTRANT", scores.metric(metric).title.upper(), f"{scores.settings.confidence:.0%} INTERVAL"]
    head += [*(name.upper() for name in before), "SUB", "DEL", "INS", "ANSWERED"]
    body = [
        [
            _rank(row),
            row["entrant"],
            _percent(row["value"]),
            _interval(row),
            *(_percent(at.get((row["entrant"], name))) for name in before),
            *(_count(row["parts"].get(name)) for name in ("substitutions", "deletions", "insertions")),
            _percent(row["answered"]) if row["answered_items"] < row["items"] else "",
        ]
        for row in main
    ]
    return f"{_title(scores, metric, main)}\n{columns(head, body)}"


def _title(scores: Scores, metric: str, rows: Sequence[Row]) -> str:
    stage = next(one for one in scores.stages if one.name == scores.main)
    profiles = ", ".join(f"{one.name} {one.version}" for one in stage.profiles)
    total = max((row["total"] for row in rows), default=0)
    units = {"wer": "words", "cer": "characters"}.get(metric, "units")
    return (
        f"{scores.metric(metric).title} in profile {profiles}, {total:,.0f} {units} in {rows[0]['items']:,} utterances"
    )


def _pairs(scores: Scores, metric: str) -> str:
    """The best entrant beside each of the others, in percentage points."""
    verdict = scores.verdicts.get((metric, scores.main))
    if verdict is None or not verdict.comparisons:
        return ""
    best, title = verdict.standings[0].name, scores.metric(metric).title
    body = [_beside(one, best) for one in verdict.comparisons if best in (one.first, one.second)]
    head = ["AGAINST", "POINTS", "INTERVAL", "P(BETTER)", "P", "VERDICT", "VISIBLE FROM"]
    return f"{title}: {best} beside the others, in percentage points\n{columns(head, body)}"


def _beside(one: Comparison, best: str) -> list[str]:
    sign, other = (100, one.second) if one.first == best else (-100, one.first)
    verdict = "tie" if one.better is None else "better" if one.better == best else "worse"
    points = f"{sign * one.difference:+.2f}"
    if one.low != one.low:
        return [other, points, "", "", "", verdict, ""]
    low, high = sorted((sign * one.low, sign * one.high))
    sure = one.first_better if one.first == best else 1 - one.first_better
    interval, visible = f"{low:+.2f} to {high:+.2f}", f"{100 * one.detectable:.2f}"
    return [other, points, interval, f"{sure:.3f}", f"{one.adjusted:.3g}", verdict, visible]


def _sources(rows: Sequence[Row]) -> str:
    mine = [row for row in rows if row["metric"] == "misheard"]
    if not mine:
        return ""
    names = list(dict.fromkeys(name for row in mine for name in row["parts"]))
    body = [[row["entrant"], *(_count(row["parts"].get(name)) for name in names)] for row in mine]
    return "Errors of the raw text, by what takes them away\n" + columns(["ENTRANT", *map(str.upper, names)], body)


def _others(scores: Scores, rows: Sequence[Row]) -> str:
    """Every other metric, a row each, with as many entrants beside each other as there is room for."""
    told = {(row["metric"], row["entrant"]): row for row in rows if row["stage"] == scores.main}
    shown = (*scores.headlines, "misheard")
    metrics = [name for name, stage in scores.grids if stage == scores.main and name not in shown]
    titles = {name: scores.metric(name).title for name in metrics}
    names = [one.name for one in scores.entrants]
    tables = []
    while names and metrics:
        for count in range(len(names), 0, -1):
            some = names[:count]
            body = [[title, *(_cell(told.get((one, name))) for name in some)] for one, title in titles.items()]
            table = columns(["METRIC", *some], body)
            if max(map(cells, table.splitlines())) <= _WIDTH:
                break
        tables.append(table)
        names = names[count:]
    return "\n".join(tables)


def _delivery(rows: Sequence[Row]) -> str:
    if all(row["delivered"] == row["asked"] for row in rows):
        return ""
    names = ("asked", "delivered", "empty", "failed", "refused", "missing")
    body = [[row["entrant"], *(f"{row[name]:,}" for name in names)] for row in rows]
    return columns(["ENTRANT", *map(str.upper, names)], body)


def _closing(scores: Scores) -> str:
    how = scores.settings
    drawn = (
        f"Intervals: {how.resamples:,} paired resamples of {_blocks(scores):,} speakers or recordings, seed "
        f"{how.seed}, percentiles. Ranks and ties: two-sided, adjusted for all pairs by Holm's method."
    )
    lines = [line for text in (*scores.notes, drawn, scores.policy) for line in wrap(text, _WIDTH)]
    return "".join(f"{line}\n" for line in lines)


def _blocks(scores: Scores) -> int:
    return len({one.block for one in scores.corpus if one.reference is not None})


def _cell(row: Row | None) -> str:
    if row is None or row["value"] is None:
        return "-"
    if row["unit"] == "rate":
        return _percent(row["value"])
    if row["unit"] == "ms":
        return f"{row['median']:,.0f} ms, p95 {row['p95']:,.0f}"
    return f"{row['value']:,.0f}" + (f", longest {row['max']:,.0f}" if "max" in row else "")


def _rank(row: Row) -> str:
    best, worst = row["best_rank"], row["worst_rank"]
    return str(best) if best == worst else f"{best}-{worst}"


def _interval(row: Row) -> str:
    low, high = row["low"], row["high"]
    return "" if low is None or low != low else f"{low * 100:.2f} to {high * 100:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.2f} %"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
