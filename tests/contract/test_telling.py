"""What the kit tells an author: the line of the provider that broke, and nothing that is no mistake."""

import urllib.error
import urllib.request
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel

from earwitness._foreign import where
from earwitness.emulation import Emulator, EmulatorOptions, Switches, running
from earwitness.errors import EarwitnessError, ProtocolError
from earwitness.jobs import JobStatus, JobUpdate, VendorReference
from earwitness.testing import Table, examine
from earwitness.testing._damage import joined, pieces

from .mutants import Healthy, Mutant, mutated
from .reference import Minnow


class Shape(BaseModel):
    """An answer without fields."""


class Misspells(Minnow):
    """Asks pydantic for a field that is none."""

    async def fetch(self, reference: VendorReference) -> JobUpdate:
        """Fails in a library that it uses."""
        return Shape().statos  # type: ignore[attr-defined, no-any-return]


class AsksAgain(Minnow):
    """A job that cannot be cancelled is asked about."""

    async def cancel(self, reference: VendorReference) -> JobUpdate:
        """Goes on to another call."""
        try:
            return await super().cancel(reference)
        except EarwitnessError:
            return await self.fetch(reference)


class Careless(Emulator[Switches]):
    """A handler that is not behind `faulty`, with a mistake in it."""

    name = "careless"

    def application(self) -> web.Application:
        """One call."""
        app = web.Application()
        app.router.add_get("/live", self.live)
        return app

    def facts(self) -> dict[str, str]:
        """Nothing."""
        return {}

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Breaks."""
        raise KeyError("what somebody said")


def told(provider: type[Minnow], clause: str, **declared: Any) -> str:
    with mutated(Mutant(clause, provider, declared)) as contract:
        return examine(contract, only={clause}).failed.get(clause, "")


def test_an_exception_is_told_with_the_plugins_own_line() -> None:
    """Not with the library's line in which it came up, and with its text."""
    text = told(Misspells, "E2")
    assert "means AttributeError in Misspells.fetch (test_telling.py, line " in text
    assert "'Shape' object has no attribute 'statos'" in text


def test_an_exception_that_nobody_raised_has_no_place() -> None:
    """Its text is not told either: it may quote what somebody said."""
    assert where(KeyError("secret")) == "KeyError"


@pytest.mark.parametrize(("after", "flaw"), [((Healthy.answers[1].body,), ""), ((), "beyond those")])
def test_a_code_that_leads_to_another_call_has_a_reply_to_it(after: tuple[Any, ...], flaw: str) -> None:
    """`after` plays the replies to what an operation asks because of a code; a missing one is named."""
    row = {"E_DONE": JobStatus.SUCCEEDED}
    table = Table("cancel", {"error": "{code}"}, row, unknown=ProtocolError, status=400, after=after)
    text = told(AsksAgain, "E1", tables=(table,))
    assert flaw in text and bool(text) is bool(flaw)


def test_words_that_are_told_in_pieces_are_the_answers_own() -> None:
    """Syllables and marks that a vendor tells one by one make a word; a part of a piece makes none."""
    known = pieces(b'{"tokens": ["morn", "ing", {"mark": "x"}, 1.5, true]}')
    assert all(joined(word, known) for word in ("morning", "morningx", "ing5"))
    assert not any(joined(word, known) for word in ("mor", "True", "None", "tokens", "markx"))


def test_an_emulator_tells_which_line_of_it_broke(caplog: pytest.LogCaptureFixture) -> None:
    """Also of a live connection, whose client sees nothing but its end; and never what the exception says."""
    with running(Careless(EmulatorOptions(), Switches())) as emulator:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{emulator.url}/live")
        refused.value.close()
    assert "the careless emulator failed: KeyError in Careless.live (test_telling.py, line " in caplog.text
    assert "said" not in caplog.text
