"""Malware scanning by a clamd, over its socket. Whatever goes wrong there, a file counts as not scanned, and nothing fails.

Kept clients were looked at: aioclamd knows no unix socket and sends a kilobyte at a time, each through a thread; the
others are synchronous. What is needed of the protocol (clamd(8), INSTREAM) is little."""

import asyncio
import struct
from enum import StrEnum
from typing import Final

from shared.observability.logs import log

CHUNK_BYTES: Final = 64 * 1024
LONGEST_REPLY: Final = 4096
SCAN_SECONDS: Final = 8.0
"""A case is locked while its file is scanned, and others wait for it at most 10 s."""


class Verdict(StrEnum):
    """What a scan has found."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


class Scanner:
    """Scans at `unix:/path` or `tcp:host:port`; without an address nothing is scanned."""

    def __init__(self, address: str | None, *, seconds: float = SCAN_SECONDS) -> None:
        self.address = address
        self._seconds = seconds

    async def scan(self, content: bytes) -> Verdict:
        """What clamd says of the content; NOT_SCANNED when it says nothing that can be relied on."""
        if self.address is None:
            return Verdict.NOT_SCANNED
        try:
            async with asyncio.timeout(self._seconds):
                reply = await _ask(self.address, content)
        except (OSError, EOFError) as error:
            log.warning("clamd does not answer; the file counts as not scanned", reason=type(error).__name__)
            return Verdict.NOT_SCANNED
        verdict = _verdict(reply)
        if verdict is Verdict.NOT_SCANNED:
            log.warning("clamd could not scan; the file counts as not scanned")
        return verdict


async def _ask(address: str, content: bytes) -> bytes:
    reader, writer = await _connect(address)
    try:
        writer.write(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            writer.write(struct.pack("!L", len(chunk)) + chunk)
            await writer.drain()
        writer.write(struct.pack("!L", 0))
        await writer.drain()
        return await reader.readuntil(b"\0")
    except asyncio.LimitOverrunError as error:
        raise EOFError("The reply does not end.") from error
    finally:
        writer.close()


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, place = address.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(place, limit=LONGEST_REPLY)
    host, _, port = place.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=LONGEST_REPLY)


def _verdict(reply: bytes) -> Verdict:
    """`stream: OK` or `stream: NAME FOUND`; everything else (`... ERROR`) says that nothing was found out."""
    said = reply.rstrip(b"\0\n ")
    if said == b"stream: OK":
        return Verdict.CLEAN
    if said.startswith(b"stream: ") and said.endswith(b" FOUND"):
        return Verdict.INFECTED
    return Verdict.NOT_SCANNED
