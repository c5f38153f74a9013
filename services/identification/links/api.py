"""Endpoints of links between people, suspects, and the cluster they make."""

from uuid import UUID

from services.identification.case.policies import Caseworker, Reader
from services.identification.links import domain, repository
from services.identification.links.schemas import (
    Cluster,
    Linked,
    LinkReport,
    LinkState,
    SuspectDetails,
    SuspectReceipt,
    SuspectReport,
    Suspects,
)
from services.identification.records import repository as records
from shared.contract.types import Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.http.parameters import IfMatch, PurposeOfReading
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/links", status_code=201)
async def link_case(work: Caseworker, case_id: UUID, report: LinkReport, expected: IfMatch) -> Tagged[LinkState]:
    """The person of another case I work on is this one's child, parent or relative, or was exploited together with them.
    `relation` is what the other is to this one; the other case shows it from its own side."""
    case = await domain.add_link(work, case_id=case_id, report=report, expected=expected)
    return (await _state(work, case_id)).tagged(case)


@router.delete("/cases/{case_id}/links/{other_case_id}")
async def unlink_case(work: Caseworker, case_id: UUID, other_case_id: UUID, expected: IfMatch) -> Tagged[LinkState]:
    """The link was an error; it goes from both cases."""
    case = await domain.remove_link(work, case_id=case_id, other_case_id=other_case_id, expected=expected)
    return (await _state(work, case_id)).tagged(case)


async def _state(work: UnitOfWork, case_id: UUID) -> LinkState:
    found = (await repository.links_of(work, [case_id]))[case_id]
    return LinkState(
        case_id=case_id, linked=[Linked(case_id=each.other_case_id, relation=each.relation) for each in found]
    )


@router.post("/cases/{case_id}/suspects", status_code=201)
async def name_suspect(
    work: Caseworker, case_id: UUID, report: SuspectReport, expected: IfMatch
) -> Tagged[SuspectReceipt]:
    """Somebody is suspected of exploiting the person. Sealed; the same telephone number or full name in another case I work
    on gives the same `suspect_id`, and joins the cases into a cluster."""
    case, suspect_id = await domain.name_suspect(work, case_id=case_id, report=report, expected=expected)
    return SuspectReceipt(suspect_id=suspect_id).tagged(case)


@router.get("/cases/{case_id}/suspects")
async def list_suspects(work: Reader, case_id: UUID, purpose: PurposeOfReading) -> Suspects:
    """Whom this case suspects, for those who work on it; every read is kept with its purpose."""
    case = await records.read_case(work, case_id, operation="case.suspects", purpose=purpose)
    found = await repository.read_suspects(work, case.id, purpose=purpose)
    return Suspects(
        items=[
            SuspectDetails(
                suspect_id=each.suspect_id, named_at=each.named_at, named_by=each.named_by, **dict(description)
            )
            for each, description in found
        ]
    )


@router.delete("/cases/{case_id}/suspects/{suspect_id}")
async def drop_suspect(work: Caseworker, case_id: UUID, suspect_id: UUID, expected: IfMatch) -> Tagged[SuspectReceipt]:
    """The suspicion was an error, as far as this case goes."""
    case = await domain.drop_suspect(work, case_id=case_id, suspect_id=suspect_id, expected=expected)
    return SuspectReceipt(suspect_id=suspect_id).tagged(case)


@router.get("/cases/{case_id}/cluster")
async def read_cluster(work: Reader, case_id: UUID) -> Cluster:
    """All cases I work on that are connected with this one through links, merges and suspects, the nearest first; no
    personal data."""
    return await domain.see_cluster(work, case_id=case_id)
