"""Evidence: files in a case."""

import re
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.identification.case.codes import EvidenceStatus
from shared.contract.personal import Personal, PersonalName, PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, Moment, Whole, example
from shared.files.scanning import Verdict
from shared.kernel.errors import SpokenValueError
from shared.kernel.text import Written

MOST_PARTS = 1000

# A group that was read is never read again: a long text that is no base64 would take long to refuse.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_PUBLISHED = {"pattern": r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}


def _in_base64(text: str) -> str:
    if not _BASE64.fullmatch(text):
        raise SpokenValueError(
            "That is no base64: A-Z, a-z, 0-9, + and /, padded with = to groups of four, in one line."
        )
    return text


PersonalFile = Personal[
    Annotated[str, StringConstraints(min_length=4, max_length=1_000_000), Written(_in_base64, _PUBLISHED)]
]
"""Bytes in base64; together with the rest of the body they have to stay below the limit of a body, 1 MiB."""


class EvidenceDescription(BaseModel):
    """What a file is called, what it shows, and why it was taken out again."""

    name: PersonalName | None = None
    description: PersonalText | None = None
    removal: PersonalText | None = None


class EvidenceSubmitted(Body):
    """A file. What is larger than about 700 KB is sent in parts: leave `content` out here, and send it to `.../parts`."""

    model_config = example(
        name="note.txt", description="A note on the debt.", obtained_on="2026-03-02", content="MTUwLDAwMCBES0sK"
    )

    name: PersonalName | None = None
    description: PersonalText | None = None
    obtained_on: HappenedOn | None = None
    content: PersonalFile | None = None


class EvidencePartSubmitted(Body):
    """A piece of the content. A number that was sent before is replaced."""

    model_config = example(number=1, content="MTUwLDAwMCBES0sK")

    number: Annotated[Whole, Field(ge=1, le=MOST_PARTS)]
    content: PersonalFile


class EvidenceCompletion(Body):
    """All parts were sent. With `sha256` (64 hexadecimal digits) the content is compared with what was meant."""

    model_config = example(sha256="36ce5705b5b8113b699c62a7a8557d998e06524824296a15483c38cbb991de51")

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class EvidenceReleased(Body):
    """Why a file that was not scanned may be had."""

    model_config = example(reason="It is the note that we saw being written.")

    reason: PersonalText


class EvidenceRemoved(Body):
    """Why a file is taken out of the case."""

    model_config = example(reason="It belongs in another case.")

    reason: PersonalText


class EvidenceReceipt(Answer):
    """What was found out about the file. While it is `held`, so many more people have to release it."""

    evidence_id: UUID
    status: EvidenceStatus
    scan: Verdict
    media_type: str | None
    size: int
    releases_needed: int


class EvidencePartReceipt(Answer):
    """`size` is what the parts received so far come to, in bytes."""

    evidence_id: UUID
    number: int
    size: int


class ReleaseDetails(Answer):
    recorded_at: Moment
    recorded_by: str
    recorded_by_subject: str
    reason: PersonalText


class EvidenceDetails(EvidenceReceipt):
    """A file as those who work on the case read of it. `removal` says why it was taken out."""

    name: PersonalName | None
    description: PersonalText | None
    removal: PersonalText | None
    obtained_on: date | None
    recorded_at: Moment
    recorded_by: str
    releases: list[ReleaseDetails]
