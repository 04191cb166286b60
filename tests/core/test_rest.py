"""What REST providers share: bodies without null, bounded trust in answers, and bare statuses as errors."""

import gc
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    ConfigurationError,
    DeadlineError,
    InvalidRequestError,
    JobNotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    ResultExpiredError,
    UnavailableError,
    UnsupportedFeatureError,
)
from earwitness.exchange import HttpReply
from earwitness.jobs import JobStatus, VendorReference
from earwitness.media import open_media
from earwitness.request import BytesAudio, FileAudio
from earwitness.rest import (
    Meaning,
    brief,
    collector_paused,
    in_trouble,
    json_body,
    media_body,
    read_json,
    refusal,
    retry_after_s,
    status_error,
    untroubled,
)
from support.transcripts import json_values

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MARK = "Zwiebelfisch"


def reply(status: int = 200, **headers: str) -> HttpReply:
    """A reply with this status and these headers, received at NOW."""
    return HttpReply(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", NOW)


def has_null(value: Any) -> bool:
    """Whether null stands anywhere in it."""
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


STATUSES: list[tuple[int, type, type]] = [
    (400, InvalidRequestError, InvalidRequestError),
    (401, AuthenticationError, AuthenticationError),
    (402, QuotaExhaustedError, QuotaExhaustedError),
    (403, PermissionDeniedError, PermissionDeniedError),
    (404, JobNotFoundError, ConfigurationError),
    (408, DeadlineError, DeadlineError),
    (410, ResultExpiredError, ConfigurationError),
    (413, AudioTooLargeError, AudioTooLargeError),
    (422, InvalidRequestError, InvalidRequestError),
    (429, RateLimitedError, RateLimitedError),
    (500, UnavailableError, OutcomeUnknownError),
    (502, UnavailableError, OutcomeUnknownError),
    (503, UnavailableError, OutcomeUnknownError),
    (504, UnavailableError, OutcomeUnknownError),
    (599, UnavailableError, OutcomeUnknownError),
    (200, ProtocolError, ProtocolError),
    (302, ProtocolError, ProtocolError),
]


@pytest.mark.parametrize(("status", "asking", "submitting"), STATUSES, ids=[str(row[0]) for row in STATUSES])
def test_a_bare_status_becomes_its_error(status: int, asking: type, submitting: type) -> None:
    """Each status has one error; on a submission, a server's failure leaves the outcome open."""
    for submission, kind in ((False, asking), (True, submitting)):
        error = status_error(reply(status), operation="upload", submission=submission)
        assert type(error) is kind
        assert error.message == f"The upload call was answered with HTTP {status}"
        assert error.vendor_code == str(status)


@given(st.integers(100, 599))
def test_a_submission_is_repeated_only_where_nothing_was_taken(status: int) -> None:
    """No 5xx and no odd answer lets core submit a second time."""
    error = status_error(reply(status), operation="upload", submission=True)
    if error.retryable and error.accepted == "no":
        assert status in (408, 429)
    if status >= 500:
        assert error.accepted == "unknown"


@given(st.integers(100, 599), st.booleans(), st.booleans())
def test_every_status_has_a_next_step(status: int, submission: bool, job_codes: bool) -> None:
    """Each error says what to do, and to look first wherever a submission may have been taken."""
    error = status_error(reply(status), operation="upload", submission=submission, job_codes=job_codes)
    assert error.action
    assert ("before you submit again" in error.action) is (submission and error.accepted == "unknown")


@pytest.mark.parametrize("status", [429, 503])
def test_overload_says_how_long_to_wait(status: int) -> None:
    """Retry-After of a busy vendor is on the error, in seconds."""
    assert status_error(reply(status, retry_after="7"), operation="ask").retry_after == 7.0
    assert status_error(reply(status), operation="ask").retry_after is None


@given(st.integers(0, 10**6))
def test_retry_after_in_seconds(seconds: int) -> None:
    """A number is seconds, with blanks around it or not."""
    assert retry_after_s(reply(retry_after=f" {seconds} ")) == seconds


@given(st.integers(-(10**6), 10**6))
def test_retry_after_as_a_date(seconds: int) -> None:
    """A date is counted from the reply's arrival, in HTTP's own form and in the old ones; the past is now."""
    then = NOW + timedelta(seconds=seconds)
    for form in (
        format_datetime(then, usegmt=True),
        then.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        then.strftime("%a %b %d %H:%M:%S %Y"),
    ):
        assert retry_after_s(reply(retry_after=form)) == max(0, seconds)


@given(st.text())
def test_retry_after_of_any_text_is_a_wait_or_nothing(value: str) -> None:
    """No header of a vendor, however odd, ends in an exception or a negative wait."""
    wait = retry_after_s(reply(retry_after=value))
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1.5", "²", "٣", "Mon, 01 Jan 2024", "Mon, 99 Jan 2024 00:00:00 GMT"]
)
def test_retry_after_that_says_nothing(value: str) -> None:
    """What is neither a whole number nor a moment asks for no wait."""
    assert retry_after_s(reply(retry_after=value)) is None


@given(st.dictionaries(st.text(), json_values))
def test_a_body_has_no_null_at_any_depth(value: dict[str, Any]) -> None:
    """Whatever is unset is left out, in mappings and lists, and the rest arrives as it was."""
    body = json.loads(json_body(value))
    assert not has_null(body)
    if not has_null(value):
        assert body == value


def test_a_body_is_compact_utf8() -> None:
    """No blank and no escape more than needed; tuples are lists."""
    assert json_body({"a": (1, None, "네"), "b": {"c": None}, "d": None}) == '{"a":[1,"네"],"b":{}}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), f"{MARK}\ud800"])
def test_a_body_that_json_cannot_hold_is_refused(value: object) -> None:
    """NaN and broken text end in our own error, which does not quote them."""
    with pytest.raises(InvalidRequestError) as caught:
        json_body({"a": [value]})
    assert MARK not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None


class Piece(BaseModel):
    """One sentence of an answer."""

    text: str
    state: Literal["done"] = "done"


class Reply(BaseModel):
    """An answer of some vendor."""

    pieces: list[Piece] = []
    by_word: dict[str, int] = {}


class Odd:
    """A type that pydantic can check and not describe."""


ADAPTER = TypeAdapter(Reply)


def test_a_good_answer_is_read() -> None:
    """An answer as the manual describes it becomes its model; what the manual adds later does no harm."""
    assert read_json(ADAPTER, b'{"pieces":[{"text":"a","new":1}]}', what="result") == Reply(pieces=[Piece(text="a")])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"pieces": [{"text": [MARK]}]}, "pieces.0.text: string_type"),
        ({"pieces": [{"text": MARK, "state": MARK}]}, "pieces.0.state: literal_error"),
        ({"pieces": MARK}, "pieces: list_type"),
        ({"by_word": {MARK: MARK}}, "by_word.*: int_parsing"),
        (MARK, "document: model_type"),
    ],
)
def test_a_wrong_answer_names_places_only(body: object, place: str) -> None:
    """Neither a value nor a key that is data shows in the error or in what hangs on it."""
    with pytest.raises(ProtocolError) as caught:
        read_json(ADAPTER, json.dumps(body).encode(), what="result")
    assert caught.value.message == f"The result is not what the vendor's manual describes: {place}"
    assert MARK not in f"{caught.value!r} {caught.value.__dict__}"
    assert caught.value.__context__ is None
    assert caught.value.accepted == "unknown"


def test_a_broken_answer_does_not_show() -> None:
    """A cut-off answer is a protocol error without its text."""
    with pytest.raises(ProtocolError, match="document: json_invalid") as caught:
        read_json(ADAPTER, f'{{"pieces": [{{"text": "{MARK}'.encode(), what="result")
    assert MARK not in str(caught.value)


def test_a_type_without_a_schema_shows_no_keys() -> None:
    """Where the declared names cannot be known, every key is hidden and the error is still ours."""
    adapter = TypeAdapter(dict[str, Odd], config={"arbitrary_types_allowed": True})
    with pytest.raises(ProtocolError, match=r"describes: \*: needs_python_object"):
        read_json(adapter, json.dumps({MARK: 1}).encode(), what="result")


def test_the_collector_is_paused_and_comes_back() -> None:
    """Inside there is no cyclic collection; afterwards, also after an error, it is as it was before."""
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_paused():
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_pause_of_two_threads_ends() -> None:
    """Pauses that overlap in two threads leave the collector on once both are over."""
    inside, leave = threading.Barrier(2), threading.Barrier(2)

    def pause(after: Callable[[], object]) -> None:
        with collector_paused():
            inside.wait(10)
            after()

    other = threading.Thread(target=pause, args=(lambda: leave.wait(10),))
    other.start()
    pause(lambda: None)
    leave.wait(10)
    other.join(10)
    assert gc.isenabled()


def test_a_refusal_has_its_meaning_and_the_vendors_words() -> None:
    """Kind, sentence and advice are the meaning's; code, text and request id the vendor's, each on one short line."""
    meaning = Meaning(RateLimitedError, "Too many", "Wait.", retryable=False, accepted="unknown", wait_s=2.0)
    error = refusal(meaning, "E1", "a\nb\x00" + "c" * 5000, reply=reply(), trace="r\n1")
    assert type(error) is RateLimitedError and (error.message, error.action) == ("Too many", "Wait.")
    assert (error.retryable, error.accepted, error.retry_after) == (False, "unknown", 2.0)
    assert (error.vendor_code, error.request_id) == ("E1", "r 1")
    assert error.vendor_message is not None and len(error.vendor_message) <= 201


def test_a_refusal_keeps_the_kinds_own_advice() -> None:
    """What the meaning leaves unset is the kind's default; the vendor's wish to wait goes before ours."""
    error = refusal(Meaning(RateLimitedError, "x", wait_s=2.0), "E1", None, reply=reply(429, **{"retry-after": "7"}))
    assert (error.retryable, error.accepted, error.retry_after) == (True, "no", 7.0)
    assert (error.vendor_message, error.request_id) == (None, None)
    unsupported = refusal(Meaning(UnsupportedFeatureError, "x", feature="speakers"), "E2", "")
    assert isinstance(unsupported, UnsupportedFeatureError) and unsupported.feature == "speakers"


def test_a_brief_line() -> None:
    """Blanks and what cannot be printed become one blank; what is longer is cut."""
    assert brief(" a\n\tb\x1b[0m ") == "a b [0m"
    assert brief("x" * 200) == "x" * 200 and brief("x" * 201) == "x" * 200 + "…"


def test_media_as_a_body(tmp_path: Path) -> None:
    """The media's own bytes in blocks, afresh at each opening, with their length known before."""
    data = bytes(range(256)) * 4096
    path = tmp_path / "a.raw"
    path.write_bytes(data)
    for source in (FileAudio(path), BytesAudio(data, "a.raw")):
        with open_media(source) as media:
            body = media_body(media)
            assert body.length == len(data)
            for _ in range(2):
                blocks = list(body.open())
                assert b"".join(blocks) == data and max(map(len, blocks)) <= 256 * 1024


@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_address_is_no_missing_job_where_those_have_codes(status: int) -> None:
    """Of a vendor that says by a code of its own that a job is missing, a bare 404 means the address."""
    assert isinstance(status_error(reply(status), operation="fetch"), JobNotFoundError)
    told = status_error(reply(status), operation="fetch", job_codes=True)
    assert type(told) is ConfigurationError and told.accepted == "no"


def test_trouble_is_counted_until_the_patience_ends() -> None:
    """A job in trouble goes on as often as the meaning has patience; good news forgets the count, and only that."""
    meaning, job = Meaning(UnavailableError, "x", patience=2), VendorReference("s", "1", state={"a": 1})
    for count in (1, 2):
        update = in_trouble(meaning, job)
        assert update is not None and update.reference is not None and update.check_after
        assert update.status is JobStatus.RUNNING and update.reference.state == {"a": 1, "troubles": count}
        job = update.reference
    assert in_trouble(meaning, job) is None and in_trouble(meaning, None) is None
    assert untroubled(job) == VendorReference("s", "1", state={"a": 1})
    assert untroubled(None) is None
