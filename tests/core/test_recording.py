"""Real exchanges become files without secrets, and the files play the vendor again."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from earwitness.errors import ConfigurationError, EarwitnessError, OutputError, UnavailableError
from earwitness.exchange import Exchange, HttpCall
from earwitness.models import Segment, Transcript, Word
from earwitness.recording import Recording, record, replay
from earwitness.recording._veiling import Veil, unspoken
from earwitness.recording._watching import Step, _noted
from earwitness.testing import Recorded
from support.distributions import on_path
from support.vendors import Received, as_bytes, listening, wav

KEY = "M4RKER/of the+key"
PLUGIN = """
from earwitness.hookspecs import hookimpl
from support.shapes import RestVendor

class Account(RestVendor.Settings):
    app_id: str = "1250000001"

class Fake(RestVendor):
    Settings = Account

@hookimpl
def earwitness_provider():
    return Fake
"""
SAID = "Good morning, everybody."
INVENTED = {"base_url": "https://nobody.invalid", "key": "invented"}


class Vendor:
    """Takes a job, says that it works, then that it is done; and repeats what it knows of us."""

    def __init__(self, *refusals: object) -> None:
        key, inside = KEY, base64.b64encode(f"me:{KEY}".encode()).decode()
        echo = {"key": key, "basic": inside, "quoted": quote(key, safe=""), "app": 1250000001, "near": 12500000010}
        signed = "https://store.invalid/a/b.wav?Expires=99&Signature=aB%2F3\\u0026x=1"
        submitted = (
            json.dumps({"id": "v1", **echo})[:-1] + f', "slot": "{signed}", "nested": "{{\\"u\\":\\"{signed}\\"}}"}}'
        )
        done = {"state": "done", "segments": [{"t": SAID, "s": 0, "e": 900}], "note": "\N{GRINNING FACE}"}
        self.answers: list[object] = [*refusals, submitted, {"state": "working", "progress": 0.5}, done]
        self.heard: list[Received] = []

    def answer(self, one: Received) -> object:
        self.heard.append(one)
        return self.answers.pop(0)


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path) -> Iterator[None]:
    site = tmp_path / "site"
    site.mkdir()
    with on_path(site) as made:
        made.provider("restful", PLUGIN)
        yield


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A job that was recorded at a vendor who is gone by now."""
    return recording(tmp_path / "made" / "recording", Vendor())


def recording(folder: Path, vendor: Vendor, **how: object) -> Path:
    with (
        listening(vendor.answer) as url,
        record(folder, "restful", settings={"base_url": url, "key": KEY}, **how) as session,  # type: ignore[arg-type]
    ):
        session.transcribe(wav(), language="en-US")
    return folder


def played(folder: Path) -> Transcript:
    with replay(folder, settings=INVENTED) as session:
        return session.transcribe(wav(), language="en-US")


def edited(folder: Path, edit: Callable[[dict[str, object]], object]) -> Path:
    index = json.loads((folder / "recording.json").read_text())
    edit(index)
    (folder / "recording.json").write_text(json.dumps(index))
    return folder


def test_a_recording_plays_without_the_vendor(tmp_path: Path) -> None:
    """The refusal, the repetition and both questions are there in order, and give the same transcript again."""
    recorded = recording(tmp_path / "refused", Vendor((429, {"busy": KEY})))
    steps = [(one.operation, one.status, one.body) for one in Recording.read(recorded).index.exchanges]
    assert steps == [
        ("submit", 429, "01-submit.json"),
        ("submit", 200, "02-submit.json"),
        ("fetch", 200, "03-fetch.json"),
        ("fetch", 200, "04-fetch.json"),
    ]
    assert played(recorded).text == SAID
    assert {file.stat().st_mode & 0o077 for file in recorded.iterdir()} == {0}


def test_no_secret_is_in_any_file(recorded: Path) -> None:
    """The key in every disguise, the account's id and what signs an address are gone, and the JSON still is JSON."""
    whole = "".join(file.read_text(encoding="utf-8") for file in recorded.iterdir())
    told = json.loads((recorded / "01-submit.json").read_text())
    assert told["slot"] == "https://store.invalid/a/b.wav?***" == json.loads(told["nested"])["u"]
    assert (told["app"], told["near"], told["key"]) == (9999999999, 12500000010, "***")
    inside = base64.b64encode(f"me:{KEY}".encode()).decode()
    for marker in (KEY, quote(KEY, safe=""), inside[4:-4], "1250000001,", "Signature", "aB%2F3", "127.0.0.1", "x-key"):
        assert marker not in whole


def test_bodies_are_kept_as_they_came(recorded: Path) -> None:
    """A body in which nothing is hidden is the vendor's, byte for byte; a form is told by type and length."""
    done = {"state": "done", "segments": [{"t": SAID, "s": 0, "e": 900}], "note": "\N{GRINNING FACE}"}
    assert (recorded / "03-fetch.json").read_bytes() == as_bytes(done)
    submit = Recording.read(recorded).index.exchanges[0]
    assert (submit.method, submit.path, submit.headers) == ("POST", "/jobs", {})
    assert submit.sent["content_type"] == "multipart/form-data" and set(submit.sent) == {"content_type", "length"}


def test_two_recordings_of_the_same_are_equal(recorded: Path, tmp_path: Path) -> None:
    """Nothing of the run is in the files: no date, no port, no drawn boundary."""
    again = recording(tmp_path / "again", Vendor())
    assert [file.name for file in sorted(again.iterdir())] == [file.name for file in sorted(recorded.iterdir())]
    assert all(file.read_bytes() == (recorded / file.name).read_bytes() for file in again.iterdir())


def test_the_kit_takes_the_answers(recorded: Path) -> None:
    """Each finished answer is what the kit's `Recorded` is made of."""
    (one,) = (Recorded(**answer) for answer in Recording.read(recorded).answers)
    assert (one.text, one.end_ms, one.words, one.data) == (SAID, 900, None, (recorded / "03-fetch.json").read_bytes())


def test_what_was_said_can_be_hidden(tmp_path: Path) -> None:
    """With placeholders in its place the recording still plays, and says what it says now."""
    folder = recording(tmp_path / "mute", Vendor(), hide_text=True)
    assert not any("morning" in file.read_text() for file in folder.iterdir())
    assert played(folder).text == "Xxxx xxxxxxx, xxxxxxxxx." == Recording.read(folder).answers[0]["text"]


def test_hiding_too_much_is_told(tmp_path: Path) -> None:
    """An answer that nobody can read any more is written and told; a text that stays is told and nothing is written."""
    with pytest.raises(ConfigurationError, match=r"is written, but 03-fetch\.json cannot be read any more"):
        recording(tmp_path / "blank", Vendor(), hide=["segments"])
    assert "***" in (tmp_path / "blank" / "03-fetch.json").read_text()
    vendor = Vendor()
    vendor.answers[0] = json.dumps({"id": "v1", "lines": "said:\n" + SAID.replace(" ", "\n")})
    with pytest.raises(ConfigurationError, match="cannot be hidden"):
        recording(tmp_path / "broken", vendor, hide_text=True)
    assert not (tmp_path / "broken").exists()


def test_a_recording_is_kept_when_the_job_fails(tmp_path: Path) -> None:
    """The answer that nobody expected is the one that an author needs."""
    vendor = Vendor()
    vendor.answers[:] = [(400, {"error": f"no such thing as {KEY}"})]
    with pytest.raises(EarwitnessError):
        recording(tmp_path / "failed", vendor)
    assert "no such thing as ***" in (tmp_path / "failed" / "01-submit.json").read_text()


@pytest.mark.parametrize(
    ("place", "told"),
    [(-1, "no reply to call 2 of the operation 'fetch'"), (0, "no reply to call 1 of the operation 'submit'")],
)
def test_a_call_beyond_the_recording_is_named(recorded: Path, place: int, told: str) -> None:
    """Nothing is asked of anybody instead, and nothing is repeated in hope."""
    with pytest.raises(ConfigurationError, match=told):
        played(edited(recorded, lambda index: index["exchanges"].pop(place)))  # type: ignore[attr-defined]


def test_a_poll_may_be_deleted(recorded: Path) -> None:
    """An index without the question in between plays as well."""
    assert played(edited(recorded, lambda index: index["exchanges"].pop(1))).text == SAID  # type: ignore[attr-defined]


def test_what_is_no_recording_is_one_sentence(recorded: Path, tmp_path: Path) -> None:
    """A missing folder, an index of another form, a missing body and another provider's recording."""
    with pytest.raises(ConfigurationError, match=r"There is no recording at .*: No such file"):
        played(tmp_path / "absent")
    with pytest.raises(ConfigurationError, match="is of restful, not of scripted"), replay(recorded, "scripted"):
        pass
    (recorded / "03-fetch.json").unlink()
    with pytest.raises(ConfigurationError, match=r"lacks 03-fetch\.json: No such file"):
        played(recorded)
    with pytest.raises(ConfigurationError, match="the form of an index"):
        played(edited(recorded, lambda index: index.pop("provider")))


def test_no_other_file_is_overwritten(recorded: Path) -> None:
    """A folder that holds something, or is none, is refused before any call is paid for."""
    vendor = Vendor()
    with pytest.raises(ConfigurationError, match="is not empty"):
        recording(recorded, vendor)
    with pytest.raises(OutputError, match="cannot be written"):
        recording(recorded / "recording.json", vendor)
    assert vendor.heard == []


def test_nothing_recorded_is_told(tmp_path: Path) -> None:
    """A provider that calls nobody leaves no empty folder behind."""
    with (
        pytest.raises(ConfigurationError, match="no call of scripted was answered"),
        record(tmp_path / "none", "scripted") as session,
    ):
        session.transcribe(wav())
    assert not (tmp_path / "none").exists()


def test_a_lost_reply_is_told_to_the_exchange() -> None:
    """An exchange that knows what to do without a reply does it while it is recorded, too."""

    def exchange() -> Exchange[str]:
        try:
            yield HttpCall("hint", "GET", "https://nobody.invalid")
        except UnavailableError:
            return "went on"
        return "was answered"

    steps: list[Step] = []
    noted = _noted(exchange(), steps)
    next(noted)
    with pytest.raises(StopIteration, match="went on"):
        noted.throw(UnavailableError("lost"))
    assert steps == []


def test_other_formats_and_scripts_keep_their_form() -> None:
    """Subtitles lose their text and keep their times; each script has a letter of its own, digits become zeros."""
    said = Transcript((Segment("회의 3 שלום 我们 Я", 0, 900), Segment("C'est fini", 900, 1000)))
    assert unspoken("1\n00:00 --> 00:01\nC'est fini\n", said) == "1\n00:00 --> 00:01\nX'xxx xxxx\n"
    assert unspoken('{"t": "회의 3 שלום 我们 Я", "n": 3}', said) == '{"t": "가가 0 שששש 字字 ж", "n": 3}'


def test_words_are_hidden_where_they_are_values() -> None:
    """A word with or without its comma is hidden; keys, times and states that nobody said are not."""
    words = (Word("done", 0, 1), Word("well,", 1, 2))
    said = Transcript((Segment("well, done", 0, 2, words),))
    told = json.loads(unspoken('{"done": ["well", "WELL,", "failed", 2, "said: well, done"]}', said))
    assert told == {"done": ["xxxx", "XXXX,", "failed", 2, "said: xxxx, xxxx"]}


def test_what_cannot_be_hidden_is_not_written() -> None:
    """A text that the vendor breaks into lines is not found by segment, and is noticed."""
    with pytest.raises(ConfigurationError, match="cannot be hidden"):
        unspoken("1\nevery story\nhas an end\n", Transcript((Segment("every story has an end", 0, 1),)))


def test_an_address_without_a_query_stays() -> None:
    """Only queries of addresses are taken out, and a short or empty secret blots out nothing."""
    text = '{"a": "https://x.invalid/b", "why": "what? https:\\/\\/x.invalid\\/c?sig=1"}'
    assert Veil(["", "a", "77"]).over(text) == text.replace("sig=1", "***")
