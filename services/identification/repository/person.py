"""Who the person of a case is, opened for those who work on it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification.models.cases import Case, CaseParty
from services.identification.repository.cases import WORKING, CaseNotFound, cases_of
from services.identification.schemas.person import CasePerson
from shared import audit, sealed
from shared.audit import Purpose
from shared.auth import Actor


async def read_person(
    session: AsyncSession, actor: Actor, case_id: UUID, *, purpose: Purpose
) -> tuple[Case, CasePerson]:
    """The person of a case, opened, for those who work on it."""
    found = (
        await session.execute(cases_of(actor).where(col(Case.id) == case_id, col(CaseParty.part).in_(WORKING)))
    ).first()
    if found is None:
        raise CaseNotFound
    case: Case = found[0]
    key = await sealed.key_of(session, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    fields = sorted(person.model_fields_set)
    audit.record(session, operation="person.read", subject_id=case_id, fields=fields, purpose=purpose)
    return case, person


async def replace_person(session: AsyncSession, case: Case, person: CasePerson) -> CasePerson:
    """Seal a new description of the person of a locked case; gives it with the birth date that was stated first."""
    key = await sealed.key_of(session, case.id)
    known = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    person = person.keeping_what_was_stated(known)
    case.person = key.seal(person, table="case_file", column="person", row=case.id)
    audit.record(session, operation="person.change", subject_id=case.id, fields=sorted(person.model_fields_set))
    return person
