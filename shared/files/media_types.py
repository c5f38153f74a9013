"""What a file is, judged by its content alone: names and types that are claimed are never believed."""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

import puremagic

KEPT: Final[Mapping[str, str]] = {
    "application/pdf": "pdf",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "text/plain": "txt",
    "video/mp4": "mp4",
}
"""The media types that are taken, and how the names of such files end."""
_OTHER_NAMES: Final = {"audio/wave": "audio/wav", "audio/x-wav": "audio/wav", "image/heif": "image/heic"}
_MPEG_2_FRAMES: Final = (b"\xff\xf3", b"\xff\xf2")
"""MP3 of low sampling rates, which the library has no signature of."""
_ARCHIVE: Final = b"PK\x03\x04"
_IN_ARCHIVE: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NOT_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def media_type_of(content: bytes) -> str | None:
    """The file's media type if it is one of KEPT; None otherwise."""
    found = _in_archive(content) if content.startswith(_ARCHIVE) else _by_signature(content)
    if found in KEPT:
        return found
    # Signatures of few letters ("BM", a bitmap) also begin texts, so text is asked for last.
    return "text/plain" if _is_text(content) else None


def _by_signature(content: bytes) -> str | None:
    """What the likeliest signature says; some signatures of the library name no media type."""
    if content.startswith(_MPEG_2_FRAMES):
        return "audio/mpeg"
    if content[4:12] == b"ftypmif1" and b"heic" in content[16:40]:  # which the library takes for a film
        return "image/heic"
    try:
        matches = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):  # none fits, or there is no content
        return None
    named = next((expected.mime_type for expected in matches if expected.mime_type), None)
    return _OTHER_NAMES.get(str(named), named)


def _in_archive(content: bytes) -> str | None:
    """Office documents are archives; which kind, their entries say."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if names and names[0] == "mimetype":
                # No more than a type is long: what an entry unpacks to may be without end.
                return archive.open("mimetype").read(200).decode("ascii", "replace")
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return None
    return next((kind for name, kind in _IN_ARCHIVE.items() if name in names), None)


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not _NOT_IN_TEXT.search(text)
