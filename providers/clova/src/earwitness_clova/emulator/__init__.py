"""CLOVA Speech on this machine, faithful to the vendor's manual: `earwitness emulate clova`, or in a test:

    from earwitness.emulation import EmulatorOptions, GivenHearing, running
    from earwitness_clova.emulator import create

    with running(create(EmulatorOptions(hearing=GivenHearing(transcript)))) as clova:
        profile = clova.facts()["profile_toml"]

It needs the extra `emulation` of earwitness. Its wire writer shares nothing with the plugin's reader.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earwitness.emulation import EmulatorOptions

    from ._server import ClovaEmulator

__all__ = ["create"]


def create(options: "EmulatorOptions") -> "ClovaEmulator":
    """The emulator with these options, not yet started. Raises ConfigurationError for a wrong switch or secret."""
    from ._server import ClovaEmulator

    return ClovaEmulator(options)
