from uuid import UUID

from fastapi import Response

from services.identification.case.policies import Caseworker
from services.identification.merging import domain
from services.identification.merging.schemas import MergeInto, MergeState
from shared.http.endpoint import IfMatch, Now, Session
from shared.http.etag import tag
from shared.runtime.service import service_router

router = service_router()


@router.post("/cases/{case_id}/merge")
async def merge(
    case_id: UUID, body: MergeInto, response: Response, session: Session, actor: Caseworker, now: Now, match: IfMatch
) -> MergeState:
    """This case is about the person of another one, where the work goes on. Nothing is copied: this case stays readable as
    it was, and can be taken out again."""
    case = await domain.merge(session, actor=actor, case_id=case_id, into=body.into, match=match, now=now)
    tag(response, case)
    return MergeState(case_id=case.id, merged_into=case.merged_into)


@router.post("/cases/{case_id}/unmerge")
async def unmerge(
    case_id: UUID, response: Response, session: Session, actor: Caseworker, now: Now, match: IfMatch
) -> MergeState:
    """The merge was an error: this case stands for itself again, as does the other."""
    case = await domain.unmerge(session, actor=actor, case_id=case_id, match=match, now=now)
    tag(response, case)
    return MergeState(case_id=case.id, merged_into=case.merged_into)
