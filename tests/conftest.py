"""Shared by all tests: nobody's own configuration takes part, and properties have no deadline and leave no files.

A busy machine is no defect.
"""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("search", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
# The same samples in every run: a change is judged by what it changes. `--hypothesis-profile=search` looks for others.
settings.register_profile("earwitness", settings.get_profile("search"), derandomize=True)
settings.register_profile("brief", settings.get_profile("earwitness"), max_examples=20)
settings.load_profile("earwitness")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would every command that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def nobodys_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No file and no variable of whoever runs the tests is read, in this process or one that it starts."""
    ours = ("EARWITNESS__", "EARWITNESS_PROFILE", "EARWITNESS_CONFIG")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("nobody")))
        for name in [name for name in os.environ if name.upper().startswith(ours)]:
            patch.delenv(name)
        yield
