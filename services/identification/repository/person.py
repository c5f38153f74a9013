"""Who the person of a case is, opened for those who work on it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.identification import visibility
from services.identification.models.cases import Case, ContactAttempt, Part
from services.identification.repository import records
from services.identification.repository.cases import WORKING, CaseNotFound, RoleDoesNotSee, cases_of
from services.identification.repository.consents import leaves_of
from services.identification.repository.sealing import seal
from services.identification.schemas.person import CasePerson, SealedText
from services.identification.visibility import Fact, person_fact
from shared.contract.codes import Purpose
from shared.data import audit, sealed
from shared.identity.actor import Actor
from shared.kernel.errors import Forbidden, Gone
from shared.kernel.text import AS_STORED


class LeaveIsForAnotherPurpose(Forbidden):
    """Consent and law let the organisation know for a purpose, and for no other (domain, section 7)."""


class PersonIsErased(Gone):
    """The time of keeping is over: the key to who this was has been destroyed."""


_OF_A_PERSON: Final = frozenset({Fact.PERSON, Fact.CONTACT})


async def read_person(
    session: AsyncSession, actor: Actor, case_id: UUID, *, purpose: Purpose
) -> tuple[Case, CasePerson]:
    """The person of a case, opened, as far as the actor may know; CaseNotFound for whom nothing of it is meant."""
    found = (await session.execute(cases_of(actor).where(col(Case.id) == case_id))).first()
    if found is None:
        raise CaseNotFound
    case, part = found[0], found[1].part
    known = await _known_for(session, actor, case, part, purpose)
    if case.erased_at:
        raise PersonIsErased(f"The description of the person was erased on {case.erased_at:%Y-%m-%d}.")
    key = await sealed.key_of(session, case.id)
    whole = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    shown = {name: value for name, value in whole if name in whole.model_fields_set and person_fact(name) in known}
    person = CasePerson.model_validate(shown, context=AS_STORED)
    fields = sorted(person.model_fields_set)
    audit.record(session, operation="person.read", subject_id=case_id, fields=fields, purpose=purpose)
    return case, person


async def _known_for(session: AsyncSession, actor: Actor, case: Case, part: Part, purpose: Purpose) -> frozenset[Fact]:
    """What of the person the actor may know for this purpose; raises when that is nothing."""
    leave = (await leaves_of(session, actor.org, [case.id], purpose))[case.id] if part not in WORKING else ()
    known = visibility.may_know(actor, part, leave)
    if known & _OF_A_PERSON:
        return known
    if part in WORKING:
        raise RoleDoesNotSee("Who the person is, is for those who work on the case: caseworker, lawyer, decider.")
    for_any = (await leaves_of(session, actor.org, [case.id]))[case.id]
    if visibility.may_know(actor, part, for_any) & _OF_A_PERSON:
        raise LeaveIsForAnotherPurpose("What lets your organisation read this was given for another purpose.")
    raise CaseNotFound


async def replace_person(session: AsyncSession, case: Case, person: CasePerson) -> CasePerson:
    """Seal a new description of the person of a locked case; gives it with the birth date that was stated first."""
    key = await sealed.key_of(session, case.id)
    known = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    person = person.keeping_what_was_stated(known)
    await seal(session, case, {"person": person}, owner=case.id)
    audit.record(session, operation="person.change", subject_id=case.id, fields=sorted(person.model_fields_set))
    return person


async def open_person(session: AsyncSession, case: Case, *, fields: Sequence[str]) -> CasePerson:
    """The person of a locked case, for a rule that asks these fields."""
    key = await sealed.key_of(session, case.id)
    audit.record(session, operation="person.consult", subject_id=case.id, fields=fields)
    return key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)


async def amend_person(session: AsyncSession, case: Case, **facts: Any) -> None:
    """Change some coded facts in the description of a locked case's person."""
    key = await sealed.key_of(session, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    await seal(session, case, {"person": person.model_copy(update=facts)}, owner=case.id)
    audit.record(session, operation="person.change", subject_id=case.id, fields=sorted(facts))


async def forget_person(session: AsyncSession, case: Case, note: SealedText | None) -> None:
    """Leave only the coded facts of a locked case's person: the old description is overwritten."""
    key = await sealed.key_of(session, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    await seal(session, case, {"person": person.unnamed(), "refusal": note}, owner=case.id)
    audit.record(session, operation="person.forget", subject_id=case.id, fields=person.named())


async def add_contact_attempt(session: AsyncSession, attempt: ContactAttempt, note: SealedText | None) -> None:
    """Note an attempt to reach the person of a locked case."""
    await records.add(session, attempt, operation="person.contact", note=note)
