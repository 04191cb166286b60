"""Tencent Cloud ASR on this machine, faithful to the vendor's manual: `earwitness emulate tencent`, or in a test:

    from earwitness.emulation import EmulatorOptions, GivenHearing, running
    from earwitness_tencent.emulator import create

    with running(create(EmulatorOptions(hearing=GivenHearing(transcript)))) as tencent:
        profile = tencent.facts()["profile_toml"]

It needs the extra `emulation` of earwitness. It is written from the manual and shares no code with the plugin beside
it, so that neither can hide the other's mistakes. What is heard is written as it was heard: options that would change
the words themselves (swear words, fillers, numerals, hot words, keyword libraries, loudness) are checked and change
nothing.
"""

from typing import TYPE_CHECKING

from earwitness.errors import ConfigurationError

if TYPE_CHECKING:
    from earwitness.emulation import EmulatorOptions

    from ._emulator import TencentEmulator

__all__ = ["create"]


def create(options: "EmulatorOptions") -> "TencentEmulator":
    """The emulator with these options, not yet started.

    Raises ConfigurationError for a switch or secret that does not exist, and without the library aiohttp.
    """
    try:
        from ._emulator import TencentEmulator
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        raise ConfigurationError(
            "The Tencent emulator needs the library aiohttp, which is not installed",
            action='pip install "earwitness[emulation]"',
        ) from None
    return TencentEmulator(options)
