"""Run as a program: prints by how many MiB this process grew while a flash recording of 100 MB was sent."""

import asyncio
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

from earwitness._plugins import Plugins
from earwitness.config import Profile
from earwitness.request import RequestOptions
from earwitness.session import AsyncSession
from earwitness_tencent.provider import Tencent
from support.transport_memory import grown

RATE = 16_000
ANSWER = b'{"request_id": "r", "code": 0, "message": "", "audio_duration": 1, "flash_result": []}'


async def flash(reader: Any, writer: Any) -> None:
    """Reads uploads without keeping them, and answers that nothing was said."""
    while head := (await reader.readuntil(b"\r\n\r\n")).lower():
        left = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
        while left > 0:
            left -= len(await reader.read(65536))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        await writer.drain()


def recording(path: Path, length: int) -> Path:
    """A WAV file of about so many bytes."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for _ in range(length // 1_000_000):
            file.writeframes(bytes(1_000_000))
    return path


async def main(folder: Path) -> None:
    """One small recording to load everything, then the huge one."""
    server = await asyncio.start_server(flash, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = {"secret_id": "i", "secret_key": "k", "app_id": "1", "flash_url": address}
    profile = Profile("memory", "tencent", settings, RequestOptions(language=("zh-CN",), service="flash"))
    small, huge = recording(folder / "small.wav", 1_000_000), recording(folder / "huge.wav", 99_000_000)
    async with AsyncSession(Tencent, profile, Plugins(()), version="0") as session:
        await session.transcribe(small)
        before = grown()
        await session.transcribe(huge)
    print(grown() - before)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as place:
        asyncio.run(main(Path(place)))
