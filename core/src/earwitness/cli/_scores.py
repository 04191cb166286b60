"""Scores as people read them: tables no wider than the terminal, best entrant first, ties as ties."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..export import cells
from ._output import on_one_line
from ._table import WIDTH, columns, fits, fitted, room

if TYPE_CHECKING:
    from ..compare import Scores
    from ..compare.statistics import Comparison

__all__ = ["shown"]

_NAME = 24  # with longer names the table of ranks is wider than a hundred columns
_SHORT_NAME = 16  # in a narrower terminal
Row = Mapping[str, Any]
Names = Mapping[str, str]


def shown(scores: Scores) -> str:
    """Everything worth reading in a terminal; the rest is in the files."""
    names = _labels([one.name for one in scores.entrants])
    delivery = _called(scores.delivery(), names)
    rows = _called(scores.table(), names)
    parts = [_headline(scores, rows, name) for name in scores.headlines]
    parts += [_pairs(scores, name, names) for name in scores.headlines]
    parts += [_sources(rows), _others(scores, rows, [*names.values()]), _delivery(delivery), _closing(scores, names)]
    return "\n".join(part for part in parts if part)


def _labels(names: Sequence[str]) -> Names:
    """What entrants are called in the tables: long names without their middle, where that still tells them apart."""
    whole = {name: on_one_line(" ".join(name.split())) for name in names}
    short = {name: _shortened(told) for name, told in whole.items()}
    return short if len({*short.values()}) == len(names) else whole


def _shortened(name: str) -> str:
    most = _NAME if room() == WIDTH else _SHORT_NAME
    if cells(name) <= most:
        return name
    begin, end = len(name), 0
    while cells(name[:begin]) > most // 2:
        begin -= 1
    while cells(name[end:]) > most - most // 2 - 1:
        end += 1
    return f"{name[:begin]}\N{HORIZONTAL ELLIPSIS}{name[end:]}"


def _called(rows: Sequence[Row], names: Names) -> list[Row]:
    return [{**row, "entrant": names[row["entrant"]]} for row in rows]


def _headline(scores: Scores, rows: Sequence[Row], metric: str) -> str:
    mine = [row for row in rows if row["metric"] == metric]
    main = [row for row in mine if row["stage"] == scores.main]
    before = [one.name for one in scores.stages if one.name != scores.main and (metric, one.name) in scores.grids]
    at = {(row["entrant"], row["stage"]): row["value"] for row in mine}
    stages, steps = [name.upper() for name in before], ["SUB", "DEL", "INS"]
    interval = f"{scores.settings.confidence:.0%} INTERVAL"
    head = ["RANK", "ENTRANT", metric.upper(), interval, *stages, *steps, "ANSWERED"]
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
    return f"{_title(scores, metric, main)}\n{fitted(head, body, spare=[*stages[::-1], *steps])}"


def _title(scores: Scores, metric: str, rows: Sequence[Row]) -> str:
    measured = scores.metric(metric)
    items = _some(rows[0]["items"], measured.level)
    if not getattr(measured, "staged", False):
        return f"{measured.title} in {items}"
    stage = next(one for one in scores.stages if one.name == scores.main)
    profiles = ", ".join(f"{one.name} {one.version}" for one in stage.profiles)
    total = max((row["total"] for row in rows), default=0)
    unit = {"wer": "word", "cer": "character"}.get(metric, "unit")
    return f"{measured.title} in profile {profiles}, {_some(total, unit)} in {items}"


def _some(count: float, what: str) -> str:
    return f"{count:,.0f} {what}{'' if count == 1 else 's'}"


def _pairs(scores: Scores, metric: str, names: Names) -> str:
    """The best entrant beside each of the others, in percentage points."""
    verdict = scores.verdicts.get((metric, scores.main))
    if verdict is None or not verdict.comparisons:
        return ""
    best, title = verdict.standings[0].name, scores.metric(metric).title
    place = {one.name: number for number, one in enumerate(verdict.standings)}
    mine = [one for one in verdict.comparisons if best in (one.first, one.second)]
    mine.sort(key=lambda one: place[_other(one, best)])
    silent = {row["entrant"] for row in scores.delivery() if not row["delivered"] + row["empty"]}
    body = [[names[_other(one, best)], *_beside(one, best, silent)] for one in mine]
    head = ["AGAINST", "POINTS", "INTERVAL", "P(BETTER)", "P", "VERDICT", "VISIBLE FROM"]
    table = fitted(head, body, spare=["VISIBLE FROM", "P(BETTER)"])
    heard = [one for one in mine if _other(one, best) not in silent]
    told = "".join(f"{line}\n" for line in _wrapped(f"{title}: {_sentence(heard, best, names)}")) if heard else ""
    return f"{told}{names[best]} beside the others, in percentage points\n{table}"


def _sentence(mine: Sequence[Comparison], best: str, names: Names) -> str:
    """What the comparisons of the one with the best figure say, and no more."""
    ties = [names[_other(one, best)] for one in mine if one.better is None]
    worse = [names[_other(one, best)] for one in mine if one.better == best]
    if not worse:
        return f"a tie of {_listed([names[best], *ties])}; this data does not tell them apart."
    ahead = f"{names[best]} is better than {_listed(worse)}"
    return f"{ahead}; with {_listed(ties)} it is a tie." if ties else f"{ahead}."


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _other(one: Comparison, best: str) -> str:
    return one.second if one.first == best else one.first


def _beside(one: Comparison, best: str, silent: Container[str]) -> list[str]:
    sign = 100 if one.first == best else -100
    verdict = "tie" if one.better is None else "better" if one.better == best else "worse"
    if _other(one, best) in silent:
        verdict = "no answer"  # which says nothing of who hears better
    points = f"{sign * one.difference:+.2f}"
    if one.low != one.low:
        return [points, "", "", "", verdict, ""]
    low, high = sorted((sign * one.low, sign * one.high))
    sure = one.first_better if one.first == best else 1 - one.first_better
    interval, visible = f"{low:+.2f} to {high:+.2f}", f"{100 * one.detectable:.2f}"
    return [points, interval, f"{sure:.3f}", f"{one.adjusted:.3g}", verdict, visible]


def _sources(rows: Sequence[Row]) -> str:
    mine = [row for row in rows if row["metric"] == "misheard"]
    if not mine:
        return ""
    names = list(dict.fromkeys(name for row in mine for name in row["parts"]))
    body = [[row["entrant"], *(_count(row["parts"].get(name)) for name in names)] for row in mine]
    return "Errors of the raw text, by what takes them away\n" + columns(["ENTRANT", *map(str.upper, names)], body)


def _others(scores: Scores, rows: Sequence[Row], names: Sequence[str]) -> str:
    """Every other metric, a row each, with as many entrants beside each other as there is room for."""
    told = {(row["metric"], row["entrant"]): row for row in rows if row["stage"] == scores.main}
    shown = (*scores.headlines, "misheard")
    metrics = [name for name, stage in scores.grids if stage == scores.main and name not in shown]
    titles = {name: scores.metric(name).title for name in metrics}
    tables = []
    while names and metrics:
        for count in range(len(names), 0, -1):
            some = names[:count]
            body = [[title, *(_cell(told.get((one, name))) for name in some)] for one, title in titles.items()]
            table = columns(["METRIC", *some], body)
            if fits(table):
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


def _closing(scores: Scores, names: Names) -> str:
    how = scores.settings
    blocks = _blocks(scores)
    drawn = (
        f"Intervals: {how.resamples:,} paired resamples of {blocks:,} speakers or recordings, seed "
        f"{how.seed}, percentiles. Ranks and ties: two-sided, adjusted for all pairs by Holm's method."
    )
    whole = {label: on_one_line(" ".join(name.split())) for name, label in names.items()}
    short = [f"{label} is {name}." for label, name in whole.items() if label != name]
    told = (*short, *scores.notes, drawn if blocks > 1 else "", scores.policy)
    return "".join(f"{line}\n" for text in told for line in _wrapped(text))


def _wrapped(text: str) -> Iterator[str]:
    """Lines of whole words; Korean and Chinese characters take two columns each."""
    line, most = "", room()
    for word in text.split():
        if line and cells(f"{line} {word}") > most:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


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
