"""What pydantic found wrong, in plain words and never with the value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ["describe", "option_reason", "plainly"]

_MOST = 5

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "must be text without half characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "bytes_type": "must be bytes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a table of keys and values",
    "mapping_type": "must be a table of keys and values",
    "model_type": "must be a table of keys and values",
    "model_attributes_type": "must be a table of keys and values",
    "dataclass_type": "must be a table of keys and values",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "url_type": "must be a web address",
    "url_parsing": "must be a web address",
    "url_scheme": "must be a web address that begins with {expected_schemes}",
    "none_required": "must be left out",
    "path_type": "must be the path of a file",
}
"""The reasons by pydantic's types of errors; in braces what the declaration, and never the value, says."""


def describe(error: ValidationError) -> str:
    """What pydantic found, as one line of `option: what is wrong`, without the values."""
    found = error.errors(include_url=False, include_input=False)
    told = [f"{_place(item)}: {option_reason(item)}" for item in found]
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    return "; ".join([*dict.fromkeys(told[:_MOST]), *more])


def option_reason(item: ErrorDetails) -> str:
    """The same of one option; one that nobody has is told as such."""
    return "there is no such option" if item["type"] == "extra_forbidden" else plainly(item)


def plainly(item: ErrorDetails) -> str:
    """The reason of one error, as it follows the key: `must be a whole number`. A validator's own sentence is kept."""
    context = item.get("ctx", {})
    match item["type"]:
        case "value_error" | "assertion_error":
            return item["msg"].partition(", ")[2] or item["msg"]
        case "string_too_short" | "too_short" if context.get("min_length") == 1:
            return "must not be empty"
        case known if known in _WORDS:
            return _WORDS[known].format_map(_Told(context))
    # What a library's or a plugin's own type says.
    told = item["msg"].replace("Input should", "must", 1)
    return f"{told[:1].lower()}{told[1:]}"


class _Told(dict[str, object]):
    """What the declaration says; numbers as people write them."""

    def __init__(self, context: Mapping[str, object]) -> None:
        super().__init__(
            {key: int(one) if isinstance(one, float) and one.is_integer() else one for key, one in context.items()}
        )

    def __missing__(self, key: str) -> str:
        return "what it should be"


def _place(item: ErrorDetails) -> str:
    """The option, and what in it: pydantic's own marks are left out."""
    *steps, last = item["loc"] or ("value",)
    if last == "[key]":
        return str(steps[0])
    return ".".join(str(one) for one in (*steps, last) if isinstance(one, int) or one.isidentifier())
