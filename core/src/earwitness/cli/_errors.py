"""What went wrong is told as one sentence on standard error, or as one JSON document there; never as a traceback."""

from __future__ import annotations

import json
import traceback
from types import TracebackType
from typing import Any

import click

from ..errors import EarwitnessError
from . import _exit
from ._output import as_json, complain, say
from ._state import State

__all__ = ["describe", "explain", "explain_bug", "explain_stop", "explain_usage", "note", "stop_document"]


def explain(error: EarwitnessError, state: State, *, about: str = "") -> int:
    """Tells an error of ours, `about` being the input it concerns, and gives its exit code."""
    code = _exit.code_of(error)
    sentence = " ".join([str(error), *getattr(error, "__notes__", ())])
    if state.json:
        _complain_json({**describe(error), **_input(about)})
    else:
        complain(sentence if not about or about in sentence else f"{about}: {sentence}")
    _trace(error, state)
    return code


def explain_bug(error: BaseException, state: State, *, about: str = "") -> int:
    """Tells an exception that nobody expected, by its type and owner only: its text may hold what was said."""
    owner = _owner(error.__traceback__)
    sentence = f"An unexpected {type(error).__name__} happened: this is a bug in {owner}."
    action = f"Report it to {owner}'s maintainers; --verbose shows where it happened."
    if state.json:
        _complain_json({"kind": "bug", "message": sentence, "action": action, "exit_code": _exit.BUG, **_input(about)})
    else:
        complain(" ".join(part for part in (about and f"{about}:", sentence, action) if part))
    _trace(error, state)
    return _exit.BUG


def explain_stop(state: State) -> int:
    """Tells that somebody stopped the run and what of it is done, and gives its exit code."""
    document = stop_document(state)
    if state.json:
        _complain_json(document)
    else:
        complain(document["message"], erase=True)
    return int(document["exit_code"])


def stop_document(state: State) -> dict[str, Any]:
    """The stop as plain data, like an error."""
    code = _exit.INTERRUPTED if state.stopped is None else state.stopped
    kept = state.kept() if state.kept is not None else ""
    return {"kind": "stopped", "message": f"Stopped. {kept}".rstrip(), "exit_code": code}


def explain_usage(error: click.ClickException, state: State) -> int:
    """Tells what is wrong with the command line itself."""
    if type(error).__name__ == "NoArgsIsHelpError":  # click has it since 8.2; before, it showed the help itself
        say(f"{error.format_message()}\n")
        return 0
    if state.json:
        _complain_json({"kind": "usage", "message": _usage(error, state), "exit_code": error.exit_code})
    else:
        message = _usage(error, state)
        complain(f"{message}{'' if message.endswith(('.', '?', '!')) else '.'} Try '{state.command} --help'.")
    return error.exit_code


def describe(error: EarwitnessError) -> dict[str, Any]:
    """The error as plain data with its exit code."""
    return {**error.details(), "exit_code": _exit.code_of(error)}


def note(message: str, state: State, *, about: str = "") -> None:
    """Tells people something that is no error; machines find it in the document."""
    if not state.json:
        complain(f"{about}: note: {message}" if about else f"note: {message}")


def _usage(error: click.ClickException, state: State) -> str:
    if isinstance(error, click.NoSuchOption) and " " not in state.command:
        return (
            f"{error.option_name} is no option of earwitness itself; what belongs to a command stands behind its name."
        )
    # click lists choices over several lines.
    return " ".join(error.format_message().split())


def _input(about: str) -> dict[str, str]:
    return {"input": about} if about else {}


def _complain_json(error: dict[str, Any]) -> None:
    complain(json.dumps(json.loads(as_json({"error": error}))), bare=True)


def _trace(error: BaseException, state: State) -> None:
    """Where it happened, for `--verbose`: places only, because messages and source lines' values may be private."""
    if state.verbose:
        shown = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), capture_locals=False)
        complain("".join(shown.format()) + type(error).__qualname__, bare=True)


def _owner(trace: TracebackType | None) -> str:
    """The plugin in whose code it happened, by distribution, else Earwitness itself."""
    roots = []
    while trace is not None:
        roots.append(str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    plugins = _plugin_roots(set(roots))
    return next((f"the plugin {plugins[root]}" for root in reversed(roots) if root in plugins), "Earwitness")


def _plugin_roots(roots: set[str]) -> dict[str, str]:
    """The distributions of those packages that announce plugins."""
    from .._discovery import PLUGINS, PROVIDERS, scan

    found = {}
    for plugin in (*scan(PROVIDERS), *scan(PLUGINS)):
        root = plugin.value.partition(":")[0].partition(".")[0]
        if root in roots and root != "earwitness":
            found[root] = plugin.origin.whose
    return found
