"""The work behind `compare`: plan, ask what is open, score, and tell it to people or to machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from ..compare import Corpus, Entrant, Result, read_corpus, rendered
from ..compare.cost import Bill, Cost, cost
from ..compare.delivery import delivery_of, kind_of
from ..compare.planning import Ask, Prospect, prospect
from ..compare.prices import read_prices
from ..compare.running import Runner
from ..compare.speed import Speed, Spread, speed
from ..compare.store import Store
from ..config import load_config
from ..errors import OutcomeUnknownError, OutputError
from ._errors import note
from ._files import check_writable
from ._output import as_json, on_one_line, require_output, say
from ._progress import bars_for
from ._scored import tell
from ._scoring import scored
from ._scratch import scratch_folder
from ._signals import run
from ._state import State
from ._table import fitted

__all__ = ["Wish", "compare_all"]

_COUNTS = ("RECORDINGS", "HELD", "REFUSED", "UNSETTLED", "TO FETCH", "TO ASK")
_PLAN = ("PROFILE", "SERVICE", *_COUNTS, "AUDIO", "BILLED", "COST")
_LIVE = ("FIRST WORD P50 S", "P95 S", "FINAL AFTER SPEECH P50 S", "P95 S", "TAKEN BACK P50")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks."""

    manifest: str
    profiles: tuple[str, ...]
    out: str
    source: str | None
    limit: int | None
    concurrency: int
    live: bool
    dry_run: bool
    resubmit: bool
    prices: str | None
    config: str | None
    options: Mapping[str, Any]
    scoring: Mapping[str, Any]


def compare_all(wish: Wish, state: State) -> int:
    """Does what the wish asks and gives the exit code; that a vendor failed is a result like others."""
    require_output()
    state.kept = lambda: "Nothing was sent."
    _require_sense(wish)
    runner = _runner(wish)
    if wish.dry_run:
        _tell_plan(runner, state)
        return 0
    _rehearse(wish, runner.prospect)
    _make_folder(Path(wish.out))
    _ask(runner, state)
    state.kept = lambda: "Every answer is kept; the same command again gives the scores."
    heard = runner.finish()
    _tell_gaps(runner, state)
    corpus, entrants = _with_references(runner.prospect.corpus, heard)
    if not len(corpus):
        return _tell_unscored(runner, heard, wish, state)
    scores = scored(corpus, entrants, language=_language(wish, runner.prospect), **wish.scoring)
    costs = {one.name: _cost(runner, one.name, scores.headline(one.name)) for one in entrants}
    scores.tables["cost"] = [{"entrant": name, **asdict(one)} for name, one in costs.items()]
    code = tell(scores, wish.out, state, text=not wish.scoring["no_text"])
    if not state.json:
        say(f"\n{_speed_table(runner.prospect.corpus, heard)}\n{_cost_table(costs)}")
    return code


def _require_sense(wish: Wish) -> None:
    """Raises click.UsageError for no profile, and for an output that would become a part of the data set."""
    if not wish.profiles:
        raise click.UsageError("--profiles names none; give at least one profile.")
    manifest, out = Path(wish.manifest).resolve(), Path(wish.out).resolve()
    if manifest.is_dir() and (out == manifest or manifest in out.parents):
        raise click.UsageError(f"{wish.out} lies in the data set {wish.manifest}; give an --out beside it.")


def _runner(wish: Wish) -> Runner:
    corpus = read_corpus(wish.manifest, format=wish.source)
    config = load_config(wish.config)
    prices = read_prices(Path(wish.prices)) if wish.prices else ()
    found = prospect(
        corpus,
        wish.profiles,
        config=config,
        options=wish.options,
        prices=prices,
        limit=wish.limit,
        live=wish.live,
    )
    store = Store(Path(wish.out))
    return Runner(found, store, config=config, concurrency=wish.concurrency, resubmit=wish.resubmit)


def _rehearse(wish: Wish, found: Prospect) -> None:
    """Scores a first reference against itself: what is wrong with the options is known before anything is paid for."""
    first = next((one for one in found.corpus if one.reference is not None), None)
    if first is not None:
        said = Entrant("", {first.id: Result(first.id, "delivered", first.reference)})
        rendered(scored(Corpus({first.id: first}), [said], language=_language(wish, found), **wish.scoring))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"The folder {folder} could not be made: {reason}", action="Give another --out.") from error
    try:
        check_writable(folder)
    except OutputError as error:
        raise error.replaced(action="Make room there, or give another --out.") from error.__cause__


def _ask(runner: Runner, state: State) -> None:
    """Asks what is open; a stop keeps what is done and says how to go on."""
    profiles = runner.prospect.profiles
    wanted = sum(len(runner.waiting(name)) + len(runner.open_asks(name)) for name in profiles)
    if not wanted:
        return
    state.kept = lambda: _so_far(runner)
    with scratch_folder(), bars_for(wanted, wanted=not (state.json or state.verbose)) as bars:
        runner.watch = lambda name: bars.one(on_one_line(name))

        async def work() -> int:
            await runner.run()
            return 0

        run(work, state)


def _so_far(runner: Runner) -> str:
    names = runner.prospect.profiles
    held = sum(map(runner.held, names))
    asks = sum(len(runner.prospect.asks[name]) for name in names)
    unsettled = sum(map(runner.unsettled, names))
    told = f"{held} of {asks} answers are kept; the same command goes on."
    if waiting := sum(len(runner.waiting(name)) for name in names):
        told += f" The vendor is at work on {waiting} more, which that command fetches."
    if unsettled:
        told += f" {unsettled} had been handed over and may be billed; they are asked again only with --resubmit."
    return told


def _tell_gaps(runner: Runner, state: State) -> None:
    """What people should know of the run that the tables do not say."""
    for name in runner.prospect.profiles:
        _say_why(runner, name, state)
        if name in runner.stopped:
            note("nothing more was asked after that: the same would have come every time.", state, about=name)
        if count := runner.unsettled(name):
            told = f"{count} recordings may have been billed and have no answer; --resubmit asks for them again."
            note(told, state, about=name)


def _say_why(runner: Runner, name: str, state: State) -> None:
    """Each kind of failure once, with what to do about it."""
    for count, error in runner.failures(name).values():
        if not isinstance(error, OutcomeUnknownError):
            note(f"{count} {delivery_of(error)}: {error}", state, about=name)


def _with_references(corpus: Corpus, entrants: Sequence[Entrant]) -> tuple[Corpus, list[Entrant]]:
    """What can be scored: the utterances with a reference, and what was made of them."""
    kept = {id: one for id, one in corpus.utterances.items() if one.reference is not None}
    fitting = [Entrant(one.name, {id: each for id, each in one.results.items() if id in kept}) for one in entrants]
    return Corpus(kept, corpus.source), fitting


def _tell_unscored(runner: Runner, heard: Sequence[Entrant], wish: Wish, state: State) -> int:
    note(f"no recording has a reference, so nothing is scored; what was heard is in {wish.out}/results.", state)
    costs = {name: _cost(runner, name, None) for name in runner.prospect.profiles}
    if state.json:
        say(as_json({"cost": [{"entrant": name, **asdict(one)} for name, one in costs.items()]}, indent=2) + "\n")
    else:
        say(f"{_speed_table(runner.prospect.corpus, heard)}\n{_cost_table(costs)}")
    return 0


def _language(wish: Wish, found: Prospect) -> str | None:
    """The language that the texts are compared in where the data set says none: the only one that is asked for."""
    asked = {one.options.get("language") for asks in found.asks.values() for one in asks}
    named = {str(one) for one in asked if one is not None}
    if wish.options.get("language") is None:
        named |= {tag for one in found.profiles.values() for tag in one.request.languages}
    only = named.pop() if len(named) == 1 else "auto"
    return None if only == "auto" or "," in only else only


def _cost(runner: Runner, name: str, error_rate: float | None) -> Cost:
    """What this profile's answers cost; a recording that stands in the data set twice is paid once."""
    asks = {one.question.key: one for one in runner.prospect.asks[name]}
    ended = [one for one in asks.values() if runner.asked(one) or runner.store.ended(one.question.key)]
    return cost([_bill(runner, one) for one in ended], error_rate=error_rate)


def _bill(runner: Runner, ask: Ask) -> Bill:
    return replace(ask.bill, answered=runner.store.holds(ask.question.key), now=runner.asked(ask))


def _speed_table(corpus: Corpus, entrants: Sequence[Entrant]) -> str:
    """Seconds from hand-over to transcript and how they grow with the audio, or what a live stream showed when."""
    head = ("ENTRANT", "ANSWERS", "P50 S", "P90 S", "P95 S", "P99 S", "S PER S OF AUDIO", "S FOR NONE", *_LIVE)
    rows = [_speed_row(one.name, speed(corpus, one)) for one in entrants]
    return fitted(head, rows, spare=("P99 S", "P90 S", "S FOR NONE", "TAKEN BACK P50", "P95 S"))


def _speed_row(name: str, one: Speed) -> tuple[str, ...]:
    timed = one.total or one.first_word
    spread = (one.total.p50, one.total.p90, one.total.p95, one.total.p99) if one.total else (None,) * 4
    slope = (one.over_duration.slope, one.over_duration.intercept) if one.over_duration else (None, None)
    live = [figure for part in (one.first_word, one.final_after_speech) for figure in _middle_and_end(part)]
    figures = (*spread, *slope, *live, one.churn.p50 if one.churn else None)
    return name, str(timed.n if timed else 0), *("" if value is None else f"{value:.3g}" for value in figures)


def _middle_and_end(part: Spread | None) -> tuple[float | None, float | None]:
    return (part.p50, part.p95) if part else (None, None)


def _cost_table(costs: Mapping[str, Cost]) -> str:
    head = ("ENTRANT", "CURRENCY", "THIS RUN", "ALL ANSWERS", "1,000 HOURS", "CORRECT HOUR", "BILLED")
    told = (f"Cost of {name}: {one.told}.\n" for name, one in costs.items())
    return fitted(head, [_cost_row(name, one) for name, one in costs.items()], spare=("BILLED",)) + "".join(told)


def _cost_row(name: str, one: Cost) -> tuple[str, ...]:
    figures = (one.run, one.whole, one.per_1000_h, one.per_correct_h)
    billed = "" if one.billed_h is None else _time(one.billed_h * 3600)
    return name, one.currency or "", *("" if value is None else f"{value:,.6g}" for value in figures), billed


def _tell_plan(runner: Runner, state: State) -> None:
    plans = [_plan(runner, name) for name in runner.prospect.profiles]
    if state.json:
        say(as_json({"plan": plans}, indent=2) + "\n")
        return
    say(fitted(_PLAN, map(_plan_row, plans), spare=("BILLED", "SERVICE")))
    for plan in plans:
        _say_why(runner, plan["profile"], state)
        say(f"Cost of {plan['profile']}: {plan['priced']}.\n")


def _plan(runner: Runner, name: str) -> dict[str, Any]:
    """What this profile would be asked now, as plain data."""
    asks, open_now = runner.prospect.asks[name], runner.open_asks(name)
    once = {one.question.key: one for one in open_now}.values()
    estimate = cost([one.bill for one in once])
    refused = runner.prospect.refused[name]
    return {
        "profile": name,
        "services": sorted({one.question.service for one in asks}),
        "recordings": len(asks) + len(refused),
        "held": runner.held(name),
        "refused": len(refused),
        "errors": sorted({kind_of(one) for one in refused.values()}),
        "unsettled": runner.unsettled(name),
        "to_fetch": len(runner.waiting(name)),
        "to_ask": len(once),
        "audio_s": sum(one.bill.duration_ms for one in once) / 1000,
        "billed_s": None if estimate.billed_h is None else estimate.billed_h * 3600,
        "cost": estimate.run,
        "currency": estimate.currency,
        "priced": estimate.told,
    }


def _plan_row(plan: Mapping[str, Any]) -> tuple[str, ...]:
    billed = "" if plan["billed_s"] is None else _time(plan["billed_s"])
    price = "" if plan["cost"] is None else f"{plan['cost']:,.6g} {plan['currency'] or ''}".strip()
    counts = (str(plan[name] or "") for name in ("held", "refused", "unsettled", "to_fetch"))
    head = (plan["profile"], ", ".join(plan["services"]), str(plan["recordings"]))
    return *head, *counts, str(plan["to_ask"]), _time(plan["audio_s"]), billed, price


def _time(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
