"""The error tree: one base, documented, picklable, and telling the next action."""

import builtins
import copy
import json
import pickle
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness import errors
from earwitness.errors import EarwitnessError, OutcomeUnknownError, RateLimitedError, UnsupportedFeatureError

CLASSES = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]

known_fields = st.fixed_dictionaries(
    {},
    optional={
        "action": st.text(),
        "provider": st.text(),
        "vendor_code": st.text(),
        "vendor_message": st.text(),
        "request_id": st.text(),
        "retryable": st.booleans(),
        "accepted": st.sampled_from(["no", "unknown", "yes"]),
        "retry_after": st.floats(0, 1e6),
    },
)


class Peculiar(EarwitnessError):
    """A plugin's own error, whose constructor takes something else."""

    kind = "peculiar"

    def __init__(self, code: int, colour: str) -> None:
        super().__init__(f"Code {code}", vendor_code=str(code), retryable=True)
        self.colour = colour


def documented_tree() -> dict[str, str]:
    """Child to parent, as drawn in the module's docstring."""
    parents: dict[str, str] = {}
    above = ["EarwitnessError"]
    for indent, name in re.findall(r"^([│├└─ ]*[├└]── )(\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(indent) // 4
        above[depth:] = [name]
        parents[name] = above[depth - 1]
    return parents


def test_the_drawn_tree_is_the_real_tree() -> None:
    """The picture at the top of errors.py shows every class under its real parent."""
    real = {one.__name__: one.__base__.__name__ for one in CLASSES if one is not EarwitnessError}
    assert documented_tree() == real
    assert len(real) > 20


def test_every_class_is_exported() -> None:
    """`__all__` misses no error of the module."""
    defined = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert {one.__name__ for one in CLASSES} == defined


def test_no_name_hides_a_builtin() -> None:
    """A `from earwitness.errors import *` changes the meaning of no built-in name."""
    assert not set(errors.__all__) & set(dir(builtins))


def test_every_class_has_its_own_kind() -> None:
    """Kinds are distinct words, so that a program can tell errors apart without importing classes."""
    kinds = [one.kind for one in CLASSES]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z_]+", kind) for kind in kinds)


@pytest.mark.parametrize("kind", CLASSES)
@settings(max_examples=20)
@given(message=st.text(min_size=1), fields=known_fields)
def test_pickling_and_copying_keep_everything(
    kind: type[EarwitnessError], message: str, fields: dict[str, Any]
) -> None:
    """An error that crosses a process border is the same error: class, message, args and every field."""
    error = kind(message, **fields)
    error.add_note("a note")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert other.__dict__ == error.__dict__
        assert (other.args, str(other)) == (error.args, str(error))


def test_a_plugins_error_with_another_constructor_pickles() -> None:
    """Unpickling does not call the constructor, so that a plugin's own signature does no harm."""
    error = Peculiar(7, "green").replaced(provider="some")
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), other.colour, other.vendor_code, other.provider, other.retryable) == (
        *(Peculiar, "green", "7"),
        *("some", True),
    )
    assert str(other) == str(error)


@given(fields=known_fields)
def test_details_are_json_without_null(fields: dict[str, Any]) -> None:
    """`details` is plain data, leaves out what is unknown, and always says kind and message."""
    details = UnsupportedFeatureError("No.", feature="speakers", who_can=("a", "b"), **fields).details()
    assert None not in details.values()
    assert (details["kind"], details["message"], details["feature"]) == ("unsupported", "No.", "speakers")
    assert json.loads(json.dumps(details)).keys() == details.keys()
    assert fields.items() <= details.items()


def test_str_has_sentence_code_and_action() -> None:
    """A person reads what was wrong, what the vendor said, and what to do next."""
    error = RateLimitedError(
        "Too many calls",
        provider="clova",
        vendor_code="429",
        vendor_message="slow down",
        request_id="r-1",
        action="Wait a minute.",
    )
    assert str(error) == "Too many calls. [clova: code 429, says slow down, request r-1] Wait a minute."


def test_str_is_plain_where_nothing_more_is_known() -> None:
    """Without vendor and action the sentence stands alone, with one full stop."""
    assert str(EarwitnessError("It broke")) == "It broke."
    assert str(EarwitnessError("It broke!", provider="clova")) == "It broke!"
    assert str(EarwitnessError("It broke.", vendor_code="E1")) == "It broke. [vendor: code E1]"


def test_defaults_say_what_core_may_repeat() -> None:
    """Only overload, outage, lateness and a wrong clock are retryable; a lost or odd answer may have been accepted."""
    retryable = {one.kind for one in CLASSES if one("x").retryable}
    assert retryable == {"clock_skew", "rate_limited", "unavailable", "deadline"}
    accepted = {one.kind: one("x").accepted for one in CLASSES if one("x").accepted != "no"}
    assert accepted == {
        "outcome_unknown": "unknown",
        "protocol": "unknown",
        "job_failed": "yes",
        "cancelled": "yes",
    }


def test_a_field_goes_over_the_class_default() -> None:
    """What the raiser says wins over what the class assumes, also when it says False."""
    assert RateLimitedError("x", retryable=False).retryable is False
    assert OutcomeUnknownError("x", accepted="no").accepted == "no"
