"""Who the person of a case is, opened for those who work on it; attempts to reach them; on what their stay rests."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Select, bindparam, cast, func, select, update
from sqlmodel import col

from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case, ContactAttempt, is_child
from services.identification.case.repository import (
    CASE_ID,
    WORKING,
    CaseNotFound,
    RoleDoesNotSee,
    seal,
    seen_case,
)
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.case.visibility import parts_of_reader
from services.identification.consents.repository import as_they_stand, disclosable_to
from services.identification.person.models import LegalStatusEntry
from services.identification.person.schemas import Particulars
from services.identification.records import repository as records
from shared.contract import visibility
from shared.contract.codes import AgeBasis, Purpose
from shared.contract.visibility import Aspect, Part, person_aspect
from shared.data import sealed
from shared.data.columns import any_of
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import COPENHAGEN, on_date
from shared.kernel.errors import Forbidden, Gone
from shared.kernel.text import AS_STORED


class LeaveIsForAnotherPurpose(Forbidden):
    """Consent and law let the organisation know for a purpose, and for no other (docs/rules.md, consent-1)."""


class PersonIsErased(Gone):
    """The time of keeping is over: the key to who this was has been destroyed."""


_OF_A_PERSON: Final = frozenset({Aspect.PERSON, Aspect.CONTACT})


async def read_person(work: UnitOfWork, case_id: UUID, *, purpose: Purpose) -> tuple[Case, CasePerson]:
    """The person of a case, opened, as far as the actor may know; CaseNotFound for whom nothing of it is meant."""
    found = await seen_case(work, case_id)
    if found is None:
        raise CaseNotFound
    case, part = found
    known = await _known_for(work, case, part, purpose)
    if case.erased_at:
        raise PersonIsErased(f"The description of the person was erased on {case.erased_at:%Y-%m-%d}.")
    key = await sealed.key_of(work, case.id)
    whole = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    shown = {name: value for name, value in whole if name in whole.model_fields_set and person_aspect(name) in known}
    if person_aspect("consents") in known:
        shown["consents"] = await as_they_stand(work, case_id, shown.get("consents", []))
    person = CasePerson.model_validate(shown, context=AS_STORED)
    fields = sorted(person.model_fields_set)
    work.audit(operation="person.read", subject_id=case_id, fields=fields, purpose=purpose)
    return case, person


async def _known_for(work: UnitOfWork, case: Case, part: Part, purpose: Purpose) -> frozenset[Aspect]:
    """What of the person the actor may know for this purpose; raises when that is nothing. The purpose is judged for those
    alone who may know something for one."""
    if part in WORKING:
        visibility.judge(work.actor, part, purpose)
        known = visibility.may_know(work.actor, part)
        if not known & _OF_A_PERSON:
            raise RoleDoesNotSee("Who the person is, is for those who work on the case: caseworker, lawyer, decider.")
        return known
    parts = parts_of_reader(work.actor, case, part, on=on_date(work.now))
    for_any = (await disclosable_to(work, work.actor.org, [case.id]))[case.id]
    if not visibility.may_know(work.actor, parts, for_any) & _OF_A_PERSON:
        raise CaseNotFound
    visibility.judge(work.actor, parts, purpose)
    for_this = (await disclosable_to(work, work.actor.org, [case.id], purpose))[case.id]
    known = visibility.may_know(work.actor, parts, for_this)
    if not known & _OF_A_PERSON:
        raise LeaveIsForAnotherPurpose("What lets your organisation read this was given for another purpose.")
    return known


async def replace_person(work: UnitOfWork, case: Case, person: CasePerson) -> tuple[CasePerson, CasePerson]:
    """Seal a new description of the person of a locked case; gives it with the birth date that was stated first and the age that
    was assessed, and the one that was known before."""
    key = await sealed.key_of(work, case.id)
    known = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    today, sent = on_date(work.now), person
    person = person.keeping_what_was_stated(known).keeping_what_was_assessed(known)
    if known.age_basis is not AgeBasis.ASSESSED:
        if is_child(case, on=today):
            person = person.keeping_who_is_a_minor(known)
        person = person.presuming_who_was_said_to_be_a_minor(known.birth_date, sent.stated_birth_date, on=today)
    person = person.with_its_assessment(known, today=today, recorded_by=work.actor.org)
    await seal(work, case, {"person": person}, owner=case.id)
    work.audit(operation="person.change", subject_id=case.id, fields=sorted(person.model_fields_set))
    return person, known


async def store_person(work: UnitOfWork, case: Case, person: CasePerson, *, brought_by: UUID) -> None:
    """Seal the description of a locked case's person as it is with what another case has brought."""
    await seal(work, case, {"person": person}, owner=case.id)
    fields = sorted(person.model_fields_set)
    work.audit(operation="person.take_in", subject_id=case.id, object_ids=[brought_by], fields=fields)


async def store_later_word(work: UnitOfWork, case: Case, person: CasePerson, *, referral_id: UUID) -> None:
    """Seal the description of a locked case's person with what a referral about the case has brought."""
    await seal(work, case, {"person": person}, owner=case.id)
    fields = sorted(person.model_fields_set)
    work.audit(operation="person.take_word", subject_id=case.id, object_ids=[referral_id], fields=fields)


async def open_person(
    work: UnitOfWork, case: Case, *, fields: Sequence[str], beside: Sequence[UUID] = ()
) -> CasePerson:
    """The person of a locked case, for a rule that asks these fields; `beside` are the cases because of which it asks, which are
    named to who works on them too."""
    key = await sealed.key_of(work, case.id)
    work.audit(operation="person.consult", subject_id=case.id, object_ids=beside, fields=fields)
    return key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)


async def amend_person(work: UnitOfWork, case: Case, **facts: Any) -> None:
    """Change some coded facts in the description of a locked case's person."""
    key = await sealed.key_of(work, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    await seal(work, case, {"person": person.model_copy(update=facts)}, owner=case.id)
    work.audit(operation="person.change", subject_id=case.id, fields=sorted(facts))


async def forget_person(work: UnitOfWork, case: Case, note: SealedText | None) -> None:
    """Leave only the coded facts of a locked case's person: the old description is overwritten."""
    key = await sealed.key_of(work, case.id)
    person = key.open(case.person, CasePerson, table="case_file", column="person", row=case.id)
    await seal(work, case, {"person": person.unnamed(), "refusal": note}, owner=case.id)
    work.audit(operation="person.forget", subject_id=case.id, fields=person.named())


async def add_contact_attempt(work: UnitOfWork, attempt: ContactAttempt, note: SealedText | None) -> None:
    """Note an attempt to reach the person of a locked case."""
    await records.add(work, attempt, operation="person.contact", note=note)


# ---------------------------------------------------------------- legal status


_MOST_AT_ONCE = 500
_IN_ORDER = (col(LegalStatusEntry.valid_from), col(LegalStatusEntry.position))


async def add(work: UnitOfWork, entry: LegalStatusEntry, source: SealedText | None = None) -> None:
    """Add to the history of a case that was just opened or is locked."""
    words = Particulars(source=source.text) if source else None
    await records.add(work, entry, operation="legal_status.add", particulars=words)


_BEGUN: Final = (
    select(LegalStatusEntry)
    .where(col(LegalStatusEntry.case_id) == CASE_ID, col(LegalStatusEntry.valid_from) <= bindparam("on"))
    .order_by(*(each.desc() for each in _IN_ORDER))
    .limit(1)
)
_HISTORY: Final = select(LegalStatusEntry).where(col(LegalStatusEntry.case_id) == CASE_ID).order_by(*_IN_ORDER)


async def holding(work: UnitOfWork, case: Case, *, on: date) -> LegalStatusEntry | None:
    """What holds on that day; None where the history begins later."""
    return await work.session.scalar(_BEGUN, {"case_id": case.id, "on": on})


async def read_history(
    work: UnitOfWork, case_id: UUID, *, purpose: Purpose
) -> tuple[Case, list[tuple[LegalStatusEntry, Particulars | None]]]:
    """The history, oldest first, for those who work on the case; who said so is in it."""
    case = await records.read_case(work, case_id, operation="legal_status.read", purpose=purpose)
    key = await sealed.key_of(work, case.id)
    return case, [
        (
            entry,
            key.open(entry.particulars, Particulars, table="legal_status", column="particulars", row=entry.id)
            if entry.particulars
            else None,
        )
        for entry in await work.session.scalars(_HISTORY, {"case_id": case.id})
    ]


async def lock_cases_with_due_entries(work: UnitOfWork, *, on: date) -> Sequence[Case]:
    """The cases for which an entry's day has come, locked; those that somebody is changing now are left for the next time."""
    found = await work.session.scalars(_WITH_DUE_ENTRIES, {"on": on})
    for case in found:
        case.version += 1
    return found


async def lock_undecided_whose_stay_ran_out(work: UnitOfWork, *, on: date) -> Sequence[Case]:
    """The undecided cases that were routed while the stay was valid, which it is no more on that day, locked."""
    found = await work.session.scalars(_UNDECIDED_WHOSE_STAY_RAN_OUT, {"on": on})
    for case in found:
        case.version += 1
    return found


async def lock_who_came_of_age(work: UnitOfWork, *, on: date) -> Sequence[Case]:
    """The cases of minors who are adults from that day at the latest, locked."""
    found = await work.session.scalars(_OF_AGE, {"on": on})
    for case in found:
        case.version += 1
        work.audit(operation="person.come_of_age", subject_id=case.id, fields=["age_group"])
    return found


_ON: Final = bindparam("on", type_=Date())


def _some(*conditions: ColumnElement[bool]) -> Select[Case]:
    """Cases of which nothing is erased yet: there something can change."""
    return select(Case).where(*conditions, col(Case.erased_at).is_(None)).order_by(col(Case.id)).limit(_MOST_AT_ONCE)


_WITH_DUE_ENTRIES: Final = _some(
    col(Case.id).in_(
        select(col(LegalStatusEntry.case_id)).where(
            ~col(LegalStatusEntry.has_taken_effect), col(LegalStatusEntry.valid_from) <= _ON
        )
    )
).with_for_update(skip_locked=True)
_UNDECIDED_WHOSE_STAY_RAN_OUT: Final = _some(
    col(Case.residence_valid_until) < _ON,
    col(Case.routed_at) < func.timezone(COPENHAGEN.key, cast(col(Case.residence_valid_until) + 1, DateTime)),
    ~any_of(col(Case.status), [CaseStatus.DECIDED, CaseStatus.CLOSED]),
    col(Case.merged_into).is_(None),
).with_for_update(skip_locked=True)
_OF_AGE: Final = _some(col(Case.adult_on) <= _ON).with_for_update(skip_locked=True)


_TAKE_EFFECT: Final = (
    update(LegalStatusEntry)
    .where(col(LegalStatusEntry.case_id) == CASE_ID, col(LegalStatusEntry.valid_from) <= _ON)
    .values(has_taken_effect=True)
)


async def note_effect(work: UnitOfWork, case: Case, *, on: date) -> None:
    """The entries of a locked case whose day has come have taken effect."""
    await work.session.execute(_TAKE_EFFECT, {"case_id": case.id, "on": on})
    work.audit(operation="legal_status.take_effect", subject_id=case.id)
