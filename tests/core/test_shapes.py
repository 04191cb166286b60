"""A transcript made of wrong types is refused by place, whoever hands it over, so that what is accepted can be read."""

import asyncio
import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earwitness
from earwitness.errors import InvalidTranscriptError, PluginError
from earwitness.hookspecs import hookimpl
from earwitness.jobs import Job, JobStatus, JobUpdate, Plan
from earwitness.models import Answer, AudioEvent, Notice, Segment, ServedBy, Speaker, Transcript, Word
from earwitness.provider import Submission
from earwitness.validation import accepted, check, repair
from support.distributions import on_path, provider_source
from support.sessions import engine, recording, session_of
from support.shapes import EngineVendor
from support.transcripts import valid

MARK = "Zwiebelfisch"


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    value: Any = MARK
    for _ in range(depth):
        value = [value]
    return value


def made(kind: Callable[..., Any], *values: Any, **fields: Any) -> Any:
    """The object, with values that its types forbid."""
    return kind(*values, **fields)


ODD: list[tuple[str, Transcript]] = [
    ("segments: is of type NoneType, not tuple", made(Transcript, None)),
    ("segments: is of type list, not tuple", made(Transcript, [Segment("a")])),
    ("segments[0]: is of type str, not Segment", made(Transcript, (MARK,))),
    ("segments[0]: words is of type NoneType, not tuple", made(Transcript, (made(Segment, "a", words=None),))),
    ("segments[0].words[1]: is of type str, not Word", made(Transcript, (Segment("a", words=(Word("a"), MARK)),))),  # type: ignore[arg-type]
    (
        "segments[0].words[0]: speaker is not a string",
        made(Transcript, (Segment("a", words=(made(Word, "a", speaker=1),)),)),
    ),
    ("segments[1]: speaker is of type int, not str or None", Transcript((Segment("a"), made(Segment, "a", speaker=1)))),
    ("segments[0]: language is of type int, not str or None", Transcript((made(Segment, "a", language=1),))),
    ("segments[0]: emotion is of type list, not str or None", Transcript((made(Segment, "a", emotion=[MARK]),))),
    ("segments[0]: derived is of type str, not tuple", Transcript((made(Segment, "a", derived="end_ms"),))),
    ("segments[0].derived[0]: is of type int, not str", Transcript((made(Segment, "a", derived=(1,)),))),
    ("segments[0]: text holds a lone surrogate", Transcript((Segment("a", derived=("\ud800",)),))),
    ("speakers: is of type dict, not tuple", made(Transcript, speakers={})),
    ("speakers[0]: id is of type dict, not str", made(Transcript, speakers=(made(Speaker, {}),))),
    ("speakers[0]: name is of type int, not str or None", made(Transcript, speakers=(made(Speaker, "a", 1),))),
    ("events[0]: is of type str, not AudioEvent", made(Transcript, events=(MARK,))),
    ("events[0]: label is of type int, not str", made(Transcript, events=(made(AudioEvent, 1),))),
    ("requested_language: is of type str, not tuple", made(Transcript, requested_language="ko-KR")),
    ("requested_language[0]: is of type int, not str", made(Transcript, requested_language=(1,))),
    ("detected_language: is of type int, not str or None", made(Transcript, detected_language=1)),
    ("served_by: is of type str, not ServedBy or None", made(Transcript, served_by=MARK)),
    ("served_by: model is of type int, not str or None", made(Transcript, served_by=made(ServedBy, "x", model=1))),
    ("notices[0]: is of type str, not Notice", made(Transcript, notices=(MARK,))),
    ("notices[0]: count is of type str, not int", made(Transcript, notices=(made(Notice, "x", "y", count="1"),))),
    ("metadata: is not text by text", made(Transcript, metadata={MARK: 1})),
    ("metadata: is of type NoneType, not dict", made(Transcript, metadata=None)),
    ("metadata: is of type mappingproxy, not dict", made(Transcript, metadata=MappingProxyType({"a": "b"}))),
    ("vendor: is of type list, not dict", made(Transcript, vendor=[MARK])),
    ("vendor: is not JSON data", Transcript(vendor={"a": MARK.encode()})),
    ("vendor: is not JSON data", Transcript(vendor={"a": 10**5000})),
    ("vendor: is nested too deeply", Transcript(vendor={"a": nested(300)})),
    ("vendor: is nested too deeply", Transcript(vendor={"a": nested(100_000)})),
    ("raw: is of type bytes, not Answer or None", made(Transcript, raw=MARK.encode())),
    ("raw: body is of type str, not bytes", made(Transcript, raw=made(Answer, MARK))),
    ("format: is of type int, not str", made(Transcript, format=1)),
    ("format: is not earwitness.transcript/1", made(Transcript, format=MARK)),
    ("transcript: is of type str, not Transcript", made(str, MARK)),
]
MENDED = ("surrogate", "list, not tuple", "mappingproxy")
NOT_MENDED = [row for row in ODD if not any(part in row[0] for part in MENDED)]


@pytest.mark.parametrize(("sentence", "odd"), ODD, ids=[row[0] for row in ODD])
def test_check_names_the_place_of_a_wrong_type(sentence: str, odd: Transcript) -> None:
    """Each thing of a wrong type is refused with its place and its type, never its value."""
    with pytest.raises(InvalidTranscriptError) as caught:
        check(odd)
    assert caught.value.message == f"No transcript may have: {sentence}"
    assert MARK not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("odd", [row[1] for row in NOT_MENDED], ids=[row[0] for row in NOT_MENDED])
def test_a_wrong_type_is_left_to_be_named(odd: Transcript) -> None:
    """No repair guesses what was meant: the transcript comes back as it is, and is not accepted."""
    assert repair(odd) is odd
    with pytest.raises(InvalidTranscriptError):
        accepted(odd)


@pytest.mark.parametrize("number", [2**63, 10**5000], ids=["64 bits", "5000 digits"])
def test_numbers_that_no_reader_takes_are_disorder(number: int) -> None:
    """A time beyond 64 bits is refused, and removed by a repair, so that what is written is read again."""
    odd = Transcript((Segment("a", 0, words=(Word("a", 0, number),)), Segment("b", number)), duration_ms=number)
    with pytest.raises(InvalidTranscriptError, match="whole number of milliseconds"):
        check(odd)
    mended = check(repair(odd))
    assert mended.duration_ms is None and Transcript.from_json(mended.to_json()) == mended


_wild: st.SearchStrategy[Any] = st.sampled_from(
    [None, 1, -1, True, 0.5, "a", "", "\ud800", b"a", (), ("a",), (1,), [], ["a"], {}, {"a": 1}, {1: "a"}, object(),
     Word("a"), Segment("a"), Speaker("a"), (Segment("a"),), (Word("a", 1, 2),), 10**30,
     nested(250), {"a": nested(250)}]
)  # fmt: skip


@given(valid(), st.lists(st.tuples(st.integers(0, 10_000), _wild), min_size=1, max_size=2))
def test_what_is_checked_can_be_read_again(transcript: Transcript, changes: list[tuple[int, Any]]) -> None:
    """With anything in any place a transcript is either refused in our words, or written and read to the same."""
    odd = copy.deepcopy(transcript)
    for place, value in changes:
        places = list(_places(odd))
        holder, name = places[place % len(places)]
        # A copy: the next change may fall into it, and samples are shared.
        setattr(holder, name, copy.deepcopy(value))
    try:
        check(odd)
    except InvalidTranscriptError:
        pass
    else:
        data = odd.to_json()
        assert Transcript.from_json(data).to_json() == data
    try:
        taken = accepted(odd)
    except InvalidTranscriptError:
        return
    assert Transcript.from_json(taken.to_json()).to_json() == taken.to_json()


def _places(value: object) -> Iterator[tuple[Any, str]]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield value, field.name
            yield from _places(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _places(one)


class _Odd(EngineVendor):
    """Hands over what a test gives it."""

    name = "odd"
    update: Any

    async def submit(self, submission: Submission) -> JobUpdate:
        """The odd thing."""
        given: JobUpdate = type(self).update
        return given


def of_odd(update: object) -> type[_Odd]:
    """The provider that answers with this."""
    return type("Odd", (_Odd,), {"update": update})


@pytest.mark.parametrize("odd", [row[1] for row in NOT_MENDED], ids=[row[0] for row in NOT_MENDED])
def test_a_providers_odd_transcript_ends_its_job(tmp_path: Path, odd: Transcript) -> None:
    """The job fails with an error that names the provider and the place; nothing unreadable succeeds."""

    async def main() -> None:
        async with session_of(of_odd(JobUpdate(JobStatus.SUCCEEDED, transcript=odd)), {}) as session:
            with pytest.raises(PluginError, match="The plugin of odd gave something that is no transcript") as caught:
                await session.transcribe(recording(tmp_path / "a.wav", seconds=0.1))
            assert caught.value.provider == "odd" and caught.value.accepted == "yes"
            assert MARK not in str(caught.value)

    asyncio.run(main())


@pytest.mark.parametrize("update", [None, "done", {}])
def test_an_answer_that_is_no_update_is_the_providers(tmp_path: Path, update: object) -> None:
    """What is no JobUpdate at all is told as the provider's mistake."""

    async def main() -> None:
        async with session_of(of_odd(update), {}) as session:
            with pytest.raises(PluginError, match=r"The plugin of odd answered with a .*, not a JobUpdate"):
                await session.transcribe(recording(tmp_path / "a.wav", seconds=0.1))

    asyncio.run(main())


def test_a_plan_or_an_answer_cannot_make_it_unreadable(tmp_path: Path) -> None:
    """What core adds from the provider's plan and answer is looked at as well."""
    update = JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript(), answer=made(Answer, MARK))

    class Planning(_Odd):
        def plan(self, request: Any, facts: Any) -> Plan:
            return replace(super().plan(request, facts), model=made(int, 5))

    Planning.update = JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript())

    async def main() -> None:
        wav = recording(tmp_path / "a.wav", seconds=0.1)
        async with session_of(of_odd(update), {}) as session:
            heard = await session.transcribe(wav)
            assert Transcript.from_json(heard.to_json()) == heard
            with pytest.raises(PluginError, match="raw: body is of type str, not bytes"):
                await session.transcribe(wav, keep_raw=True)
        async with session_of(Planning, {}) as session:
            with pytest.raises(PluginError, match="served_by: model is of type int"):
                await session.transcribe(wav)

    asyncio.run(main())


def test_a_hooks_odd_transcript_costs_nothing(tmp_path: Path) -> None:
    """A plugin that makes a transcript unreadable is named in a notice, and the transcript stays as it was."""

    class Spoiler:
        @hookimpl
        def earwitness_transcript_ready(self, transcript: Transcript, job: Job) -> Transcript:
            return replace(transcript, metadata=made(dict, a=1))

    async def main() -> Transcript:
        async with session_of(EngineVendor, {}, Spoiler()) as session:
            return await session.transcribe(recording(tmp_path / "a.wav", seconds=0.1))

    transcript = asyncio.run(main())
    assert [one.kind for one in transcript.notices] == ["plugin_failed"]
    assert "metadata: is not text by text" in transcript.notices[0].message
    assert Transcript.from_json(transcript.to_json()) == transcript


def test_a_stored_answer_read_as_odd_names_whose_it_is(tmp_path: Path) -> None:
    """Read from a stored answer, an odd transcript is told with provider, distribution and version."""
    body = (
        "    @classmethod\n    def read_answer(cls, answer, reference=None):\n"
        "        from earwitness.jobs import JobStatus, JobUpdate\n"
        "        from earwitness.models import Segment, Transcript\n"
        "        return JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript((Segment('a', speaker=1),)))"
    )
    with on_path(tmp_path) as site:
        site.provider("faulty", provider_source("faulty", body=body), version="4.2")
        with pytest.raises(
            PluginError, match=r"faulty \(earwitness-faulty 4.2\) gave .*segments\[0\]: speaker"
        ) as caught:
            earwitness.read_answer("faulty", b"x")
    assert (caught.value.provider, caught.value.distribution) == ("faulty", "earwitness-faulty")


def test_an_engine_that_works_still_does(tmp_path: Path) -> None:
    """What is right passes all of this unchanged."""

    async def main() -> Transcript:
        async with engine() as session:
            return await session.transcribe(recording(tmp_path / "a.wav", seconds=0.1), keep_raw=True)

    transcript = asyncio.run(main())
    assert check(transcript) is transcript and not transcript.notices


def test_lists_are_taken_for_tuples_where_a_plugin_hands_them_over() -> None:
    """A list where a tuple belongs is a slip that costs nobody a transcript; the strict check still names it."""
    slip: Any = Transcript([Segment("a", 0, 5, [Word("a", 0, 5)])], metadata=MappingProxyType({"a": "b"}))  # type: ignore[arg-type]
    found = accepted(slip)
    assert found == Transcript((Segment("a", 0, 5, (Word("a", 0, 5),)),), metadata={"a": "b"})
    assert Transcript.from_json(found.to_json()) == found
    with pytest.raises(InvalidTranscriptError, match="segments"):
        check(slip)
