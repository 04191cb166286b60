"""What can be set about the emulated service; the defaults are what the vendor's manual says or its clients saw."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from earwitness.emulation import Switches

__all__ = ["TencentSwitches"]


class TencentSwitches(Switches):
    """How this Tencent behaves where the manual leaves a choice, and which of its oddities it shows.

    Seconds are the emulator's own, so that its clock drives them. A limit of 0 is no limit.
    """

    submissions_per_s: int = Field(default=20, ge=0)
    """CreateRecTask calls per second and key."""
    queries_per_s: int = Field(default=50, ge=0)
    """DescribeTaskStatus calls per second and key."""
    sentences_per_s: int = Field(default=30, ge=0)
    """SentenceRecognition calls per second and key."""
    limit_code: Literal["RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded"] = (
        "RequestLimitExceeded.UinLimitExceeded"
    )
    """What exceeding them is called."""
    flash_at_once: int = Field(default=20, ge=0)
    """Flash requests at the same time."""
    flash_large_at_once: int = Field(default=5, ge=0)
    """The same for an engine with a large model."""
    streams_at_once: int = Field(default=200, ge=0)
    """Real-time connections at the same time."""

    life_s: float = Field(default=86_400, gt=0)
    """How long a task can be asked about after its submission."""
    first_task_id: int = Field(default=1_000_000_001, ge=1)
    """Where each day's TaskIds begin."""
    ids_repeat: bool = True
    """TaskIds begin anew every day (UTC), so that yesterday's ids come back."""
    unknown_at_first_s: float = Field(default=0, ge=0)
    """For so long after its submission a task is not found yet."""
    waiting_s: float = Field(default=0, ge=0)
    """How long a task waits before it is worked on."""
    doing_s: float = Field(default=0, ge=0)
    """How long it is at least worked on."""
    waiting_answers: int = Field(default=0, ge=0)
    """At least so many answers say `waiting` ..."""
    doing_answers: int = Field(default=0, ge=0)
    """... and then so many `doing`."""
    dead_url: Literal["failed", "error"] = "failed"
    """A task whose URL cannot be fetched has failed, or asking about it is the error FailedOperation.ErrorDownFile."""
    fetch_timeout_s: float = Field(default=30, gt=0)
    """How long fetching a URL may take, in seconds of real time."""
    rule_code: str = "InvalidParameterValue"
    """The code for parameters that do not go together."""
    plain_engine: Literal["refuse", "degrade"] = "refuse"
    """What happens to word times from an engine that has none: the request is refused, or they are left out."""

    no_detail: Literal["null", "empty", "missing"] = "null"
    """How a `ResultDetail` without content looks."""
    no_words: Literal["null", "empty"] = "null"
    """How `Words` without content look."""
    without_words: bool = False
    """`Words` have no content although they were asked for."""
    blanks: int = Field(default=2, ge=1, le=2)
    """Blanks after the time stamp in a `Result` line."""
    disordered_words: bool = False
    """`Words` stand in another order than they were said, with a blank one among them, as in the manual's example."""
    other_task_id: bool = False
    """A finished task's answer names another TaskId, as in the manual's example."""
    more_fields: bool = False
    """Answers hold fields that no manual names."""
    trailing_comma: bool = False
    """Answers are the invalid JSON of the manual's example."""
    content_type: str = "application/json"
    """The Content-Type of cloud API answers; with a charset the official Python SDK overlooks errors."""
    language: Literal["en-US", "zh-CN"] = "en-US"
    """The language of messages for a caller that names none."""

    signed_host: Literal["any", "own", "real"] = "any"
    """Which host name signatures must cover: the one that the request was sent to, Tencent's, or either."""
    any_scope: bool = False
    """Signatures for another service name than `asr` count too; the Node.js SDK makes them for a local address."""
    strict_parameters: bool = False
    """Flash and real-time refuse parameters that no manual names; the service seems to overlook them."""
    clock_ahead_s: float = 0
    """How far this server's clock is ahead of the emulator's."""
    token_life_s: float = Field(default=7_200, gt=0)
    """How long the temporary key is good."""

    callback_tries: int = Field(default=2, ge=1)
    """How often a callback is tried until the receiver takes it."""
    callback_interval_s: float = Field(default=5, ge=0)
    """The time between two tries."""
    callback_lost: bool = False
    """Callbacks are never sent."""
    callback_twice: bool = False
    """Callbacks come again although they were taken."""
    callback_blanks: Literal["plus", "percent"] = "plus"
    """How blanks are written in a callback."""

    idle_s: float = Field(default=15, gt=0)
    """Real-time: so long without audio ends a connection with 4008."""
    ahead_ms: int = Field(default=3_000, ge=0)
    """Real-time: more audio than this within one second ends a connection with 4000; 0 lets all through."""
    refused_stream: Literal["message", "status"] = "message"
    """Real-time: a refusal is a message on the open connection, or the hand-shake fails with HTTP status 400."""
