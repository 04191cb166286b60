"""Echo keeps the contract: one test for each clause, from the conformance kit."""

from earwitness.errors import (
    AudioTooLargeError,
    AuthenticationError,
    BadAudioError,
    OutcomeUnknownError,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
)
from earwitness.testing import ProviderContract, Recorded, Table

from earwitness_echo._translate import PROBLEMS

SPEECH = {
    "utterances": [
        {"at": 210, "for": 1860, "said": "every story", "words": [[210, 900, "every"], [900, 2070, "story"]]},
        {"at": 3090, "for": 1460, "said": "안녕하세요"},
    ]
}


class TestEcho(ProviderContract):
    """Every clause that Echo's declarations call for."""

    plugin = "earwitness_echo"
    settings = {"api_key": "key-of-the-tests", "base_url": "https://echo.invalid"}
    request = {"language": "en-US"}
    emulator = "earwitness_echo.emulator:create"
    answers = (
        Recorded(SPEECH, text="every story 안녕하세요", words=2, end_ms=4550),
        Recorded({"utterances": []}, text=""),
    )
    tables = (
        Table(
            "submit",
            {"problem": "{code}", "detail": "no"},
            {
                "bad_key": (AuthenticationError, "no"),
                "no_credit": (QuotaExhaustedError, "no"),
                "too_long": (AudioTooLargeError, "no"),
                "no_audio": (BadAudioError, "no"),
                "too_fast": (RateLimitedError, "no"),
                "broken": (OutcomeUnknownError, "unknown"),
            },
            known=PROBLEMS,
            unknown=(ProtocolError, "unknown"),
            status=400,
        ),
    )
