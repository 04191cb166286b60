"""The JSON Schema of `earwitness.toml`, so that editors complete it and say what each key means."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from ._discovery import examine_all
from ._secrets import PLACES
from ._tables import FileTable, Limits, Price, ProfileTable
from .provider import ProviderSettings
from .request import RequestOptions

__all__ = ["config_schema", "field_docs", "installed_settings"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ELSEWHERE = "Elsewhere"
_TEXT = {"type": "string"}
# What people may write is more than what it becomes.
_LOOSER: Mapping[str, list[dict[str, Any]]] = {
    "language": [_TEXT],
    "speakers": [
        {"type": "boolean"},
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": r"^\d+(-\d+)?$"},
    ],
    "hot_words": [{"type": "array", "items": {"anyOf": [_TEXT, {"$ref": "#/$defs/HotWord"}]}}],
}


def config_schema(settings: Mapping[str, type[ProviderSettings]]) -> dict[str, Any]:
    """The schema of the whole file, with the settings of these providers by name."""
    schema = _schema_of(FileTable)
    schema = {"$schema": _DIALECT, **schema, "title": "earwitness.toml"}
    definitions = schema["$defs"]
    for model in (ProfileTable, Limits, Price, RequestOptions):
        _describe(definitions[model.__name__], field_docs(model))
    _loosen(definitions["RequestOptions"])
    definitions[_ELSEWHERE] = _elsewhere()
    profile = definitions["ProfileTable"]
    profile["properties"]["provider"]["examples"] = sorted(settings)
    profile["allOf"] = [_case(name, model, definitions) for name, model in sorted(settings.items())]
    _describe(schema, field_docs(FileTable))
    return schema


def installed_settings() -> dict[str, type[ProviderSettings]]:
    """The settings models of the installed providers that can be loaded."""
    return {one.found.name: one.provider.Settings for one in examine_all() if one.provider is not None}


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Each field with the string that stands below it in the source: the one place where it is explained."""
    docs: dict[str, str] = {}
    for base in reversed([one for one in model.__mro__ if issubclass(one, BaseModel) and one is not BaseModel]):
        docs |= _own_docs(base)
    return docs


def _own_docs(model: type[BaseModel]) -> dict[str, str]:
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return {}
    docs: dict[str, str] = {}
    name = ""
    for node in tree.body if isinstance(tree, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docs[name], name = " ".join(str(node.value.value).split()), ""
    return docs


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    # Defaults that JSON cannot hold are left out, and so is what no schema can say; neither is worth a warning.
    schema: dict[str, Any] = _without_null(model.model_json_schema(schema_generator=_Quiet))
    return schema


def _without_null(schema: Any) -> Any:
    """The schema without the choice `null`, which TOML does not have."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema if one != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    made = {key: _without_null(value) for key, value in schema.items() if (key, value) != ("default", None)}
    choices = made.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1:
        made = {**choices[0], **{key: value for key, value in made.items() if key != "anyOf"}}
    return made


class _Quiet(GenerateJsonSchema):
    # A settings model of a plugin may hold what JSON Schema cannot say; the rest of it still helps an editor.
    ignored_warning_kinds: set[JsonSchemaWarningKind] = {  # noqa: RUF012  as the library declares it
        "skipped-choice",
        "non-serializable-default",
        "skipped-discriminator",
    }


def _describe(schema: dict[str, Any], docs: Mapping[str, str]) -> None:
    for name, field in schema.get("properties", {}).items():
        if name in docs:
            field["description"] = docs[name]
        field.pop("title", None)


def _loosen(request: dict[str, Any]) -> None:
    for name, more in _LOOSER.items():
        field = request["properties"][name]
        kept = {key: field.pop(key) for key in ("description", "default") if key in field}
        known = [one for one in field.get("anyOf", [field]) if one.get("const") is not False]
        request["properties"][name] = {**kept, "anyOf": [*more, *known]}


def _elsewhere() -> dict[str, Any]:
    """A table that names where a secret is."""
    told = {
        "env": "The environment variable that holds it.",
        "file": "The file that holds it, relative to this one.",
        "keyring": "The entry of the system's keyring, as service/user.",
    }
    return {
        "description": "Where the value is kept, so that it need not stand here.",
        "oneOf": [
            {
                "type": "object",
                "properties": {place: {"type": "string", "description": told[place]}},
                "required": [place],
                "additionalProperties": False,
            }
            for place in PLACES
        ],
    }


def _case(name: str, model: type[ProviderSettings], definitions: dict[str, Any]) -> dict[str, Any]:
    """What holds for the profiles of one provider."""
    schema = _schema_of(model)
    for inner, definition in schema.pop("$defs", {}).items():
        definitions.setdefault(f"{name}.{inner}", _renamed(definition, name))
    schema = _renamed(schema, name)
    _describe(schema, field_docs(model))
    schema["title"] = f"Settings of {name}"
    for key, field in schema.get("properties", {}).items():
        kept = {one: field.pop(one) for one in ("description", "default") if one in field}
        schema["properties"][key] = {**kept, "anyOf": [field, {"$ref": f"#/$defs/{_ELSEWHERE}"}]}
    definitions[f"{name}.Settings"] = schema
    then: dict[str, Any] = {"properties": {"settings": {"$ref": f"#/$defs/{name}.Settings"}}}
    if schema.get("required"):
        then["required"] = ["settings"]
    return {"if": {"properties": {"provider": {"const": name}}, "required": ["provider"]}, "then": then}


def _renamed(schema: Any, name: str) -> Any:
    """The schema with its references pointing to the definitions under the provider's name."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{name}.") if key == "$ref" else _renamed(value, name)
            for key, value in schema.items()
        }
    return [_renamed(one, name) for one in schema] if isinstance(schema, list) else schema
