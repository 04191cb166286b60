"""Writes the pages of the reference that repeat what the code already says: `python docs/generate.py`.

A test compares the committed pages with what this would write.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from earwitness import errors
from earwitness._discovery import installed, load_provider
from earwitness.capabilities import Service, Source
from earwitness.cli import _exit
from earwitness.cli._app import COMMANDS, app
from earwitness.cli._state import State
from earwitness.request import Feature, RequestOptions
from earwitness.serial import json_schema

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py; change the code, not this page. -->\n\n"


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    return {
        REFERENCE / "cli.md": NOTE + "\n".join(_cli()),
        REFERENCE / "errors.md": NOTE + "\n".join(_errors()),
        REFERENCE / "options.md": NOTE + "\n".join(_options()),
        REFERENCE / "capabilities.md": NOTE + "\n".join(_capabilities()),
        REFERENCE / "transcript.schema.json": json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
    }


def _cli() -> Iterator[str]:
    yield "# The command line\n"
    yield "Results go to standard output and nothing else does; everything said to a person goes to standard error.\n"
    yield from _help("earwitness", app)
    for name in COMMANDS:
        yield from _help(f"earwitness {name}", import_module(f"earwitness.cli.{name}").command)


def _help(title: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=title, obj=State(), terminal_width=100, max_content_width=100)
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
    for name, doc in _field_docs(RequestOptions).items():
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


def _field_docs(model: type[RequestOptions]) -> dict[str, str]:
    """Each field with the string that stands below it in the source: the one place where it is explained."""
    import ast
    import inspect

    docs: dict[str, str] = {}
    name = ""
    for node in ast.parse(inspect.getsource(model)).body[0].body:  # type: ignore[attr-defined]  # a class statement
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docs[name], name = str(node.value.value), ""
    return docs


def main() -> None:
    """Writes the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
