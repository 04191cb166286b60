"""Arguments of a wrong type are told as the caller's slip, where they come in and with what was expected."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import earwitness
from earwitness.errors import ConfigurationError, EarwitnessError, InvalidRequestError
from earwitness.sync import Session
from support.sessions import recording, session_of
from support.shapes import EngineVendor

MARK = "Zwiebelfisch"
OPENINGS: dict[str, tuple[dict[str, Any], str]] = {
    "profile": ({"profile": 5}, "profile cannot be of type int. Give a profile's or a provider's name"),
    "profile as bytes": ({"profile": MARK.encode()}, "profile cannot be of type bytes"),
    "settings": ({"profile": "scripted", "settings": 5}, "settings cannot be of type int. Give a mapping"),
    "settings as text": ({"profile": "scripted", "settings": MARK}, "settings cannot be of type str"),
    "settings by number": ({"profile": "scripted", "settings": {5: MARK}}, "settings cannot be of type dict"),
    "config": ({"profile": "scripted", "config": 5}, "config cannot be of type int. Give a file's path, or a Config"),
    "config as a mapping": ({"profile": "scripted", "config": {MARK: 1}}, "config cannot be of type dict"),
    "plugins": ({"profile": "scripted", "plugins": 5}, "plugins is not a list of plugins"),
}


@pytest.mark.parametrize("opening", [earwitness.open, earwitness.connect], ids=["open", "connect"])
@pytest.mark.parametrize("given", sorted(OPENINGS))
def test_opening_with_a_wrong_argument(opening: Callable[..., Any], given: str) -> None:
    """A session asked for with an argument of a wrong type is a ConfigurationError that says what to give."""
    arguments, told = OPENINGS[given]
    with pytest.raises(ConfigurationError) as caught:
        opening(**arguments)
    assert told in str(caught.value) and MARK not in str(caught.value)


@pytest.mark.parametrize(
    ("timeout", "told"),
    [
        ("x", "timeout cannot be of type str. Give a number of seconds"),
        (True, "timeout cannot be of type bool"),
        ([1], "timeout cannot be of type list"),
        (float("nan"), "timeout is not a number"),
    ],
)
def test_a_time_out_that_is_no_number(tmp_path: Path, timeout: Any, told: str) -> None:
    """Every call that waits refuses a time-out that is no number of seconds, before anything is sent."""
    wav = recording(tmp_path / "a.wav", seconds=0.1)
    with Session(lambda: session_of(EngineVendor, {})) as session:
        job = session.submit(wav)
        calls: list[Callable[[], object]] = [
            lambda: session.transcribe(wav, timeout=timeout),
            lambda: session.wait(job, timeout=timeout),
            lambda: session.result(job, timeout=timeout),
        ]
        for call in calls:
            with pytest.raises(InvalidRequestError) as caught:
                call()
            assert told in str(caught.value)
        assert session.result(job, timeout=60).text


@pytest.mark.parametrize("call", ["wait", "result", "refresh", "cancel", "watch"])
def test_something_else_than_a_job(call: str) -> None:
    """Every call about a job refuses what is none."""

    async def main() -> None:
        async with session_of(EngineVendor, {}) as session:
            given: Any = 5
            with pytest.raises(InvalidRequestError, match=r"job cannot be of type int\. Give a Job"):
                if call == "watch":
                    await anext(session.watch(given))
                else:
                    await getattr(session, call)(given)

    asyncio.run(main())


@pytest.mark.parametrize(("rate", "told"), [("x", "type str"), (1.5, "type float"), (True, "type bool"), (0, "above")])
def test_a_sample_rate_that_is_none(rate: Any, told: str) -> None:
    """A stream refuses a rate that is no whole number of Hz above zero."""

    async def main() -> None:
        async with session_of(EngineVendor, {}) as session:
            with pytest.raises(InvalidRequestError, match=f"sample_rate .*{told}"):
                session.stream([b""], sample_rate=rate)

    asyncio.run(main())


def test_a_stored_answer_that_is_none() -> None:
    """What is neither bytes nor an Answer is refused, and no plugin is blamed."""
    given: Any = MARK
    with pytest.raises(InvalidRequestError, match="payload cannot be of type str") as caught:
        earwitness.read_answer("scripted", given)
    assert MARK not in str(caught.value)


def test_transcribing_with_a_wrong_profile() -> None:
    """The one-line call tells it the same way."""
    given: Any = 5
    with pytest.raises(EarwitnessError, match="profile cannot be of type int"):
        earwitness.transcribe("a.wav", profile=given)
