"""Run by a test: uploads a small and a big file through the plugin, and prints by how much its memory grew."""

import asyncio
import json
import resource
import sys
import tomllib

from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.session import AsyncSession
from earwitness_clova.provider import Clova


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told * 1024


async def main() -> int:
    """The growth in bytes."""
    facts = json.load(sys.stdin)
    (table,) = tomllib.loads(facts["profile_toml"])["profiles"].values()
    async with AsyncSession(Clova, Profile("test", "clova", table["settings"]), Plugins(())) as session:
        at_once = {"completion": "sync"}
        await session.transcribe(facts["small"], language="ko-KR", vendor=at_once)
        before = peak()
        await session.transcribe(facts["big"], language="ko-KR", vendor=at_once)
        return peak() - before


if __name__ == "__main__":
    print(asyncio.run(main()))
