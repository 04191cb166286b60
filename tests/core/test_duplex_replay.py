"""The replay buffer keeps what may be needed and no more; the timeline moves times to the whole audio."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness._live.replay import ReplayBuffer, Timeline
from earwitness.models import Interim, Segment, Word
from earwitness.streaming import Final

RATE = 1000


def pcm(start: int, count: int) -> bytes:
    """Samples that are their own number."""
    return b"".join((number % 65536).to_bytes(2, "little") for number in range(start, start + count))


@settings(deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "take", "settle", "rewind"]), st.integers(0, 700)), min_size=1, max_size=60
    )
)
def test_the_buffer_gives_every_sample_in_order(steps: list[tuple[str, int]]) -> None:
    """Whatever is put, taken, settled and rewound: samples come in order, the window is bounded, no loss is silent."""

    async def main() -> None:
        buffer = ReplayBuffer(RATE, replay_s=0.5, ahead_s=0.2)
        put = sent = heard = 0
        for what, count in steps:
            if what == "put":
                with suppress(TimeoutError):
                    async with asyncio.timeout(0):
                        await buffer.put(pcm(put, count))
                assert buffer.end == put + count or buffer.unsent >= 200
                put = buffer.end
            elif what == "take":
                taken = buffer.take(count)
                assert taken == pcm(sent, min(count, put - sent))
                sent += len(taken) // 2
            elif what == "settle":
                buffer.settle(heard + count)
                heard = max(heard, min(heard + count, sent))
            else:
                lost = buffer.rewind()
                assert 0 <= lost <= max(0, sent - heard - 500)
                heard = sent = heard + lost
            assert (buffer.sent, buffer.heard, buffer.end) == (sent, heard, put)
            assert buffer.end - buffer.base <= 500 + 2 * 200

    asyncio.run(main())


def test_a_waiting_source_is_let_in_again() -> None:
    """A source that waits for room goes on as soon as something was taken, and nobody waits for a source that waits."""

    async def main() -> None:
        buffer = ReplayBuffer(RATE, replay_s=0.1, ahead_s=0.1)
        await buffer.put(pcm(0, 100))
        waiting = asyncio.create_task(buffer.put(pcm(100, 50)))
        await asyncio.sleep(0)
        assert not waiting.done()
        await asyncio.wait_for(buffer.more_than(100), 5)
        assert buffer.take(10) == pcm(0, 10)
        await asyncio.wait_for(waiting, 5)
        assert buffer.end == 150

    asyncio.run(main())


def test_half_a_sample_waits_for_its_other_half() -> None:
    """Blocks of odd length are joined; a last half sample is dropped."""

    async def main() -> None:
        buffer = ReplayBuffer(RATE, replay_s=1, ahead_s=1)
        whole = pcm(0, 4)
        await buffer.put(whole[:3])
        assert buffer.take(9) == whole[:2]
        await buffer.put(whole[3:7])
        buffer.finish()
        assert buffer.take(9) == whole[2:6]
        assert buffer.drained

    asyncio.run(main())


def test_a_pause_of_the_source_is_noticed() -> None:
    """A wait for more audio ends after its patience, with what there is."""

    async def main() -> None:
        buffer = ReplayBuffer(RATE, replay_s=1, ahead_s=1)
        assert not await buffer.available(5, patience_s=0.01)
        await buffer.put(pcm(0, 3))
        assert await buffer.available(5, patience_s=0.01)
        assert len(buffer.take(5)) == 6

    asyncio.run(main())


def test_times_are_moved_in_new_objects() -> None:
    """Every time of a segment and its words moves by the offset; absent times stay absent; the original stays."""
    segment = Segment("a b", 0, None, (Word("a", 0, 10, 0.5), Word("b")), speaker="s", derived=("end_ms",))
    moved = Timeline(1000).final(Final(segment, 20))
    assert moved == Final(
        Segment("a b", 1000, None, (Word("a", 1000, 1010, 0.5), Word("b")), speaker="s", derived=("end_ms",)), 1020
    )
    assert segment.words[0].start_ms == 0
    assert Timeline(1000).interim(Interim("a", 5)).start_ms == 1005
    assert Timeline(0).final(Final(segment, 20)).segment is segment


@pytest.mark.parametrize(
    ("ms", "whole"),
    [(0, 100), (50, 150), (60, 150), (150, 150), (200, 200), (300, 300), (350, 300), (500, 400)],
)
def test_filled_silence_takes_no_time(ms: int, whole: int) -> None:
    """Times after, and within, silence that core filled in are those of the source's audio."""
    timeline = Timeline(100)
    timeline.fill(50, 50)
    timeline.fill(100, 50)
    timeline.fill(300, 100)
    assert timeline.whole(ms) == whole
