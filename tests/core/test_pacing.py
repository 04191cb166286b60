"""Calls and jobs keep to what a provider declares that its vendor allows."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from earwitness._http.pacing import Pacer
from earwitness._runtime import CoreRuntime
from earwitness.capabilities import Rate, Service
from support.clocks import ManualClock


@given(st.integers(1, 50), st.floats(0.5, 10), st.lists(st.floats(0, 3), min_size=1, max_size=80), st.integers(0, 10))
def test_no_window_holds_more_calls_than_allowed(calls: int, per_s: float, pauses: list[float], at_once: int) -> None:
    """However calls come, in bursts or with pauses, each window of the rate's length holds at most so many."""
    clock, begun = ManualClock(), []
    pacer = Pacer(clock, [Rate("submit", calls, per_s)])

    async def main() -> None:
        for number, pause in enumerate(pauses):
            if number % 11 >= at_once:
                await clock.sleep(pause)
            await pacer.turn("submit")
            begun.append(clock.monotonic())

    asyncio.run(main())
    for first in begun:
        window = [one for one in begun if first <= one < first + per_s * (1 - 1e-9)]
        assert len(window) <= calls


def test_other_operations_do_not_wait() -> None:
    """A rate holds for its own operation; without one nothing waits. The strictest of several counts."""
    clock = ManualClock()
    pacer = Pacer(clock, [Rate("submit", 20), Rate("submit", 1), Rate("fetch", 50)])

    async def main() -> None:
        for _ in range(100):
            await pacer.turn("upload")
        assert not clock.slept
        await pacer.turn("submit")
        await pacer.turn("fetch")
        assert not clock.slept
        await pacer.turn("submit")
        assert clock.slept[-1] >= 1

    asyncio.run(main())


def test_jobs_wait_for_one_of_the_places() -> None:
    """No more jobs of a service are under way than it takes at once, and other services' jobs do not wait."""

    async def main() -> None:
        runtime = CoreRuntime(heard=lambda attempt, event: None)
        runtime.keep_to([Service("flash", max_concurrent=3), Service("recording")])
        inside = most = 0

        async def job(service: str) -> None:
            nonlocal inside, most
            async with runtime.place(service):
                inside += service == "flash"
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= service == "flash"

        await asyncio.gather(*(job("flash") for _ in range(20)), *(job("recording") for _ in range(20)))
        assert most == 3

    asyncio.run(main())
