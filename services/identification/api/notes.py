"""The endpoint of what was said with the steps in a case."""

from uuid import UUID

from services.identification import repository
from services.identification.api.policies import FileWorker
from services.identification.schemas.notes import Notes
from shared.http.endpoint import PurposeOfReading, Session
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/notes")
async def read_notes(case_id: UUID, session: Session, actor: FileWorker, purpose: PurposeOfReading) -> Notes:
    """What was said with the steps that have no page of their own: why the case was opened and who decides was settled, where
    the person was held, what the municipality found, why a period was made longer, who tried to reach the person. For those
    who work on the case; every read is kept with its purpose."""
    return Notes(items=await repository.notes.read_notes(session, actor, case_id, purpose=purpose))
