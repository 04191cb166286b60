"""Scoring: what was heard beside what was said, by every metric, at every stage, with how sure the figures are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite

from .._extras import extra
from .._foreign import where
from .._plugins import Plugins
from ..errors import EarwitnessError, InvalidRequestError, PluginError
from . import builtin
from .corpus import Corpus, Entrant, Pair, Utterance, pairs
from .delivery import tally
from .grids import Column, Grid
from .metric import Measurement, Metric
from .metrics import term_metrics
from .profile import Profile
from .scores import ANSWERED, Scores, Settings
from .stages import Stage, chosen, stages_of
from .statistics import FEW_BLOCKS, Draws, Figures, Verdict, judged

__all__ = ["Resampling", "known_metrics", "known_profiles", "score"]


@dataclass(slots=True)
class Resampling:
    """How the statistics draw: blocks with replacement, `resamples` times, from this seed."""

    resamples: int = 10_000
    seed: int = 1
    confidence: float = 0.95


def known_metrics(plugins: Plugins | None = None) -> dict[str, Metric]:
    """Every metric by name: the built-in ones, then those of installed plugins."""
    own = {one.name: one for one in builtin.earwitness_metrics()}
    return {**own, **(plugins or Plugins()).metrics(own)}


def known_profiles(plugins: Plugins | None = None) -> dict[str, Profile]:
    """Every normalisation profile by name: the built-in ones, then those of installed plugins."""
    own = {one.name: one for one in builtin.earwitness_normalizers()}
    return {**own, **(plugins or Plugins()).normalizers(own)}


def score(
    corpus: Corpus,
    entrants: Sequence[Entrant],
    *,
    profiles: Sequence[str | Profile] | None = None,
    metrics: Sequence[str | Metric] | None = None,
    language: str | None = None,
    synonyms: Sequence[Sequence[str]] = (),
    terms: Sequence[str] = (),
    resampling: Resampling | None = None,
    plugins: Iterable[object] = (),
) -> Scores:
    """The scores of all entrants on the utterances that have a reference.

    Texts are compared raw, in the profile `format`, and in `profiles`, else in the profile of each utterance's language
    (`language` where it says none). `metrics` are names or objects; without them all that the data allows. Synonyms
    are groups of forms that count as one; `terms` are words and phrases whose recall, precision and failures (`clips`)
    are told as well. What was not delivered counts as heard empty; the same figures for what every
    entrant answered stand beside it. Raises InvalidRequestError for ids that do not match, for unknown names, and where
    there is nothing to score; ConfigurationError where the extra `compare` is not installed.
    """
    _require_fit(corpus, entrants)
    how = resampling or Resampling()
    _require_sound(how)
    hooks = Plugins(plugins)
    spoken = [one for one in corpus if one.reference is not None]
    corpus = Corpus({one.id: one for one in spoken}, corpus.source)  # what cannot be scored was not asked for
    stages = stages_of(spoken, known_profiles(hooks), profiles=profiles, language=language, synonyms=synonyms)
    main = stages[-1] if not profiles else next(one for one in stages if one.name == _name(profiles[0]))
    wanted = _wanted(metrics, known_metrics(hooks), stages) + list(term_metrics("terms", terms) if terms else ())
    grids = [one for one in _measured(corpus, entrants, wanted, stages, main) if one.said()]
    scores = Scores(
        corpus=corpus,
        entrants=tuple(entrants),
        stages=stages,
        main=main.name,
        grids={(one.metric.name, one.stage): one for one in grids},
        verdicts=_verdicts(grids, how),
        settings=Settings(how.resamples, how.seed, how.confidence, tuple(tuple(one) for one in synonyms)),
        notes=(*_silent(corpus, entrants), *_unmeasured(metrics or (), terms, grids), *_few(spoken)),
    )
    scores.notes += () if profiles else tuple(_unknown_language(spoken, stages, language))
    scores.notes += tuple(_flips(scores))
    scores.clips = tuple(scores.missed(terms)) if terms else ()
    return scores


def _require_sound(how: Resampling) -> None:
    if how.resamples < 1 or how.seed < 0 or not 0 < how.confidence < 1:
        raise InvalidRequestError(
            "These resamples cannot be drawn",
            action="Give at least one, a seed of 0 or more, and a confidence between 0 and 1.",
        )


def _require_fit(corpus: Corpus, entrants: Sequence[Entrant]) -> None:
    """Raises InvalidRequestError unless every result belongs to an utterance with a reference."""
    for library in ("numpy", "rapidfuzz"):
        extra(library, "compare")  # better known before anything is computed
    if not any(one.reference is not None for one in corpus):
        raise InvalidRequestError("No utterance has a reference", action="Give references to compare with.")
    if not entrants:
        raise InvalidRequestError("There is nobody to score", action="Give at least one file of hypotheses.")
    twice = [name for name, count in Counter(one.name for one in entrants).items() if count > 1]
    if twice:
        raise InvalidRequestError(
            f"Two entrants are called {twice[0]!r}", action="Give each a name of its own, as NAME=FILE."
        )
    for entrant in entrants:
        _require_ids(corpus, entrant)


def _require_ids(corpus: Corpus, entrant: Entrant) -> None:
    unknown = [id for id in entrant.results if id not in corpus.utterances]
    if unknown:
        known = next(iter(corpus.utterances))
        raise InvalidRequestError(
            f"{entrant.name} has {len(unknown)} of {len(entrant.results)} ids that the references do not have: "
            f"{_some(unknown)}",
            action=f"Make the ids the same; an id of the references is {known[:80]!r}.",
        )
    silent = [id for id in entrant.results if corpus.utterances[id].reference is None]
    if silent:
        raise InvalidRequestError(
            f"{entrant.name} has results for {len(silent)} utterances without a reference: {_some(silent)}",
            action="Add their references, or leave them out on both sides.",
        )
    if not entrant.results:
        raise InvalidRequestError(
            f"{entrant.name} holds no result at all", action="Check that it is the right file or folder."
        )


def _some(ids: Sequence[str]) -> str:
    told = ", ".join(repr(id[:80]) for id in ids[:3])
    return f"{told} and {len(ids) - 3} more" if len(ids) > 3 else told


def _name(wish: str | Profile | Metric) -> str:
    return wish if isinstance(wish, str) else wish.name


def _wanted(given: Sequence[str | Metric] | None, known: Mapping[str, Metric], stages: Sequence[Stage]) -> list[Metric]:
    if given is not None:
        found: list[Metric] = [chosen(one, known, what="metric") for one in given]
        return list({one.name: one for one in found}.values())
    # In scripts with blanks the mixed rate is the word rate once more.
    mixed = any("mer" in one.headlines for one in stages)
    return [one for name, one in known.items() if name != "mer" or mixed]


def _measured(
    corpus: Corpus, entrants: Sequence[Entrant], metrics: Sequence[Metric], stages: Sequence[Stage], main: Stage
) -> Iterator[Grid]:
    found = {one.name: list(pairs(corpus, one)) for one in entrants}
    plan = [
        (metric, stage) for metric in metrics for stage in (stages if getattr(metric, "staged", False) else (main,))
    ]
    singly = [(metric, stage) for metric, stage in plan if metric.level == "utterance"]
    together = [(metric, stage) for metric, stage in plan if metric.level == "recording"]
    yield from _grids(singly, {name: [[one] for one in mine] for name, mine in found.items()}, _id)
    yield from _grids(together, {name: _recordings(mine) for name, mine in found.items()}, _recording)


def _grids(
    plan: Sequence[tuple[Metric, Stage]],
    items: Mapping[str, list[list[Pair]]],
    name_of: Callable[[Sequence[Pair]], str],
) -> Iterator[Grid]:
    """One grid for each metric and stage; item by item, so that each text is normalised once."""
    if not plan:
        return
    columns = [{name: Column() for name in items} for _ in plan]
    for group in zip(*items.values(), strict=True):
        for (metric, stage), mine in zip(plan, columns, strict=True):
            for name, found in zip(items, group, strict=True):
                mine[name].add(_measurement(metric, found, stage))
        for _, stage in plan:
            stage.clear()
    answered = {name: [any(one.delivery in ANSWERED for one in pair) for pair in mine] for name, mine in items.items()}
    first = next(iter(items.values()))
    names, blocks = [name_of(one) for one in first], [_block(one) for one in first]
    for (metric, stage), mine in zip(plan, columns, strict=True):
        kept = {name: _kept(column, answered[name]) for name, column in mine.items()}
        yield Grid(metric, stage.name, names, blocks, kept, answered)


def _measurement(metric: Metric, found: Sequence[Pair], stage: Stage) -> Measurement | None:
    """What the metric measures. Raises PluginError where a stranger's metric or profile fails."""
    profile = stage.at(found[0].utterance)
    try:
        measured = metric.measure(found, profile)
        if not _is_ours(metric):
            _require_figures(metric.name, measured)
        return measured
    except EarwitnessError:
        raise
    except Exception as error:
        if _is_ours(metric) and _is_ours(profile.origin):
            raise
        raise PluginError(
            f"The metric {metric.name!r} in the profile {profile.name!r} failed: {where(error)}",
            action="Report this to the maintainers of the one that is not built in, or leave it out.",
        ) from None


def _require_figures(name: str, measured: Measurement | None) -> None:
    """Raises PluginError unless these are numbers that can be added up and divided by."""
    if measured is None:
        return
    figures = (measured.errors, measured.total, *measured.parts.values(), *measured.values)
    if not all(map(isfinite, figures)) or measured.total < 0:
        raise PluginError(
            f"The metric {name!r} gave a figure that is not finite, or a total below zero",
            action="Report this to its maintainers, or leave it out.",
        )


def _is_ours(thing: object) -> bool:
    return type(thing).__module__.partition(".")[0] == __name__.partition(".")[0]


def _kept(column: Column, answered: Sequence[bool]) -> Column:
    """The column; if nothing was measured of any answer, what was not answered says nothing either."""
    if any(answered) and not any(answered[number] for number in column.measured()):
        return column.silenced()
    return column


def _id(found: Sequence[Pair]) -> str:
    return found[0].utterance.id


def _recording(found: Sequence[Pair]) -> str:
    return _recording_of(found[0].utterance)


def _recording_of(utterance: Utterance) -> str:
    return utterance.recording or utterance.id


def _recordings(found: Iterable[Pair]) -> list[list[Pair]]:
    """The pairs by recording, in the order of time."""
    groups: defaultdict[str, list[Pair]] = defaultdict(list)
    for one in found:
        groups[_recording_of(one.utterance)].append(one)
    return [sorted(group, key=lambda one: one.utterance.offset_ms) for group in groups.values()]


def _block(found: Sequence[Pair]) -> str:
    """What an item is drawn with: the block that all its utterances share, else the recording."""
    blocks = {one.utterance.block for one in found}
    return blocks.pop() if len(blocks) == 1 else _recording(found)


def _verdicts(grids: Sequence[Grid], how: Resampling) -> dict[tuple[str, str], Verdict]:
    """The verdicts on all rates; those over the same items are drawn together."""
    found = {}
    by_blocks: defaultdict[tuple[str, ...], list[Grid]] = defaultdict(list)
    for grid in grids:
        if grid.metric.unit == "rate":
            by_blocks[tuple(grid.blocks)].append(grid)
    for blocks, some in by_blocks.items():
        draws = Draws(blocks, resamples=how.resamples, seed=how.seed)
        verdicts = judged(draws, [_figures(one) for one in some], confidence=how.confidence)
        found.update({(one.metric.name, one.stage): told for one, told in zip(some, verdicts, strict=True)})
    return found


def _figures(grid: Grid) -> Figures:
    columns = grid.columns
    errors = {name: [0.0 if value != value else value for value in one.errors] for name, one in columns.items()}
    totals = {name: [0.0 if value != value else value for value in one.totals] for name, one in columns.items()}
    return Figures(errors, totals, grid.metric.better)


def _silent(corpus: Corpus, entrants: Sequence[Entrant]) -> Iterator[str]:
    for one in entrants:
        found = tally(corpus, one)
        if not found.delivered + found.empty:
            yield f"{one.name} answered nothing: its figures say that, and nothing of how well it hears."


def _unmeasured(asked: Sequence[str | Metric], terms: Sequence[str], grids: Sequence[Grid]) -> Iterator[str]:
    found = {one.metric.name for one in grids}
    for name in dict.fromkeys(map(_name, asked)):
        if name not in found:
            yield f"{name} could not be measured: this data says nothing about it."
    if terms and not found & {one.name for one in term_metrics("terms", ())}:
        yield "None of the terms was said or heard."


def _few(spoken: Sequence[Utterance]) -> Iterator[str]:
    blocks = len({one.block for one in spoken})
    if blocks == 1:
        yield "All utterances are of one speaker or recording: there are no intervals, and every difference is a tie."
    elif blocks < FEW_BLOCKS:
        yield f"Only {blocks} speakers or recordings: with fewer than {FEW_BLOCKS} the intervals are too narrow."


def _unknown_language(spoken: Sequence[Utterance], stages: Sequence[Stage], language: str | None) -> Iterator[str]:
    if stages[-1].name != "format":
        return
    if language is not None:
        yield f"No profile is made for {language}, so texts are compared in the profile format."
    elif all(one.language is None for one in spoken):
        yield "No language is known, so texts are compared in the profile format; name the language for more."


def _flips(scores: Scores) -> Iterator[str]:
    """Where the order of the entrants depends on what counts as the same text."""
    for name in scores.headlines:
        at = {stage.name: scores.verdicts.get((name, stage.name)) for stage in scores.stages}
        rates = [{one.name: one.rate or 0.0 for one in told.standings} for told in at.values() if told]
        signs = [{pair: _sign(one, pair) for pair in combinations(rates[0], 2)} for one in rates]
        if any({-1, 1} <= {one[pair] for one in signs} for pair in signs[0]):
            orders = (f"{stage}: {', '.join(one.name for one in told.standings)}" for stage, told in at.items() if told)
            yield f"{scores.metric(name).title}: the order changes with normalisation. {'; '.join(orders)}."


def _sign(rates: Mapping[str, float], pair: tuple[str, str]) -> int:
    """1 where the first one's rate is the higher one, -1 where the second one's is, 0 for the same."""
    difference = rates[pair[0]] - rates[pair[1]]
    return (difference > 0) - (difference < 0)
