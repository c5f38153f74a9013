"""Endpoints of merging two cases and undoing it."""

from uuid import UUID

from services.identification.case.policies import Caseworker
from services.identification.merging import domain
from services.identification.merging.schemas import MergeInto, MergeState
from shared.contract.types import Tagged
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/merge")
async def merge(work: Caseworker, case_id: UUID, body: MergeInto, expected: IfMatch) -> Tagged[MergeState]:
    """This case is about the person of another one, where the work goes on. Nothing is copied: this case stays readable as
    it was, and can be taken out again."""
    case = await domain.merge(work, case_id=case_id, into=body.into, expected=expected)
    return MergeState(case_id=case.id, merged_into=case.merged_into).tagged(case)


@router.post("/cases/{case_id}/unmerge")
async def unmerge(work: Caseworker, case_id: UUID, expected: IfMatch) -> Tagged[MergeState]:
    """The merge was an error: this case stands for itself again, as does the other."""
    case = await domain.unmerge(work, case_id=case_id, expected=expected)
    return MergeState(case_id=case.id, merged_into=case.merged_into).tagged(case)
