"""Run as a program: prints by how many MiB this process grew while it sent or received something huge."""

import asyncio
import logging
import resource
import sys
import zlib
from contextlib import aclosing, suppress
from typing import Any

from earwitness._http.transport import Transport
from earwitness.errors import ProtocolError
from earwitness.exchange import Body, Exchange, HttpCall, HttpReply, StreamBody

MIB = 1 << 20


def bomb() -> bytes:
    """About 1 MiB of gzip that holds 1 GiB of zeros, made without holding them."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    head = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1023


async def swallow(reader: Any, writer: Any) -> None:
    """Reads uploads without keeping them, and answers with or without a bomb."""
    while head := (await reader.readuntil(b"\r\n\r\n")).lower():
        left = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
        while left > 0:
            left -= len(await reader.read(65536))
        body = bomb() if b"/bomb" in head else b""
        encoding = b"Content-Encoding: gzip\r\n" if body else b""
        writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (encoding, len(body)) + body)
        with suppress(ConnectionError):
            await writer.drain()


def grown() -> float:
    """The peak so far, in MiB (kibibytes on Linux, bytes on macOS)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MIB if sys.platform == "darwin" else 1024)


async def main(what: str, fast: bool) -> None:
    """One small call to load everything, then the huge one."""
    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    huge = StreamBody(lambda: (bytes([n % 256]) * (MIB // 4) for n in range(800)), 200 * MIB)

    def exchange(path: str, body: Body) -> Exchange[HttpReply]:
        return (yield HttpCall("test", "POST", f"{address}/{path}", body=body))

    async with aclosing(Transport(fast=fast)) as transport:
        await transport.converse(lambda: exchange("warm", b""))
        bomb()
        before = grown()
        try:
            await transport.converse(lambda: exchange(what, huge if what == "upload" else b""))
        except ProtocolError:
            assert what == "bomb"
        else:
            assert what == "upload"
        print(grown() - before)


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main(sys.argv[1], sys.argv[2] == "fast"))
