"""Endpoints of evidence."""

from pathlib import PurePath
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Request, Response

from services.identification.case.models import Case
from services.identification.case.policies import Caseworker, Reader
from services.identification.case.schemas import SealedText
from services.identification.evidence import domain, repository
from services.identification.evidence.domain import Intake
from services.identification.evidence.models import Evidence, EvidenceRelease
from services.identification.evidence.schemas import (
    EvidenceCompletion,
    EvidenceDescription,
    EvidenceDetails,
    EvidencePartReceipt,
    EvidencePartSubmitted,
    EvidenceReceipt,
    EvidenceReleased,
    EvidenceRemoved,
    EvidenceSubmitted,
    ReleaseDetails,
)
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.files.media_types import KEPT
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.platform import Platform
from shared.runtime.service import service_router

router = service_router()

ALL_SENT = EvidenceCompletion()

_ANY_BYTES = "application/octet-stream"
"""Whatever the file is, nothing that receives it is to run or show it by itself."""


async def _intake(request: Request) -> Intake:
    platform: Platform = request.app.state.platform
    return Intake(scanner=platform.scanner, most_bytes=platform.settings.evidence_max_bytes)


Taking = Annotated[Intake, Depends(_intake)]


@router.post("/cases/{case_id}/evidence", status_code=201)
async def submit_evidence(
    work: Caseworker, case_id: UUID, submitted: EvidenceSubmitted, expected: IfMatch, intake: Taking
) -> Tagged[EvidenceReceipt]:
    """Store a file, whole with `content`, or to be sent in parts without. What it is, is judged by its content; infected
    files and kinds that are not kept are refused (422) and destroyed. What could not be scanned is held back."""
    case, evidence = await domain.submit(work, case_id=case_id, submitted=submitted, expected=expected, intake=intake)
    return await _receipt(work, case, evidence)


@router.post("/cases/{case_id}/evidence/{evidence_id}/parts", status_code=201)
async def submit_evidence_part(
    work: Caseworker, case_id: UUID, evidence_id: UUID, part: EvidencePartSubmitted, expected: IfMatch, intake: Taking
) -> Tagged[EvidencePartReceipt]:
    """Send a piece of a file, in any order. A piece that is sent again replaces the earlier one."""
    case, evidence = await domain.submit_part(
        work, case_id=case_id, evidence_id=evidence_id, part=part, expected=expected, intake=intake
    )
    return EvidencePartReceipt(evidence_id=evidence.id, number=part.number, size=evidence.size).tagged(case)


@router.post("/cases/{case_id}/evidence/{evidence_id}/complete")
async def complete_evidence(
    work: Caseworker,
    case_id: UUID,
    evidence_id: UUID,
    expected: IfMatch,
    intake: Taking,
    completion: EvidenceCompletion = ALL_SENT,
) -> Tagged[EvidenceReceipt]:
    """Say that all parts were sent; then the file is judged as a whole."""
    case, evidence = await domain.complete(
        work, case_id=case_id, evidence_id=evidence_id, completion=completion, expected=expected, intake=intake
    )
    return await _receipt(work, case, evidence)


@router.post("/cases/{case_id}/evidence/{evidence_id}/scan")
async def scan_evidence(
    work: Caseworker, case_id: UUID, evidence_id: UUID, expected: IfMatch, intake: Taking
) -> Tagged[EvidenceReceipt]:
    """Scan a file again that is held back; it stays so where the scanner still does not answer."""
    case, evidence = await domain.scan_again(
        work, case_id=case_id, evidence_id=evidence_id, expected=expected, intake=intake
    )
    return await _receipt(work, case, evidence)


@router.post("/cases/{case_id}/evidence/{evidence_id}/release")
async def release_evidence(
    work: Caseworker, case_id: UUID, evidence_id: UUID, released: EvidenceReleased, expected: IfMatch
) -> Tagged[EvidenceReceipt]:
    """Let out a file that could not be scanned. It takes two different people, each with a reason."""
    case, evidence = await domain.release(
        work, case_id=case_id, evidence_id=evidence_id, released=released, expected=expected
    )
    return await _receipt(work, case, evidence)


@router.post("/cases/{case_id}/evidence/{evidence_id}/remove")
async def remove_evidence(
    work: Caseworker, case_id: UUID, evidence_id: UUID, removed: EvidenceRemoved, expected: IfMatch
) -> Tagged[EvidenceReceipt]:
    """Take out a file that does not belong in the case. Its content is destroyed; that it was there, and why, stays."""
    case, evidence = await domain.remove(
        work, case_id=case_id, evidence_id=evidence_id, removed=removed, expected=expected
    )
    return await _receipt(work, case, evidence)


@router.get("/cases/{case_id}/evidence")
async def list_evidence(work: Reader, case_id: UUID, pages: Pages, purpose: PurposeOfReading) -> Page[EvidenceDetails]:
    """The files of a case without their content, for those who work on it; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="evidence.list", purpose=purpose)
    rows = await records.list_records(work, case.id, Evidence, after=pages.after, limit=pages.limit)
    descriptions = await records.opened(work, rows, "description", EvidenceDescription)
    releases = await repository.releases_of(work, [row.id for row in rows])
    every_release = [release for of_file in releases.values() for release in of_file]
    reasons = await records.opened(work, every_release, "reason", SealedText)
    items = [
        EvidenceDetails(
            **dict(_receipt_of(row, len(releases[row.id]))),
            **dict(descriptions[row.id]),
            obtained_on=row.obtained_on,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            releases=[_release(release, reasons[release.id]) for release in releases[row.id]],
        )
        for row in rows
    ]
    return pages.page(items, rows, records.position)


@router.get(
    "/cases/{case_id}/evidence/{evidence_id}/content",
    response_class=Response,
    responses={200: {"content": {_ANY_BYTES: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def download_evidence(work: Reader, case_id: UUID, evidence_id: UUID, purpose: PurposeOfReading) -> Response:
    """The file itself, for those who work on the case; every download is kept with its purpose. What was not scanned is
    held back (409) until two people have released it."""
    evidence, description, content = await domain.download(
        work, case_id=case_id, evidence_id=evidence_id, purpose=purpose
    )
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(_file_name(evidence, description), safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=_ANY_BYTES, headers=headers)


def _file_name(evidence: Evidence, description: EvidenceDescription) -> str:
    """As it was called, with the ending of what it is."""
    ending = f".{KEPT[str(evidence.media_type)]}"
    claimed = description.name.value if description.name else f"evidence-{evidence.id}"
    name = claimed.replace("/", "_").replace("\\", "_")
    return name if PurePath(name).suffix.lower() == ending else name + ending


async def _receipt(work: UnitOfWork, case: Case, evidence: Evidence) -> EvidenceReceipt:
    return _receipt_of(evidence, await repository.count_releases(work, evidence)).tagged(case)


def _receipt_of(evidence: Evidence, released: int) -> EvidenceReceipt:
    return EvidenceReceipt(
        evidence_id=evidence.id,
        releases_needed=domain.releases_needed(evidence, released),
        **evidence.model_dump(include=set(EvidenceReceipt.model_fields)),
    )


def _release(release: EvidenceRelease, reason: SealedText) -> ReleaseDetails:
    return ReleaseDetails(
        reason=reason.text, **release.model_dump(include=set(ReleaseDetails.model_fields) - {"reason"})
    )
