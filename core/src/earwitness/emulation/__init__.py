"""What the emulators of all vendors share: clock, faults, billing, callbacks, hearing, storage, and the server.

A vendor's emulator subclasses `Emulator`, and is announced by the entry point group `earwitness.emulators`, whose value
is a function that takes `EmulatorOptions`. It needs the extra `emulation`; nothing here needs pytest.
"""

from .billing import BillingLog, Charge
from .callbacks import Callbacks, Delivery
from .clock import Clock
from .faults import Fault, FaultKind, Faults
from .finding import EMULATORS, installed_emulators, load_emulator
from .hearing import Event, GivenHearing, Hearing, HearingStream, ProfileHearing, given_transcript
from .profiles import profile_toml
from .receiving import FormPart, fetch_file, fresh_path, receive_body, receive_form
from .serving import Emulator, EmulatorOptions, Handler, running
from .storage import ObjectFolder
from .switches import Switches, read_switches

__all__ = [
    "EMULATORS",
    "BillingLog",
    "Callbacks",
    "Charge",
    "Clock",
    "Delivery",
    "Emulator",
    "EmulatorOptions",
    "Event",
    "Fault",
    "FaultKind",
    "Faults",
    "FormPart",
    "GivenHearing",
    "Handler",
    "Hearing",
    "HearingStream",
    "ObjectFolder",
    "ProfileHearing",
    "Switches",
    "fetch_file",
    "fresh_path",
    "given_transcript",
    "installed_emulators",
    "load_emulator",
    "profile_toml",
    "read_switches",
    "receive_body",
    "receive_form",
    "running",
]
