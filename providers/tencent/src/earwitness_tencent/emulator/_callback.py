"""The callback: a form, posted to the address that came with the task, tried again until it is taken (manual, 7)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, quote_plus, urlencode

from ._json import dumped
from ._tasks import Outcome

if TYPE_CHECKING:
    from ._emulator import TencentEmulator

__all__ = ["Notice", "notify"]


@dataclass(frozen=True, slots=True)
class Notice:
    """The fields of one callback."""

    fields: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, task_id: int, outcome: Outcome, body: dict[str, Any], *, app_id: str) -> Self:
        """What is told about a finished task; `requestId` is its TaskId."""
        failure = outcome.failure
        fields = {
            "code": str(failure.code if failure else 0),
            "requestId": str(task_id),
            "appid": app_id,
            "projectid": "0",
            "text": outcome.text,
            "audioTime": f"{outcome.duration_ms / 1000:.6f}",
            "message": failure.message if failure else "",
            "resultDetail": dumped(outcome.detail).decode() if outcome.detail else "",
        }
        if body["SourceType"] == 0:
            fields["audioUrl"] = body["Url"]
        return cls(fields)


async def notify(emulator: TencentEmulator, url: str, notice: Notice) -> None:
    """Delivers it as often as the switches say."""
    switches = emulator.switches
    if switches.callback_lost:
        return
    blanks = quote_plus if switches.callback_blanks == "plus" else quote
    body = urlencode(notice.fields, quote_via=blanks, errors="replace").encode()
    for _ in range(1 + switches.callback_twice):
        await emulator.callbacks.deliver(
            url,
            body=body,
            content_type="application/x-www-form-urlencoded",
            tries=switches.callback_tries,
            interval_s=switches.callback_interval_s,
            accept=_taken,
        )


def _taken(status: int, reply: bytes) -> bool:
    """Whether the receiver answered `{"code": 0}`; anything else is a failure (7.1)."""
    try:
        said = json.loads(reply)
    except (ValueError, RecursionError):
        return False
    return status == 200 and isinstance(said, dict) and said.get("code") == 0 and said.get("code") is not False
