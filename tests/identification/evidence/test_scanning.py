"""What a file is by its content, and a scan by clamd: a fake one here speaks the real protocol, over both kinds of socket."""

import asyncio
import io
import struct
import wave
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.files.media_types import KEPT, media_type_of
from shared.files.scanning import CHUNK_BYTES, Scanner, Verdict
from shared.kernel.settings import Settings
from tests.parts import EICAR

pytestmark = pytest.mark.row(19)


@dataclass
class Clamd:
    """Answers INSTREAM as clamd(8) says. `limit` is its StreamMaxLength; `reply` overrides what it would say;
    a slow one says nothing until it ends."""

    limit: int = 100 * 1024 * 1024
    reply: bytes | None = None
    is_slow: bool = False
    ends: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[bytes] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(self.reply if self.reply is not None else await self._judge(reader))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _judge(self, reader: asyncio.StreamReader) -> bytes:
        command = await reader.readuntil(b"\0")
        if command != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND\0"
        content = b""
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
            self.chunks.append(size)
            if len(content) > self.limit:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(content)
        if self.is_slow:
            await self.ends.wait()
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def listening(clamd: Clamd, folder: Path | None = None) -> AsyncIterator[str]:
    """A fake clamd at work; gives its address: a unix socket in the folder, or a port."""
    if folder:
        server = await asyncio.start_unix_server(clamd.serve, folder / "clamd.ctl")
        address = f"unix:{folder / 'clamd.ctl'}"
    else:
        server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
        address = f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield address
    finally:
        clamd.ends.set()
        await asyncio.sleep(0)  # the slow one's last words
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("is_unix", [True, False])
async def test_a_clean_file_is_clean_and_the_test_virus_is_found(tmp_path: Path, *, is_unix: bool) -> None:
    clamd = Clamd()
    async with listening(clamd, tmp_path if is_unix else None) as address:
        scanner = Scanner(address)
        assert await scanner.scan(b"A letter.") is Verdict.CLEAN
        assert await scanner.scan(b"before " + EICAR) is Verdict.INFECTED
    assert clamd.seen == [b"A letter.", b"before " + EICAR]


async def test_a_large_file_is_sent_whole_and_in_pieces(tmp_path: Path) -> None:
    content = bytes(range(256)) * 3000 + EICAR
    clamd = Clamd()
    async with listening(clamd, tmp_path) as address:
        assert await Scanner(address).scan(content) is Verdict.INFECTED
    assert clamd.seen == [content]
    assert max(clamd.chunks) == CHUNK_BYTES
    assert len(clamd.chunks) > 5


async def test_without_an_address_nothing_is_scanned() -> None:
    assert await Scanner(None).scan(EICAR) is Verdict.NOT_SCANNED


async def test_a_clamd_that_is_not_there_fails_nothing(tmp_path: Path) -> None:
    async with listening(Clamd()) as gone:
        pass
    for address in (f"unix:{tmp_path}/none.ctl", gone, "tcp:host.invalid:3310"):
        assert await Scanner(address).scan(b"A letter.") is Verdict.NOT_SCANNED


@pytest.mark.parametrize(
    "reply",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"nothing was FOUND\0",
        b"stream: OK",
        b"",
        b"\0",
        b"stream: OK FOUND OK\0",
        b"stream: OK\n" + b"x" * 10_000,
    ],
)
async def test_only_a_whole_and_plain_answer_is_believed(tmp_path: Path, reply: bytes) -> None:
    async with listening(Clamd(reply=reply), tmp_path) as address:
        assert await Scanner(address).scan(b"A letter.") is Verdict.NOT_SCANNED


async def test_a_file_beyond_clamds_own_limit_is_not_scanned(tmp_path: Path) -> None:
    async with listening(Clamd(limit=1000), tmp_path) as address:
        assert await Scanner(address).scan(b"x" * 5_000_000) is Verdict.NOT_SCANNED
        assert await Scanner(address).scan(b"x" * 500) is Verdict.CLEAN


async def test_a_slow_clamd_is_not_waited_for(tmp_path: Path) -> None:
    async with listening(Clamd(is_slow=True), tmp_path) as address:
        assert await Scanner(address, seconds=0.05).scan(b"A letter.") is Verdict.NOT_SCANNED


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("unix:/run/clamav/clamd.ctl", True),
        ("tcp:clamd:3310", True),
        ("tcp:[::1]:3310", True),
        ("clamd:3310", False),
        ("unix:clamd.ctl", False),
        ("tcp:clamd", False),
        ("", False),
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(address: str, *, is_one: bool) -> None:
    if is_one:
        assert Settings(clamd=address).clamd == address
    else:
        with pytest.raises(ValidationError):
            Settings(clamd=address)


# ---------------------------------------------------------------- what a file is


def zipped(*names: str, mimetype: bytes = b"") -> bytes:
    """A zip with these entries; `mimetype` comes first and uncompressed, as OpenDocument wants it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "<content/>" * 50)
    return made.getvalue()


def sound() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(b"\0" * 800)
    return made.getvalue()


def picture() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack("!L", len(content)) + kind + content + struct.pack("!L", zlib.crc32(kind + content))

    head = struct.pack("!2L5B", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def movie(brand: bytes) -> bytes:
    return struct.pack("!L", 24) + b"ftyp" + brand + b"\0\0\0\0" + b"isom" + brand + b"\0" * 90


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
SHEET = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
ODT = b"application/vnd.oasis.opendocument.text"
SAMPLES: dict[str, Callable[[], bytes]] = {
    "pdf": lambda: PDF,
    "odt": lambda: zipped("content.xml", mimetype=ODT),
    "docx": lambda: zipped(*WORD),
    "xlsx": lambda: zipped(*SHEET),
    "m4a": lambda: movie(b"M4A "),
    "mp3": lambda: b"ID3\x04\0\0\0\0\0\x05" + b"\0" * 5 + b"\xff\xfb\x90\x64" * 300,
    "wav": sound,
    "gif": lambda: b"GIF89a\x01\0\x01\0\x80\0\0" + b"\0" * 20 + b";",
    "heic": lambda: movie(b"heic"),
    "jpg": lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\0" * 99 + b"\xff\xd9",
    "png": picture,
    "webp": lambda: b"RIFF" + struct.pack("<L", 100) + b"WEBPVP8 " + b"\0" * 90,
    "mp4": lambda: movie(b"isom"),
    "txt": lambda: "Han skrev: kom på fredag, ellers ...\n".encode(),
}


@pytest.mark.parametrize("media_type", KEPT)
def test_each_kind_that_is_kept_is_known_by_its_content(media_type: str) -> None:
    assert media_type_of(SAMPLES[KEPT[media_type]]()) == media_type


def test_other_ways_to_write_them_are_known_too() -> None:
    libre_office = ("_rels/.rels", "docProps/core.xml", "docProps/app.xml", "word/document.xml", "[Content_Types].xml")
    assert media_type_of(zipped(*libre_office)) == media_type_of(SAMPLES["docx"]())
    assert media_type_of(b"\xff\xf3\x90\x64" + b"\0" * 400) == "audio/mpeg"
    assert media_type_of(movie(b"mif1").replace(b"isom", b"heic")) == "image/heic"
    assert media_type_of(b"\xff\xd8\xff\xe1\x00\x10Exif\0\0MM\0*" + b"\0" * 99) == "image/jpeg"
    assert media_type_of(b"\xef\xbb\xbfwith a byte order mark") == "text/plain"


@pytest.mark.parametrize(
    "text", ["BM is what he is called.", "PK: politikredsen", "MZ, as he signs.", "#!/bin/sh", "<p>"]
)
def test_a_text_that_begins_like_something_else_is_a_text(text: str) -> None:
    assert media_type_of(text.encode()) == "text/plain"


@pytest.mark.parametrize(
    "content",
    [
        b"MZ" + b"\0" * 58 + struct.pack("<L", 128) + b"\0" * 64 + b"PE\0\0" + b"\0" * 100,
        b"\x7fELF\x02\x01\x01" + b"\0" * 100,
        zipped("a.txt"),
        zipped("META-INF/MANIFEST.MF", "A.class"),
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
        "Æblegrød".encode("latin-1"),
        b"half a text\0and half not",
        b"",
        b"\xef\xbb\xbf",
        bytes(range(256)),
    ],
    ids=["exe", "elf", "zip", "jar", "doc", "latin-1", "binary text", "empty", "mark alone", "noise"],
)
def test_what_is_not_kept_is_not_taken_for_something_that_is(content: bytes) -> None:
    assert media_type_of(content) is None
