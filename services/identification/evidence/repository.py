"""Files in a case: their content in sealed parts, and who has released them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, select, update
from sqlmodel import col

from services.identification.case.codes import EvidenceStatus
from services.identification.case.models import LegalHold
from services.identification.evidence.models import Evidence, EvidencePart, EvidenceRelease
from shared.data import sealed
from shared.data.columns import any_asked
from shared.data.unit_of_work import UnitOfWork

_OF_FILE: Final = col(EvidencePart.evidence_id) == bindparam("evidence_id")
_DROP_PART: Final = delete(EvidencePart).where(_OF_FILE, col(EvidencePart.number) == bindparam("number"))
_DROP_PARTS: Final = delete(EvidencePart).where(_OF_FILE)
_SIZES: Final = (
    select(col(EvidencePart.number), col(EvidencePart.size)).where(_OF_FILE).order_by(col(EvidencePart.number))
)
_CONTENTS: Final = (
    select(col(EvidencePart.id), col(EvidencePart.content)).where(_OF_FILE).order_by(col(EvidencePart.number))
)
_IS_HELD: Final = exists().where(col(LegalHold.case_id) == col(Evidence.case_id), col(LegalHold.ended_at).is_(None))
_TAKE_OUT_UNFINISHED: Final = (
    update(Evidence)
    .where(col(Evidence.status) == EvidenceStatus.UPLOADING, col(Evidence.recorded_at) < bindparam("before"), ~_IS_HELD)
    .values(status=EvidenceStatus.REMOVED)
)
# Of all that was taken out: a part may have come in the very moment in which its file went.
_DROP_WHAT_WAS_TAKEN_OUT: Final = delete(EvidencePart).where(
    col(EvidencePart.evidence_id).in_(select(col(Evidence.id)).where(col(Evidence.status) == EvidenceStatus.REMOVED))
)
_RELEASES: Final = (
    select(EvidenceRelease)
    .where(any_asked(col(EvidenceRelease.evidence_id), "evidence_ids"))
    .order_by(col(EvidenceRelease.recorded_at), col(EvidenceRelease.id))
)


async def put_part(work: UnitOfWork, evidence: Evidence, number: int, content: bytes) -> None:
    """Store a part of a file in a locked case, sealed for its own place, instead of one with the same number."""
    await work.session.execute(_DROP_PART, {"evidence_id": evidence.id, "number": number})
    part = EvidencePart(
        evidence_id=evidence.id, case_id=evidence.case_id, number=number, size=len(content), content=b""
    )
    key = await sealed.key_of(work, evidence.case_id)
    part.content = key.seal_bytes(content, table="evidence_part", column="content", row=part.id)
    work.session.add(part)
    await work.session.flush()
    work.session.expunge(part)  # megabytes need not be kept until the transaction ends
    work.audit(operation="evidence.part", subject_id=evidence.case_id, object_ids=[evidence.id])


async def sizes_of(work: UnitOfWork, evidence: Evidence) -> Mapping[int, int]:
    """The size of each part that a file has, by its number."""
    found = await work.session.execute(_SIZES, {"evidence_id": evidence.id})
    return {part.number: part.size for part in found}


async def open_content(work: UnitOfWork, evidence: Evidence) -> bytes:
    """All of a file, opened."""
    key = await sealed.key_of(work, evidence.case_id)
    parts = await work.session.execute(_CONTENTS, {"evidence_id": evidence.id})
    return b"".join(
        key.open_bytes(content, table="evidence_part", column="content", row=part_id) for part_id, content in parts
    )


async def destroy_content(work: UnitOfWork, evidence: Evidence, *, operation: str) -> None:
    """Delete all parts of a file in a locked case; what is known of it stays."""
    await work.session.execute(_DROP_PARTS, {"evidence_id": evidence.id})
    work.audit(operation=operation, subject_id=evidence.case_id, object_ids=[evidence.id])


async def forget_unfinished(work: UnitOfWork, *, before: datetime) -> None:
    """Destroy what there is of files that were begun before then and never completed, but for cases on legal hold."""
    await work.session.execute(_TAKE_OUT_UNFINISHED, {"before": before})
    await work.session.execute(_DROP_WHAT_WAS_TAKEN_OUT)


async def releases_of(work: UnitOfWork, evidence_ids: Sequence[UUID]) -> dict[UUID, list[EvidenceRelease]]:
    """Who has released these files, by the file, with one statement."""
    found: dict[UUID, list[EvidenceRelease]] = {evidence_id: [] for evidence_id in evidence_ids}
    for release in await work.session.scalars(_RELEASES, {"evidence_ids": list(evidence_ids)}):
        found[release.evidence_id].append(release)
    return found


async def count_releases(work: UnitOfWork, evidence: Evidence) -> int:
    """How many people have released this file, one that does so in this unit of work included."""
    await work.session.flush()
    return len((await releases_of(work, [evidence.id]))[evidence.id])
