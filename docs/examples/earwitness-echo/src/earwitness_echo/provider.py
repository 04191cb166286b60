"""Echo takes a recording and answers with what was said in it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from earwitness.exchange import Exchange, HttpCall
from earwitness.jobs import JobUpdate, VendorReference
from earwitness.models import Answer
from earwitness.provider import Provider, Submission
from earwitness.rest import media_body

from ._translate import update_of
from .settings import CAPABILITIES, Settings

__all__ = ["Echo"]

_LANGUAGES = {"en-US": "en"}


@dataclass(frozen=True, slots=True)
class _KeyAuth:
    """Shows the key. Its repr hides it."""

    key: str = field(repr=False)

    def sign(self, call: HttpCall, now: datetime) -> HttpCall:
        return replace(call, headers={**call.headers, "x-echo-key": self.key})


class Echo(Provider[Settings]):
    """Echo, as declared in `settings`."""

    name = "echo"
    Settings = Settings
    capabilities = CAPABILITIES

    async def submit(self, submission: Submission) -> JobUpdate:
        """Hands the recording over and waits for the answer, which is billed."""
        call = _say(self.settings.base_url, submission)
        auth = _KeyAuth(self.settings.api_key.get_secret_value())
        return await self.runtime.converse(lambda: _saying(call), auth)

    @classmethod
    def read_answer(cls, answer: Answer, reference: VendorReference | None = None) -> JobUpdate:
        """What a stored answer means: the same code as for one that has just come."""
        return update_of(answer)


def _say(base: str, submission: Submission) -> HttpCall:
    """`POST /say`. Not `repeatable`: a second call would be billed a second time."""
    assert submission.media is not None, "the one service takes the audio itself"
    asked = submission.plan.languages[0]
    query = {"lang": _LANGUAGES.get(asked, asked), **({"words": "1"} if submission.request.word_times else {})}
    headers = {"content-type": submission.media.content_type}
    return HttpCall("say", "POST", f"{base}/say", query, headers, media_body(submission.media), read_timeout_s=120.0)


def _saying(call: HttpCall) -> Exchange[JobUpdate]:
    reply = yield call
    return update_of(Answer(reply.body, reply.headers.get("content-type", "application/json"), "say"), reply=reply)
