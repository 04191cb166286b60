"""Mistakes of a streaming dialect or an engine: each is told as the plugin's, by place and type."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

import earwitness
from earwitness.errors import AuthenticationError, EarwitnessError, PluginError
from earwitness.models import Interim, Notice, Segment, Word
from earwitness.provider import Submission
from earwitness.streaming import Dial, Final, Settled
from support.distributions import on_path, provider_source
from support.sessions import recording, session_of
from support.shapes import EngineVendor, SocketDialect, SocketVendor

SECRET = "KEYMARKER42"
WORDS = "Zwiebelfisch"


def made(kind: Any, *values: Any, **fields: Any) -> Any:
    """The object, with values that its types forbid."""
    return kind(*values, **fields)


class _Vendor(SocketVendor):
    """Its dialect answers one question with what a test gives it."""

    name = "odd"
    question: ClassVar[str]
    answer: ClassVar[Any]

    def secrets(self) -> tuple[str, ...]:
        return (SECRET,)

    def dialect(self, submission: Submission) -> SocketDialect:
        """The usual dialect, but for one thing."""
        if self.question == "dialect":
            odd: SocketDialect = self.answer
            return odd
        dialect = SocketDialect(self.settings.url)
        value = self.answer
        whole = self.question in ("sample_rate", "chunk_ms", "pace")
        setattr(dialect, self.question, value if whole else lambda *given: value)
        return dialect


async def _vendor(socket: ServerConnection) -> None:
    """A vendor that welcomes and confirms."""
    await socket.send(json.dumps({"welcome": 1}))
    with suppress(ConnectionClosed):
        async for frame in socket:
            if isinstance(frame, str) and "end" in frame:
                await socket.send(json.dumps({"end": 1}))


def error_of(question: str, answer: Any) -> EarwitnessError:
    """What ends a stream whose dialect answers this."""

    async def main() -> EarwitnessError:
        async with asyncio.timeout(120), serve(_vendor, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            kind = type("Odd", (_Vendor,), {"question": question, "answer": answer})
            async with session_of(kind, {"url": url}) as session, session.stream([bytes(32_000)]) as stream:
                with pytest.raises(EarwitnessError) as caught:
                    async for _ in stream:
                        pass
        return caught.value

    return asyncio.run(main())


ODD: list[tuple[str, Any, str]] = [
    ("dial", None, "The dialect's dial() gave an object of type None, not a Dial"),
    ("dial", made(Dial, "websocket", 5), "The dialect's dial() gave a wrong Dial: target is of type int, not str"),
    ("dial", made(Dial, "carrier pigeon", "x"), "kind is neither websocket nor grpc"),
    ("dial", made(Dial, "websocket", "x", headers={SECRET: 5}), "headers is not a mapping of str to str"),
    ("dial", made(Dial, "websocket", "x", open_timeout_s=None), "open_timeout_s is of type None, not float"),
    ("opened", None, "The dialect's opened() gave an object of type None, not a list of frames"),
    ("opened", SECRET, "gave an object of type str, not a list of frames"),
    ("audio", [5], "gave a frame of type int, not bytes or str"),
    ("finish", {SECRET: 5}, "gave an object of type dict, not a list of frames"),
    ("received", None, "The dialect's received() gave an object of type None, not a list of events"),
    ("received", [WORDS], "The dialect's received() gave an object of type str, which is no event"),
    ("received", WORDS, "The dialect's received() gave an object of type str, not a list of events"),
    ("received", [Final(Segment(WORDS), made(str, "10"))], "a wrong Final: heard_ms is of type str, not int"),
    ("received", [Final(made(str, WORDS), 10)], "a wrong Final: segment is of type str, not Segment"),
    ("received", [Final(Segment(made(int, 7)), 10)], "a wrong Final: segment.text is of type int, not str"),
    ("received", [Final(made(Segment, WORDS, speaker=3), 10)], "segment.speaker is of type int, not str or None"),
    ("received", [Final(Segment(WORDS, words=(made(Word, 3),)), 10)], "segment.words[0].text is of type int"),
    ("received", [Final(Segment(WORDS), 10, {"a": WORDS.encode()})], "a wrong Final: vendor is not JSON data"),
    ("received", [made(Interim, WORDS, "1")], "a wrong Interim: start_ms is of type str, not int or None"),
    ("received", [made(Settled, None)], "a wrong Settled: heard_ms is of type None, not int"),
    ("received", [made(Notice, "repaired", 5)], "a wrong Notice: message is of type int, not str"),
    ("dialect", WORDS, "The provider's dialect() gave an object of type str, which is no Dialect"),
    ("sample_rate", "16000", "sample rate, chunk or pace that is no number"),
    ("chunk_ms", 0, "sample rate, chunk or pace that is not above zero"),
    ("pace", float("nan"), "sample rate, chunk or pace that is not above zero"),
]


@pytest.mark.parametrize(("question", "answer", "told"), ODD, ids=[f"{row[0]}: {row[2]}" for row in ODD])
def test_a_dialects_mistake_is_the_plugins(question: str, answer: Any, told: str) -> None:
    """Whatever a dialect answers against its contract ends the stream with the provider's name and the place."""
    error = error_of(question, answer)
    assert isinstance(error, PluginError)
    assert told in error.message and error.provider == "odd"
    assert WORDS not in f"{error} {error!r}" and SECRET not in f"{error} {error.details()}"


@pytest.mark.parametrize("body", ["return 'abc'", "return 5"])
def test_a_dialects_mistake_names_the_distribution(tmp_path: Path, body: str) -> None:
    """An installed plugin's mistake in a stream is told with its distribution and version."""
    streams = 'services=(Service(name="only", audio=("inline", "stream"), languages=("en-US",)),)'
    source = provider_source("faulty", body=f"    def dialect(self, submission):\n        {body}")

    async def main() -> PluginError:
        async with earwitness.connect("faulty") as session, session.stream([bytes(3_200)]) as stream:
            with pytest.raises(
                PluginError, match=r"faulty \(earwitness-faulty 4.2\): The provider.s dialect"
            ) as caught:
                await anext(stream)
        return caught.value

    with on_path(tmp_path) as site:
        site.provider("faulty", source.replace("services=(Service(name='only'),)", streams), version="4.2")
        error = asyncio.run(main())
    assert (error.provider, error.distribution) == ("faulty", "earwitness-faulty")


class _NoEngine(EngineVendor):
    """It has no engine to give, and a secret in what it says instead."""

    name = "odd"
    gives: ClassVar[Any] = None

    def secrets(self) -> tuple[str, ...]:
        return (SECRET,)

    def engine(self, submission: Submission) -> Any:
        """What the test wants."""
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@pytest.mark.parametrize("way", ["job", "stream"])
@pytest.mark.parametrize(
    ("gives", "kind", "told"),
    [
        (None, PluginError, "gave an object of type None, which is no Engine"),
        (WORDS, PluginError, "gave an object of type str, which is no Engine"),
        (AuthenticationError(f"No entry with {SECRET}"), AuthenticationError, "No entry with ***"),
    ],
    ids=["none", "text", "an error of its own"],
)
def test_an_engine_that_is_none(tmp_path: Path, way: str, gives: Any, kind: type[EarwitnessError], told: str) -> None:
    """A provider that gives no engine is named, from a job and from a stream, and no secret is told."""

    async def main() -> EarwitnessError:
        odd = type("Odd", (_NoEngine,), {"gives": gives})
        async with session_of(odd, {}) as session:
            with pytest.raises(kind) as caught:
                if way == "job":
                    await session.transcribe(recording(tmp_path / "a.wav", seconds=0.1))
                else:
                    async for _ in session.stream([bytes(3_200)]):
                        pass
        return caught.value

    error = asyncio.run(main())
    assert error.provider == "odd"
    if way == "stream" or kind is PluginError:
        assert told in error.message and SECRET not in f"{error} {error.details()}"
