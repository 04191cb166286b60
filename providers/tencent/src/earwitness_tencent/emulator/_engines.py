"""The vendor's engine models, and what each allows (manual, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ENGINES", "SENTENCE_ENGINES", "STREAM_ENGINES", "Engine"]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine. `language` is what the ear behind the emulator is asked for, None where the engine finds out itself.

    `speakers`: it tells speakers apart; `plain`: only `ResTextFormat` 0; `large`: fewer flash requests at once.
    `second`: real-time wants the parameters of its second form (10.4).
    """

    name: str
    language: str | None
    speakers: bool = False
    plain: bool = False
    large: bool = False
    second: bool = False

    @property
    def telephone(self) -> bool:
        """Whether it is for 8 kHz audio, the only kind that takes two channels."""
        return self.name.startswith("8k_")

    @property
    def sample_rate(self) -> int:
        """The rate of the samples it hears, in Hz."""
        return 8_000 if self.telephone else 16_000


def _table(*engines: Engine) -> dict[str, Engine]:
    return {engine.name: engine for engine in engines}


_SPEAKERS_PLAIN = {"ja": "ja-JP", "ko": "ko-KR", "ms": "ms-MY", "id": "id-ID", "es": "es-ES", "fr": "fr-FR"}
_PLAIN = {
    "vi": "vi-VN",
    "fil": "fil-PH",
    "th": "th-TH",
    "pt": "pt-PT",
    "tr": "tr-TR",
    "ar": "ar-SA",
    "hi": "hi-IN",
    "de": "de-DE",
}

ENGINES = _table(
    Engine("16k_zh_en_2.0", None, speakers=True, large=True, second=True),
    Engine("16k_zh_en_meeting", None, speakers=True, large=True),
    Engine("16k_zh_en", None, speakers=True, large=True),
    Engine("16k_zh_large", "zh-CN", speakers=True, large=True),
    Engine("8k_zh_large", "zh-CN", speakers=True, large=True),
    Engine("16k_multi_lang", None, plain=True, large=True),
    Engine("16k_en_large", "en-US", large=True),
    Engine("8k_zh", "zh-CN", speakers=True),
    Engine("8k_en", "en-US"),
    Engine("16k_zh", "zh-CN", speakers=True),
    Engine("16k_en", "en-US", speakers=True),
    Engine("16k_yue", "yue-HK"),
    Engine("16k_zh-PY", None),
    Engine("16k_zh-TW", "zh-TW"),
    Engine("16k_zh_dialect", "zh-CN", speakers=True),
    Engine("16k_zh_medical", "zh-CN", plain=True),
    *(Engine(f"16k_{name}", tag, speakers=True, plain=True) for name, tag in _SPEAKERS_PLAIN.items()),
    *(Engine(f"16k_{name}", tag, plain=True) for name, tag in _PLAIN.items()),
)
"""Those of the recording service; flash takes the same."""

# Manual, section 8: neither the large models nor the newer ones.
SENTENCE_ENGINES = {name: engine for name, engine in ENGINES.items() if not engine.large and name != "16k_zh-TW"}

STREAM_ENGINES = {
    **ENGINES,
    **_table(
        Engine("16k_zh_edu", "zh-CN"),
        Engine("16k_zh_court", "zh-CN"),
        Engine("16k_en_game", "en-US"),
        Engine("16k_en_edu", "en-US"),
        Engine("16k_zh_en_speaker", None, speakers=True, large=True, second=True),
    ),
}
