"""What a file is, judged by its content alone: names and types that are claimed are never believed."""

import re
from collections.abc import Mapping
from typing import Final

import filetype

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
_OTHER_NAMES: Final = {"audio/x-wav": "audio/wav"}
_NOT_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def media_type_of(content: bytes) -> str | None:
    """The file's media type if it is one of KEPT; None otherwise."""
    found: str | None = filetype.guess_mime(content)
    found = _OTHER_NAMES.get(str(found), found)
    if found in KEPT:
        return found
    # Signatures of few letters ("BM", a bitmap) also begin texts, so text is asked for last.
    return "text/plain" if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not _NOT_IN_TEXT.search(text)
