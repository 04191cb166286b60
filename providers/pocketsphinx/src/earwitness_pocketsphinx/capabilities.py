"""What PocketSphinx can do, as declared data."""

from earwitness.capabilities import AudioForm, Capabilities, Limit, Service, Source
from earwitness.request import Feature

__all__ = ["CAPABILITIES", "DEFAULT_LANGUAGE"]

DEFAULT_LANGUAGE = "en-US"

_SOURCE = Source("PocketSphinx 5.1 documentation, Decoder and Endpointer", "2026-11")

CAPABILITIES = Capabilities(
    services=(
        Service(
            name="local",
            submission="free",
            audio=("inline", "stream"),
            features={Feature.WORD_TIMES: Limit(note="10 ms frames", source=_SOURCE)},
            languages=(DEFAULT_LANGUAGE,),
            accepts=AudioForm(),
            cancellable=True,
            sources=(_SOURCE,),
        ),
    )
)
