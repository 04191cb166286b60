"""Writes the pages of the reference that repeat what the code already says: `python docs/generate.py`.

A test compares the committed pages with what this would write.
"""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from earwitness import errors
from earwitness._discovery import installed, load_provider
from earwitness._precedence import PRECEDENCE
from earwitness._schema import config_schema, field_docs, installed_settings
from earwitness.capabilities import Capabilities, Limit, Service, Source
from earwitness.cli import _exit
from earwitness.cli._app import COMMANDS, app
from earwitness.cli._state import State
from earwitness.export import exporters
from earwitness.export._base import EVERYTHING
from earwitness.provider import ProviderSettings
from earwitness.reading import readers
from earwitness.request import Feature, RequestOptions
from earwitness.serial import json_schema

REFERENCE = Path(__file__).parent / "reference"
PROVIDERS = Path(__file__).parents[1] / "providers"
NOTE = "<!-- Written by docs/generate.py; change the code, not this page. -->\n\n"
BEGIN = "<!-- From here docs/generate.py writes what the provider declares; change the code, not this table. -->\n"
END = "<!-- To here. -->\n"


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    return {
        REFERENCE / "cli.md": NOTE + "\n".join(_cli()),
        REFERENCE / "errors.md": NOTE + "\n".join(_errors()),
        REFERENCE / "options.md": NOTE + "\n".join(_options()),
        REFERENCE / "capabilities.md": NOTE + "\n".join(_capabilities()),
        REFERENCE / "precedence.md": NOTE + "\n".join(_precedence()),
        REFERENCE / "formats.md": NOTE + "\n".join(_formats()),
        REFERENCE / "config.schema.json": json.dumps(_config_schema(), indent=2, ensure_ascii=False) + "\n",
        REFERENCE / "transcript.schema.json": json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
        REFERENCE / "clova.md": _with_declared("clova"),
    }


def _cli() -> Iterator[str]:
    yield "# The command line\n"
    yield "Results go to standard output and nothing else does; everything said to a person goes to standard error.\n"
    yield from _help("earwitness", app)
    for name in COMMANDS:
        yield from _help(f"earwitness {name}", import_module(f"earwitness.cli.{name}").command)


def _help(title: str, command: click.Command) -> Iterator[str]:
    names = app.context_settings["help_option_names"]
    context = click.Context(
        command, info_name=title, obj=State(), terminal_width=100, max_content_width=100, help_option_names=names
    )
    yield f"## {title}\n"
    yield f"```text\n{command.get_help(context)}\n```\n"


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield "Every error descends from `earwitness.EarwitnessError`. Its text says what was wrong and what to do next."
    yield "`retryable` says whether the same call may succeed later; `accepted` (`no`, `unknown`, `yes`) whether a"
    yield "vendor may have taken, and may bill, a submission. `details()` gives all of it as plain data.\n"
    yield "| Error | Kind | What it means | Exit code |\n|---|---|---|---|"
    for kind, code in _exit.CODES.items():
        depth = len([one for one in kind.__mro__ if issubclass(one, errors.EarwitnessError)]) - 1
        meaning = (kind.__doc__ or "").partition("\n")[0].replace("|", "\\|")
        yield f"| {'&nbsp;&nbsp;' * depth}`{kind.__name__}` | `{kind.kind}` | {meaning} | {code} |"
    yield "\nThe command line also ends with:\n"
    yield from (f"- {code}: {what}" for code, what in _exit.table() if code not in _exit.CODES.values())
    yield ""


def _options() -> Iterator[str]:
    yield "# Request options\n"
    yield "Every option is unset until somebody sets it, and unset means the vendor's own default. A call's options go"
    yield "over the profile's. Options marked *feature* are refused by a provider that has not declared them.\n"
    yield "| Option | Feature | What it asks |\n|---|---|---|"
    features = {feature.value for feature in Feature}
    for name, doc in field_docs(RequestOptions).items():
        yield f"| `{name}` | {'feature' if name in features else ''} | {doc} |"
    yield ""


def _capabilities() -> Iterator[str]:
    yield "# What each provider can do\n"
    yield "Declared by each provider and checked before anything is sent.\n"
    for found in installed():
        for service in load_provider(found.name).capabilities.services:
            yield f"## {found.name}: {service.name}\n"
            yield from _service(service)


def _service(service: Service) -> Iterator[str]:
    yield f"- Audio comes: {', '.join(service.audio)}"
    yield f"- Languages: {', '.join(service.languages) or 'any'}"
    yield f"- A submission is: {service.submission}"
    yield f"- Callback: {service.callback}\n"
    yield "| Feature | |\n|---|---|"
    for feature in Feature:
        limit = service.features.get(feature)
        yield f"| `{feature.value}` | {'no' if limit is None else limit.note or 'yes'} |"
    yield ""
    yield from (_source(source) for source in service.sources)
    yield ""


def _source(source: Source) -> str:
    return f"Source: {source.title}, read {source.read}."


def _with_declared(provider: str) -> str:
    """The provider's own page with the table of its services as they are declared now."""
    page = (REFERENCE / f"{provider}.md").read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"docs/reference/{provider}.md lacks the two marks between which its table stands")
    table = "\n".join(_declared(_of_repository(provider, "capabilities").CAPABILITIES))
    return f"{before}{begin}\n{table}\n{end}{after}"


def _declared(declared: Capabilities) -> Iterator[str]:
    """One column for each service, then the exceptions, then where all of it was read."""
    services = declared.services
    yield f"| | {' | '.join(f'`{one.name}`' for one in services)} |\n|---|{'---|' * len(services)}"
    for title, told in _ROWS.items():
        yield f"| {title} | {' | '.join(map(told, services))} |"
    for feature in Feature:
        yield f"| `{feature.value}` | {' | '.join(_limit(one.features.get(feature)) for one in services)} |"
    yield ""
    for rule in declared.rules:
        lacking = ", ".join(f"`{feature.value}`" for feature in rule.without)
        yield f"- `{rule.service}` without {lacking}: {', '.join(f'`{one}`' for one in rule.languages or ())}"
    yield ""
    sources = dict.fromkeys(source for one in services for source in _sources(one))
    yield from (f"- {_source(source)}" for source in sources)
    yield ""


def _limit(limit: Limit | None) -> str:
    if limit is None:
        return "no"
    bounds = {"from": limit.minimum, "to": limit.maximum}
    numbers = " ".join(f"{name} {bound:,g}" for name, bound in bounds.items() if bound is not None)
    return "; ".join(filter(None, ("yes", numbers, ", ".join(limit.values or ()), limit.note)))


def _sources(service: Service) -> Iterator[Source]:
    yield from service.sources
    yield from (limit.source for limit in service.features.values() if limit.source)


def _most(service: Service) -> str:
    form = service.accepts
    size = "" if form.max_bytes is None else f"{form.max_bytes / 1e6:,g} MB"
    ms = form.max_duration_ms
    length = "" if ms is None else f"{ms // 1000} s" if ms < 3_600_000 else f"{ms / 3_600_000:g} h"
    return ", ".join(filter(None, (length, size))) or "any length"


def _form(service: Service) -> str:
    form = service.accepts
    rates = [f"{rate:,} Hz" for rate in form.sample_rates or ()]
    channels = [f"at most {form.max_channels} channel"] if form.max_channels else []
    return ", ".join((*(form.containers or ()), *(form.codecs or ()), *rates, *channels)) or "any"


_ROWS: dict[str, Callable[[Service], str]] = {
    "Audio comes": lambda one: ", ".join(one.audio),
    "Taken as it is; all else is converted": _form,
    "At most": _most,
    "Languages": lambda one: ", ".join(f"`{tag}`" for tag in one.languages) or "any",
    "Mixed in one recording": lambda one: "; ".join("`" + ",".join(mix) + "`" for mix in one.mixed_languages) or "no",
    "A submission is": lambda one: one.submission,
    "Callback": lambda one: one.callback,
    "At once, at most": lambda one: str(one.max_concurrent or "not told"),
}


def _precedence() -> Iterator[str]:
    yield "# Who wins\n"
    yield "What stands further up wins. An empty variable counts as not set where it chooses a file or profile.\n"
    for matter, sources in PRECEDENCE.items():
        yield f"## {matter}\n"
        yield "| | Place |\n|---|---|"
        yield from (f"| {number} | {source.told} |" for number, source in enumerate(sources, 1))
        yield ""


def _formats() -> Iterator[str]:
    yield "# Formats\n"
    yield "What each format keeps beside the text and its times (`rttm` keeps no text). What it has no place for is"
    yield "said once when it is written. A format marked *read* can be read back by `earwitness convert` and by"
    yield "`earwitness.reading.read`. Plugins add more.\n"
    kept = sorted(EVERYTHING)
    yield f"| Format | Suffix | Read | {' | '.join(kept)} |\n|---|---|---|{'---|' * len(kept)}"
    readable = readers()
    for name, one in exporters().items():
        marks = ["yes" if one.keeps is None or what in one.keeps else "" for what in kept]
        yield f"| `{name}` | `{one.suffix}` | {'read' if name in readable else ''} | {' | '.join(marks)} |"
    yield ""


def _config_schema() -> dict[str, object]:
    """With the settings of every provider of this repository, whether it is installed or not."""
    settings: dict[str, type[ProviderSettings]] = {"scripted": installed_settings()["scripted"]}
    for source in sorted(PROVIDERS.glob("*/src")):
        settings[source.parent.name] = _of_repository(source.parent.name, "settings").Settings
    return config_schema(settings)


def _of_repository(provider: str, module: str) -> ModuleType:
    """A module of a provider of this repository, whether it is installed or not."""
    source = str(PROVIDERS / provider / "src")
    sys.path.append(source)
    try:
        return import_module(f"earwitness_{provider}.{module}")
    finally:
        sys.path.remove(source)


def main() -> None:
    """Writes the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
