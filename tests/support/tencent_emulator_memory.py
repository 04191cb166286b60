"""Run as a program: prints by how many MiB this process grew while its emulator took a flash recording of 99 MB."""

import http.client
import struct
from collections.abc import Iterator
from urllib.parse import urlencode

from support.tencent_emulator import Client, emulated, flash_signature
from support.transport_memory import grown

BLOCK = 1_000_000


def recording(blocks: int) -> Iterator[bytes]:
    """A WAV file of about so many megabytes, block by block."""
    size = blocks * BLOCK
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    yield struct.pack("<4sI4s", b"RIFF", size + 36, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    block = bytes(BLOCK)
    for _ in range(blocks):
        yield block


def send(client: Client, blocks: int) -> None:
    """One flash request that holds one block at a time."""
    values = {
        "secretid": client.secret_id,
        "timestamp": str(client.now),
        "engine_type": "16k_en",
        "voice_format": "wav",
    }
    place = client.facts["flash_url"].partition("://")[2]
    host, _, path = place.partition("/")
    line = http.client.HTTPConnection(host, timeout=60)
    headers = {"Authorization": flash_signature(place, values), "Content-Length": str(blocks * BLOCK + 44)}
    line.request("POST", f"/{path}?{urlencode(values)}", body=recording(blocks), headers=headers)
    reply = line.getresponse().read()
    assert b'"code": 0' in reply, reply[:200]
    line.close()


if __name__ == "__main__":
    with emulated() as client:
        send(client, 1)
        before = grown()
        send(client, 99)
        print(grown() - before)
