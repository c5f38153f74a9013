"""The export of a case in the codes of a standard."""

from uuid import UUID

from services.identification import repository
from services.identification.api.policies import Reader
from services.identification.domain import htcds
from services.identification.models.support import SupportMeasure
from services.identification.schemas.htcds import Export
from shared.http.endpoint import Now, PurposeOfReading, Session
from shared.kernel.clock import on_date
from shared.runtime.service import service_router

router = service_router()


@router.get("/cases/{case_id}/htcds")
async def export_htcds(case_id: UUID, session: Session, actor: Reader, now: Now, purpose: PurposeOfReading) -> Export:
    """The case in the codes of IOM's Human Trafficking Case Data Standard 2.0, for those who work on it: coded facts only,
    and a list of what the standard has no code for."""
    case, person = await repository.person.read_person(session, actor, case_id, purpose=purpose)
    await repository.cases.find_working(session, actor, case_id, operation="case.htcds")
    return htcds.export(
        case,
        person,
        decisions=(await repository.decisions.decisions_of(session, [case.id]))[case.id],
        observations=await repository.indicators.observations_of(session, case.id),
        support=(await repository.records.by_case(session, [case.id], SupportMeasure))[case.id],
        on=on_date(now),
    )
