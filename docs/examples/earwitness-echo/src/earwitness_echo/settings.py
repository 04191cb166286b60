"""What an Echo profile sets, and what Echo can do. The two part company when one of them grows."""

from typing import Annotated

from earwitness.capabilities import AudioForm, Capabilities, Limit, Service, Source
from earwitness.fields import Key, web_address
from earwitness.provider import ProviderSettings
from earwitness.request import Feature
from pydantic import AfterValidator, ConfigDict

__all__ = ["CAPABILITIES", "Settings"]

_MANUAL = Source("Echo's manual, in the README of earwitness-echo", "2026-11")

CAPABILITIES = Capabilities(
    services=(
        Service(
            name="say",
            submission="paid",
            audio=("inline",),
            features={Feature.WORD_TIMES: Limit(source=_MANUAL)},
            languages=("en-US",),
            accepts=AudioForm(
                containers=("wav",), codecs=("pcm_s16le",), max_channels=1, max_bytes=10_000_000, max_duration_ms=60_000
            ),
            sources=(_MANUAL,),
        ),
    )
)


def _address(given: str) -> str:
    web_address(given)
    return given.rstrip("/")


class Settings(ProviderSettings):
    """Who pays, and where Echo answers."""

    model_config = ConfigDict(hide_input_in_errors=True)

    api_key: Key
    """The key of the account."""
    base_url: Annotated[str, AfterValidator(_address)] = "https://echo.example"
    """Where Echo answers; tests name their emulator here."""
