"""Mistakes in a provider's own code: each is told as the plugin's, with whom to tell, and never with its text."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import earwitness
from earwitness.engine import Engine
from earwitness.errors import AuthenticationError, PluginError
from earwitness.export import render
from earwitness.models import Segment, Transcript
from earwitness.provider import Submission
from support.distributions import Site, on_path, provider_source
from support.engines import OddEngine
from support.sessions import recording, session_of
from support.shapes import EngineVendor

SECRET = "KEYMARKER42"
STREAMS = 'services=(Service(name="only", audio=("inline", "stream"), languages=("en-US",)),)'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with on_path(tmp_path) as made:
        yield made


def _method(head: str, *body: str) -> str:
    return "\n".join([f"    def {head}:", *(f"        {line}" for line in body)])


BUGS = {
    "__init__": _method("__init__(self, settings, runtime)", f"raise KeyError({SECRET!r})"),
    "secrets()": _method("secrets(self)", f"raise RuntimeError({SECRET!r})"),
    "an exit": _method("__init__(self, settings, runtime)", "raise SystemExit(3)"),
    "its settings model": (
        "    class Settings(ProviderSettings):\n"
        "        def __init__(self, **given):\n"
        f"            raise LookupError({SECRET!r})\n"
        "        @classmethod\n"
        "        def model_validate(cls, *given, **known):\n"
        f"            raise LookupError({SECRET!r})"
    ),
}


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_mistake_at_the_opening_names_the_plugin(site: Site, bug: str) -> None:
    """Provider, distribution and version are told when a session cannot be made, and no secret is."""
    site.provider("faulty", provider_source("faulty", body=BUGS[bug]), version="4.2")
    for opening in (earwitness.connect, earwitness.open):
        with pytest.raises(PluginError) as caught:
            opening("faulty", settings={})
        error = caught.value
        place = "__init__" if bug == "an exit" else bug
        assert f"The plugin of faulty (earwitness-faulty 4.2) failed in {place} with an unexpected " in str(error)
        assert (error.provider, error.distribution) == ("faulty", "earwitness-faulty")
        assert "Report this to its maintainers." in str(error)
        assert SECRET not in f"{error} {error!r} {error.details()} {error.__cause__}"


@pytest.mark.parametrize("given", ['"abc"', "[1]", "None"])
def test_secrets_that_are_no_list_of_strings_are_told(site: Site, given: str) -> None:
    """One string in place of a list would mask single letters; it is refused, like anything else that is no string."""
    site.provider("faulty", provider_source("faulty", body=_method("secrets(self)", f"return {given}")))
    with pytest.raises(PluginError, match="faulty"):
        earwitness.connect("faulty")


def test_the_providers_own_errors_keep_their_kind(site: Site) -> None:
    """An error of ours that a provider raises on purpose is not taken for a mistake."""
    body = _method(
        "__init__(self, settings, runtime)",
        "from earwitness.errors import AuthenticationError",
        "raise AuthenticationError('The key has expired')",
    )
    site.provider("strict", provider_source("strict", body=body))
    with pytest.raises(AuthenticationError, match="The key has expired"):
        earwitness.connect("strict")


CLASS_BUGS = {
    "capabilities": f"capabilities = property(lambda cls: {{}}[{SECRET!r}])",
    "name": f"name = property(lambda cls: {{}}[{SECRET!r}])",
}


@pytest.mark.parametrize("attribute", sorted(CLASS_BUGS))
def test_a_class_that_fails_to_say_what_it_is(site: Site, attribute: str) -> None:
    """A declaration that raises when it is read is the plugin's error, with its distribution."""
    hook = f"    class Meta(type):\n        {CLASS_BUGS[attribute]}\n    return Meta('Fake', (Fake,), {{}})\n"
    source = provider_source("faulty", hook=hook)
    source = "\n".join(line for line in source.splitlines() if not line.startswith(f"    {attribute} ="))
    site.provider("faulty", source)
    with pytest.raises(PluginError) as caught:
        earwitness.connect("faulty")
    assert caught.value.distribution == "earwitness-faulty"


@pytest.mark.parametrize("part", ["offered", "plan"])
def test_a_mistake_while_planning_is_the_plugins(site: Site, part: str) -> None:
    """What a provider raises by mistake while a recording or a stream is planned names it, and nothing was sent."""
    body = _method(f"{part}(self, *given)", f"raise KeyError({SECRET!r})")
    site.provider("faulty", provider_source("faulty", body=body))

    async def main() -> None:
        async with earwitness.connect("faulty") as session:
            with pytest.raises(PluginError, match=r"failed in planning .*KeyError") as caught:
                session.stream([b""])
            assert SECRET not in str(caught.value)
            with pytest.raises(PluginError, match="KeyError") as caught:
                await session.submit("https://example.com/a.wav")
            assert SECRET not in str(caught.value) and caught.value.accepted == "no"

    asyncio.run(main())


@pytest.mark.parametrize("part", ["engine", "dialect"])
def test_a_mistake_at_a_streams_beginning_is_the_plugins(site: Site, part: str) -> None:
    """What a provider raises by mistake instead of giving its engine or dialect names it."""
    body = _method(f"{part}(self, submission)", f"raise KeyError({SECRET!r})")
    source = provider_source("faulty", body=body).replace("services=(Service(name='only'),)", STREAMS)
    assert STREAMS in source
    site.provider("faulty", source)

    async def main() -> None:
        async with earwitness.connect("faulty") as session, session.stream([bytes(3_200)]) as stream:
            with pytest.raises(PluginError, match=rf"failed in {part}\(\) .*KeyError") as caught:
                await anext(stream)
            assert SECRET not in str(caught.value)

    asyncio.run(main())


def test_a_stored_answer_is_read_under_guard(site: Site) -> None:
    """A mistake while a stored answer is read is the plugin's; a vendor's disorder in it is mended and told."""
    body = _method(
        "read_answer(cls, answer, reference=None)",
        "from earwitness.jobs import JobStatus, JobUpdate",
        "from earwitness.models import Segment, Transcript",
        "if answer.body == b'torn':",
        "    return JobUpdate(JobStatus.SUCCEEDED, transcript=Transcript((Segment('\\ud800'),)))",
        f"raise KeyError({SECRET!r})",
    )
    site.provider("faulty", provider_source("faulty", body=f"    @classmethod\n{body}"))
    with pytest.raises(PluginError, match=r"failed in read_answer\(\) .*KeyError") as caught:
        earwitness.read_answer("faulty", b"x")
    assert SECRET not in str(caught.value) and caught.value.distribution == "earwitness-faulty"
    mended = earwitness.read_answer("faulty", b"torn")
    assert mended.text == "\ufffd" and [one.kind for one in mended.notices] == ["repaired"]


def test_a_transcript_survives_an_exporter_that_fails() -> None:
    """Whatever an output format makes of it, the transcript is there as before and can be written otherwise."""
    transcript = Transcript((Segment("no times at all"),))
    before = transcript.to_json()
    with pytest.raises(earwitness.EarwitnessError):
        render(transcript, "srt")
    assert transcript.to_json() == before and render(transcript, "txt").strip() == transcript.text


class _OddVendor(EngineVendor):
    """Its engine gives what no engine may give, with the provider's secret in it."""

    name = "odd"

    def secrets(self) -> tuple[str, ...]:
        return (SECRET,)

    def engine(self, submission: Submission) -> Engine:
        """An engine that gives a text where an event belongs."""
        return OddEngine(SECRET)  # type: ignore[return-value]  # that is the bug


@pytest.mark.parametrize("way", ["job", "stream"])
def test_an_engines_mistake_names_the_provider_either_way(tmp_path: Path, way: str) -> None:
    """What an engine gives against its contract is told with the provider's name, from a job and from a stream."""

    async def main() -> PluginError:
        async with session_of(_OddVendor, {}) as session:
            with pytest.raises(PluginError, match="OddEngine") as caught:
                if way == "job":
                    await session.transcribe(recording(tmp_path / "a.wav", seconds=0.2))
                else:
                    async for _ in session.stream([bytes(3_200)]):
                        pass
        return caught.value

    error = asyncio.run(main())
    assert error.provider == "odd" and error.details()["provider"] == "odd"
    assert SECRET not in f"{error} {error!r} {error.details()}"
