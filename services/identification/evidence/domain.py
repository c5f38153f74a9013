"""Files in a case: what is taken, what is held back, who may let it out. Content decides what a file is, never its name."""

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import EvidenceStatus
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.evidence import repository
from services.identification.evidence.models import Evidence, EvidenceRelease
from services.identification.evidence.schemas import (
    EvidenceCompletion,
    EvidenceDescription,
    EvidencePartSubmitted,
    EvidenceReleased,
    EvidenceRemoved,
    EvidenceSubmitted,
)
from services.identification.records import repository as records
from shared.contract import events
from shared.contract.codes import Purpose
from shared.data.unit_of_work import UnitOfWork
from shared.files import media_types
from shared.files.scanning import Scanner, Verdict
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, PayloadTooLarge, RefusedForGood, Unprocessable

RELEASES: Final = 2
"""So many people have to release a file that was not scanned."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How files are taken in here."""

    scanner: Scanner
    most_bytes: int


class EvidenceTooLarge(PayloadTooLarge):
    """The file is larger than is kept."""


class EvidenceIsWhole(Conflict):
    """Nothing is added to a file that was completed, refused or removed."""


class EvidencePartsMissing(Conflict):
    """A file is its parts from the first to the last, without a gap."""


class EvidenceDamaged(Unprocessable):
    """What came is not what was sent."""


class EvidenceKindRefused(RefusedForGood):
    """The content is of a kind that is not kept."""


class EvidenceInfected(RefusedForGood):
    """The scan has found malware."""


class EvidenceNotHeld(Conflict):
    """Only a file that is held back is scanned again, or released."""


class ReleasedByYouAlready(Conflict):
    """It takes two different people."""


class EvidenceHeldBack(Conflict):
    """The file was not scanned, and two people have not released it yet."""


class EvidenceNotThere(Conflict):
    """The file has no content that could be had."""


async def submit(
    work: UnitOfWork, *, case_id: UUID, submitted: EvidenceSubmitted, expected: ExpectedVersion, intake: Intake
) -> tuple[Case, Evidence]:
    """Begin a file; with its content it is whole at once."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    evidence = Evidence(
        case_id=case.id,
        status=EvidenceStatus.UPLOADING,
        scan=Verdict.NOT_SCANNED,
        media_type=None,
        obtained_on=submitted.obtained_on,
        recorded_at=work.now,
        recorded_by=work.actor.org,
    )
    description = EvidenceDescription(name=submitted.name, description=submitted.description)
    await records.add(work, evidence, operation="evidence.add", description=description)
    if submitted.content:
        content = b64decode(submitted.content.value)
        _check_size(len(content), intake)
        await repository.put_part(work, evidence, 1, content)
        await _take_in(work, evidence, content, intake=intake)
    return case, evidence


async def submit_part(
    work: UnitOfWork,
    *,
    case_id: UUID,
    evidence_id: UUID,
    part: EvidencePartSubmitted,
    expected: ExpectedVersion,
    intake: Intake,
) -> tuple[Case, Evidence]:
    """Take a piece of a file that is being sent."""
    case, evidence = await _lock(work, case_id, evidence_id, expected)
    _check_uploading(evidence)
    content = b64decode(part.content.value)
    sizes = dict(await repository.sizes_of(work, evidence)) | {part.number: len(content)}
    _check_size(sum(sizes.values()), intake)
    await repository.put_part(work, evidence, part.number, content)
    evidence.size = sum(sizes.values())
    return case, evidence


async def complete(
    work: UnitOfWork,
    *,
    case_id: UUID,
    evidence_id: UUID,
    completion: EvidenceCompletion,
    expected: ExpectedVersion,
    intake: Intake,
) -> tuple[Case, Evidence]:
    """Put the parts together, and judge what they make."""
    case, evidence = await _lock(work, case_id, evidence_id, expected)
    _check_uploading(evidence)
    numbers = await repository.sizes_of(work, evidence)
    missing = sorted(set(range(1, max(numbers, default=1) + 1)) - set(numbers))
    if missing:
        raise EvidencePartsMissing(
            f"Send part {missing[0]} to .../parts; parts are numbered from 1 without a gap.", missing=missing
        )
    content = await repository.open_content(work, evidence)
    found = hashlib.sha256(content).hexdigest()
    if completion.sha256 and not hmac.compare_digest(completion.sha256, found):
        raise EvidenceDamaged("The parts together do not have that SHA-256; send the ones that went wrong again.")
    await _take_in(work, evidence, content, intake=intake)
    return case, evidence


async def _take_in(work: UnitOfWork, evidence: Evidence, content: bytes, *, intake: Intake) -> None:
    """Say what a whole file is. One that is refused keeps its row, so that it is known who tried; its content is destroyed."""
    evidence.size = len(content)
    evidence.media_type = media_types.media_type_of(content)
    if evidence.media_type is None:
        await _refuse(work, evidence)
        raise EvidenceKindRefused(
            f"By its content this is none of the kinds of files that are kept ({', '.join(_kinds())}); it was destroyed.",
            evidence_id=str(evidence.id),
            allowed=sorted(media_types.KEPT),
        )
    await _scan(work, evidence, content, intake=intake)
    work.record(events.EvidenceAdded(case_id=evidence.case_id, occurred_at=work.now, evidence_id=evidence.id))


def _kinds() -> Iterable[str]:
    return sorted(media_types.KEPT.values())


async def _scan(work: UnitOfWork, evidence: Evidence, content: bytes, *, intake: Intake) -> None:
    evidence.scan = await intake.scanner.scan(content)
    if evidence.scan is Verdict.INFECTED:
        await _refuse(work, evidence)
        raise EvidenceInfected(
            "The scan has found malware in this file; it was destroyed, and that it came stays on record.",
            evidence_id=str(evidence.id),
        )
    evidence.status = EvidenceStatus.AVAILABLE if evidence.scan is Verdict.CLEAN else EvidenceStatus.HELD


async def _refuse(work: UnitOfWork, evidence: Evidence) -> None:
    evidence.status = EvidenceStatus.REFUSED
    await repository.destroy_content(work, evidence, operation="evidence.refuse")


async def scan_again(
    work: UnitOfWork, *, case_id: UUID, evidence_id: UUID, expected: ExpectedVersion, intake: Intake
) -> tuple[Case, Evidence]:
    """Scan a file that is held back, now that there is a scanner. Without one it stays as it is."""
    case, evidence = await _lock(work, case_id, evidence_id, expected)
    _check_held(evidence)
    await _scan(work, evidence, await repository.open_content(work, evidence), intake=intake)
    return case, evidence


async def release(
    work: UnitOfWork, *, case_id: UUID, evidence_id: UUID, released: EvidenceReleased, expected: ExpectedVersion
) -> tuple[Case, Evidence]:
    """One person lets out a file that was not scanned; the second makes it available."""
    case, evidence = await _lock(work, case_id, evidence_id, expected)
    _check_held(evidence)
    earlier = (await repository.releases_of(work, [evidence.id]))[evidence.id]
    if any((each.recorded_by, each.recorded_by_subject) == (work.actor.org, work.actor.subject) for each in earlier):
        raise ReleasedByYouAlready("You have released this file; a second person has to do so too.")
    made = EvidenceRelease(
        evidence_id=evidence.id,
        case_id=case.id,
        recorded_at=work.now,
        recorded_by=work.actor.org,
        recorded_by_subject=work.actor.subject,
    )
    await records.add(work, made, operation="evidence.release", reason=SealedText(text=released.reason))
    if len(earlier) + 1 >= RELEASES:
        evidence.status = EvidenceStatus.AVAILABLE
    return case, evidence


async def remove(
    work: UnitOfWork, *, case_id: UUID, evidence_id: UUID, removed: EvidenceRemoved, expected: ExpectedVersion
) -> tuple[Case, Evidence]:
    """Take a file out that does not belong in the case. Its content is destroyed; that it was there, and why, stays."""
    case, evidence = await _lock(work, case_id, evidence_id, expected)
    if evidence.status in (EvidenceStatus.REMOVED, EvidenceStatus.REFUSED):
        raise EvidenceNotThere(f"The file is {evidence.status}: its content is destroyed already.")
    opened = await records.opened(work, [evidence], "description", EvidenceDescription)
    description = opened[evidence.id].model_copy(update={"removal": removed.reason})
    evidence.status = EvidenceStatus.REMOVED
    await records.change(work, evidence, operation="evidence.change", description=description)
    await repository.destroy_content(work, evidence, operation="evidence.remove")
    return case, evidence


async def download(
    work: UnitOfWork, *, case_id: UUID, evidence_id: UUID, purpose: Purpose
) -> tuple[Evidence, EvidenceDescription, bytes]:
    """A file with its content. Raises EvidenceHeldBack while it waits to be released, EvidenceNotThere without content."""
    case = await records.read_case(
        work, case_id, operation="evidence.download", purpose=purpose, object_ids=[evidence_id]
    )
    evidence = await records.record_of(work, case, Evidence, evidence_id)
    if evidence.status is EvidenceStatus.HELD:
        raise EvidenceHeldBack(
            "The file was not scanned for malware: two different people have to release it first (POST .../release)."
        )
    if evidence.status is not EvidenceStatus.AVAILABLE:
        raise EvidenceNotThere(f"The file is {evidence.status}; there is no content to be had.")
    opened = await records.opened(work, [evidence], "description", EvidenceDescription)
    return evidence, opened[evidence.id], await repository.open_content(work, evidence)


def releases_needed(evidence: Evidence, released: int) -> int:
    """How many more people have to release the file."""
    return RELEASES - released if evidence.status is EvidenceStatus.HELD else 0


async def _lock(work: UnitOfWork, case_id: UUID, evidence_id: UUID, expected: ExpectedVersion) -> tuple[Case, Evidence]:
    case = await cases.lock_case(work, case_id, expected)
    evidence = await records.record_of(work, case, Evidence, evidence_id)
    lifecycle.check(case, Step.WORK)
    return case, evidence


def _check_uploading(evidence: Evidence) -> None:
    if evidence.status is not EvidenceStatus.UPLOADING:
        raise EvidenceIsWhole(f"The file is {evidence.status}; send another one with POST .../evidence.")


def _check_held(evidence: Evidence) -> None:
    if evidence.status is not EvidenceStatus.HELD:
        raise EvidenceNotHeld(f"The file is {evidence.status}; only one that is held back waits for this.")


def _check_size(size: int, intake: Intake) -> None:
    if size > intake.most_bytes:
        raise EvidenceTooLarge(
            f"A file of evidence has at most {intake.most_bytes:,} bytes; divide it, or keep it where it is and describe it."
        )
