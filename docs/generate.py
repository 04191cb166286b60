"""Writes the pages of the reference that repeat what the code already says: `python docs/generate.py`.

A test compares the committed pages with what this would write.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from earwitness import errors
from earwitness._discovery import load_provider
from earwitness._precedence import PRECEDENCE
from earwitness._schema import config_schema, field_docs, installed_settings
from earwitness.capabilities import ANY, Capabilities, Limit, Service, Source
from earwitness.cli import _exit
from earwitness.cli._app import app
from earwitness.cli._state import State
from earwitness.compare.prices import PriceEntry, entries_in
from earwitness.compare.reading import formats
from earwitness.emulation.switches import Switches
from earwitness.export import exporters
from earwitness.export._base import EVERYTHING
from earwitness.provider import ProviderSettings
from earwitness.reading import readers
from earwitness.request import Feature, RequestOptions
from earwitness.serial import json_schema
from earwitness.testing import clauses

REFERENCE = Path(__file__).parent / "reference"
PROVIDERS = Path(__file__).parents[1] / "providers"
NOTE = "<!-- Written by docs/generate.py; change the code, not this page. -->\n\n"
BEGIN = "<!-- From here docs/generate.py writes what the code declares; change the code, not this table. -->\n"
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
        REFERENCE / "clova.md": _filled("clova", _declared(_of_repository("clova", "capabilities").CAPABILITIES)),
        REFERENCE / "tencent.md": _filled("tencent", _declared(_of_repository("tencent", "capabilities").CAPABILITIES)),
        REFERENCE / "datasets.md": _filled("datasets", _data_sets()),
        REFERENCE / "prices.md": _filled("prices", _price_columns(), _shipped_prices()),
        REFERENCE / "contract.md": _filled("contract", _clauses()),
        REFERENCE / "emulation.md": _filled("emulation", _clova_switches(), _tencent_switches()),
    }


def _cli() -> Iterator[str]:
    yield "# The command line\n"
    yield "Results go to standard output and nothing else does; everything said to a person goes to standard error.\n"
    for path, command in commands():
        yield from _help(path, command)


def commands(group: click.Group = app, path: str = "earwitness") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, and those inside groups after their group."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


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
    yield _LEGEND
    for name, declared in _all_declared().items():
        yield f"## {name}\n"
        yield from _declared(declared)


_LEGEND = """\
Declared by each provider and checked before anything is sent. `earwitness providers --capabilities` tells it of what is
installed, and `earwitness providers --can korean,speakers --hours 3` answers a question.

- *Audio comes* `inline`: inside the request, from a file or bytes of yours; `url`: the vendor fetches it from a web
  address; `stored`: it is in the vendor's storage already; `stream`: live.
- *At most* is the longest recording, and the largest that travels in a request. What is too large is made smaller
  where that can help, else refused before anything is sent. What lies behind a URL is the vendor's to measure.
- *A submission* that is `paid` is never sent again on doubt. A *callback* is a `hint`: the result is asked for anyway.
- *Models* stand only where there is a choice: `no` is a model that the service has not, `without` names what is lost
  with it. `*` is any other name, which is handed to the vendor as it is.
"""


def _all_declared() -> dict[str, Capabilities]:
    """What every provider of this repository declares, by name, whether it is installed or not."""
    names = sorted(source.parent.name for source in PROVIDERS.glob("*/src"))
    declared = {name: _of_repository(name, "capabilities").CAPABILITIES for name in names}
    return {**declared, "scripted": load_provider("scripted").capabilities}


def _source(source: Source) -> str:
    return f"Source: {source.title}, read {source.read}."


def _filled(name: str, *tables: Iterator[str]) -> str:
    """A page written by hand, with these tables between its pairs of marks."""
    before, *marked = (REFERENCE / f"{name}.md").read_text(encoding="utf-8").split(BEGIN)
    if len(marked) != len(tables) or not all(END in part for part in marked):
        raise SystemExit(f"docs/reference/{name}.md lacks the marks between which its tables stand")
    for table, part in zip(tables, marked, strict=True):
        text = "\n".join(table)
        before += f"{BEGIN}\n{text}\n{END}{part.partition(END)[2]}"
    return before


def _declared(declared: Capabilities) -> Iterator[str]:
    """One column for each service, then the exceptions, then where all of it was read."""
    services = declared.services
    yield from _head("", services)
    for title, told in _ROWS.items():
        yield f"| {title} | {' | '.join(map(told, services))} |"
    for feature in Feature:
        yield f"| `{feature.value}` | {' | '.join(_limit(one.features.get(feature)) for one in services)} |"
    yield ""
    if any(one.models for one in services):
        yield from _models(declared)
    for rule in declared.rules:
        if rule.model is None:
            lacking = ", ".join(f"`{feature.value}`" for feature in rule.without)
            yield f"- `{rule.service}` without {lacking}: {', '.join(f'`{one}`' for one in rule.languages or ())}"
    if any(rule.model is None for rule in declared.rules):
        yield ""
    sources = dict.fromkeys(source for one in services for source in _sources(one))
    yield from (f"- {_source(source)}" for source in sources)
    yield ""


def _head(first: str, services: Sequence[Service]) -> Iterator[str]:
    yield f"| {first} | {' | '.join(f'`{one.name}`' for one in services)} |\n|---|{'---|' * len(services)}"


def _models(declared: Capabilities) -> Iterator[str]:
    """One row for all models that can do the same."""
    rows: dict[tuple[str, ...], list[str]] = {}
    models = dict.fromkeys(model for service in declared.services for model in service.models)
    # Whatever has no row of its own comes last.
    for model in sorted(models, key=lambda model: model == ANY):
        cells = tuple(_with_model(declared, service, model) for service in declared.services)
        rows.setdefault(cells, []).append(model)
    yield from _head("Models", declared.services)
    for cells, alike in rows.items():
        yield f"| {', '.join(f'`{model}`' for model in alike)} | {' | '.join(cells)} |"
    yield ""


def _with_model(declared: Capabilities, service: Service, model: str) -> str:
    """What the service lacks with this model, beside what it always lacks."""
    if model not in service.models:
        return "no"
    left = declared.at(service.name, model=model).features
    lacking = [f"`{feature.value}`" for feature in Feature if feature in service.features and feature not in left]
    mixed = Feature.CHANNELS in left and left[Feature.CHANNELS] != service.features[Feature.CHANNELS]
    lacking += ["channels apart"] if mixed else []
    return f"without {', '.join(lacking)}" if lacking else "yes"


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
    size = "" if form.max_bytes is None else f"{round(form.max_bytes / 1e6, 2):,g} MB"
    ms = form.max_duration_ms
    length = "" if ms is None else f"{ms // 1000} s" if ms < 3_600_000 else f"{ms / 3_600_000:g} h"
    return ", ".join(filter(None, (length, size))) or "any length"


def _form(service: Service) -> str:
    form = service.accepts
    rates = [f"{rate:,} Hz" for rate in form.sample_rates or ()]
    channels = [f"at most {form.max_channels} channel"] if form.max_channels else []
    kinds = [", ".join(names) for names in (form.containers, form.codecs) if names]
    return "; ".join(filter(None, (" with ".join(kinds), ", ".join((*rates, *channels))))) or "any"


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
    yield "What a transcript holds and a format does not keep is said once when it is written. What depends on the"
    yield "transcript is told as well: thousandths of a second in `ass`, overlaps in `smi`, ends of words in"
    yield "`vtt-words`. Who heard it, its notices and its raw answer stand in `json` and `vcon` alone. A format marked"
    yield "*read* can be read back by `earwitness convert` and by `earwitness.reading.read`. `ass` and `textgrid`, and"
    yield 'texts in old encodings, need the extra `formats`: `earwitness[formats]`, in a checkout `"./core[formats]"`.'
    yield "Plugins add more."
    yield "\n| Format | Suffix | Read | Keeps |\n|---|---|---|---|"
    readable = readers()
    for name, one in exporters().items():
        kept = "everything" if one.keeps == EVERYTHING else ", ".join(sorted(one.keeps or ())) or "?"
        yield f"| `{name}` | `{one.suffix}` | {'read' if name in readable else ''} | {kept} |"
    yield ""


def _data_sets() -> Iterator[str]:
    yield "| Format | What it is, and what an utterance's id is |\n|---|---|"
    for name, title in formats().items():
        yield f"| `{name}` | {title} |"


def _price_columns() -> Iterator[str]:
    yield "| Column | Default | What it says |\n|---|---|---|"
    told = field_docs(PriceEntry)
    for name, field in PriceEntry.model_fields.items():
        default = (
            "needed"
            if field.is_required()
            else ""
            if field.default in (None, "")
            else f"`{field.get_default(call_default_factory=True)}`"
        )
        yield f"| `{name}` | {default} | {told[name]} |"


def _shipped_prices() -> Iterator[str]:
    yield "| Provider | Service | Blocks | Channels | Trust | Read | Source |\n|---|---|---|---|---|---|---|"
    for path in sorted(PROVIDERS.glob("*/src/*/prices.toml")):
        for one in entries_in(path.read_text(encoding="utf-8"), path.name):
            blocks = f"{one.block_seconds:g} s" if one.block_seconds else "not known"
            source = f"{one.source}. {one.note}".strip() if one.note else one.source
            cells = (
                path.parents[2].name,
                one.service or "others",
                blocks,
                one.channels,
                one.trust,
                one.read_on,
                source,
            )
            yield f"| {' | '.join(cells)} |"


def _clauses() -> Iterator[str]:
    """One chapter for each module of the kit, one paragraph for each clause."""
    chapter = ""
    for one in clauses():
        module = sys.modules[one.check.__module__]
        if module.__name__ != chapter:
            chapter = module.__name__
            yield f"### {chapter.rpartition('.')[2].capitalize()}\n\n{module.__doc__}\n"
        yield f"#### {one.id}: {one.title} {{ #{one.id.lower()} }}\n"
        yield f"{one.why}\n\n**To mend it:** {one.mend}\n"


def _clova_switches() -> Iterator[str]:
    return _switches(_of_repository("clova", "emulator._switches").ClovaSwitches)


def _tencent_switches() -> Iterator[str]:
    return _switches(_of_repository("tencent", "emulator._switches").TencentSwitches)


def _switches(model: type[Switches]) -> Iterator[str]:
    yield "| Switch | Default | Takes | What it decides |\n|---|---|---|---|"
    docs, schemas = field_docs(model), model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        yield f"| `{name}` | {_default(field.default)} | {_taken(schemas[name])} | {docs.get(name, '')} |"
    yield ""


def _default(value: object) -> str:
    if value is None or value == "":
        return "none"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _taken(schema: dict[str, Any]) -> str:
    """The choices of a field, or what kind of value it takes."""
    choices = ["true", "false"] if schema.get("type") == "boolean" else schema.get("enum", [])
    kinds = {"integer": "a whole number", "number": "a number", "string": "text"}
    kind = schema.get("type") or schema["anyOf"][0]["type"]
    return ", ".join(f"`{choice}`" for choice in choices) or kinds[kind]


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
