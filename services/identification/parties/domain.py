"""How an organisation's part in a case ends: it withdraws the referral that gave it, or CMM ends it. The case goes on."""

from uuid import UUID

from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.case.visibility import holds, tasks_of
from services.identification.consents import recipients
from services.identification.parties import repository
from services.identification.parties.schemas import PartyEnd
from shared.contract.events import PartyEnded, SourceWithdrawn
from shared.contract.organisations import CENTRE, HAVN
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden, NotFound


class OnlyTheCentreEndsParts(Forbidden):
    """Who has to do with a case is CMM's to say."""


class PartyNotFound(NotFound):
    """The organisation has no part in the case."""


class PartIsADuty(Conflict):
    """The organisation decides in the case, works on it, holds the person, or has a task in it that is not done."""


async def has_part(work: UnitOfWork, *, case_id: UUID, organisation: str) -> bool:
    """Whether the organisation has a part in the case, for Havn itself; CaseNotFound for everybody else."""
    if work.actor.org != HAVN:
        raise cases.CaseNotFound
    work.audit(operation="party.read", subject_id=case_id)
    return await cases.part_of(work, case_id, organisation) is not None


async def end(work: UnitOfWork, *, case_id: UUID, organisation: str, said: PartyEnd, expected: ExpectedVersion) -> Case:
    """CMM ends an organisation's part, with a reason that is kept, also in a case that was merged since, where it has its part.
    From then on the case does not exist for it; its own referral stays its own."""
    case = await cases.lock_case(work, case_id, expected, even_merged=True)
    if work.actor.org != CENTRE:
        raise OnlyTheCentreEndsParts("Only CMM ends the part of an organisation in a case.")
    part = await cases.part_of(work, case.id, organisation)
    if part is None:
        raise PartyNotFound
    is_holding = part in cases.HOLDING and holds(organisation, case)
    if part in cases.WORKING or tasks_of(organisation, case, on=on_date(work.now)) or is_holding:
        raise PartIsADuty(
            "This organisation decides in the case, holds the person or has a task that is not done, and keeps its part."
        )
    await repository.keep_ended_part(work, case, organisation, part, SealedText(text=said.reason))
    await cases.set_part(work, case.id, organisation, None)
    work.record(PartyEnded(case_id=case.id, occurred_at=work.now, organisation=organisation))
    return case


async def withdraw(work: UnitOfWork, *, referral_id: UUID, sender: str) -> None:
    """The referral was withdrawn: the part that it gave its sender ends at once. Whose case has no other source stays open
    with CMM, with its deadlines and a child's protection, and says so; no machine closes or erases it
    (docs/rules.md, identity-3)."""
    for referral in await repository.referrals_to_withdraw(work, referral_id):
        case = await cases.case_for_itself(work, referral.case_id)
        if case is None:
            continue
        await repository.note_withdrawal(work, referral)
        if await _end_part(work, case, sender):
            work.record(PartyEnded(case_id=case.id, occurred_at=work.now, organisation=sender))
        if case.opened_by is None and not await repository.any_source(work, [case.id]):
            case.source_withdrawn_at = work.now
            work.record(SourceWithdrawn(case_id=case.id, occurred_at=work.now, referral_id=referral_id))


async def _end_part(work: UnitOfWork, case: Case, sender: str) -> bool:
    """Whether something that the referral gave its sender has ended. What the law gives it stays, and what the person lets it
    know by a consent that somebody else has recorded."""
    if await cases.has_referred(work, case.id, sender):
        return False
    if await cases.part_of(work, case.id, sender) is not Part.REFERRER:
        return True
    part = await recipients.part_without_referral(work, case, sender)
    await cases.set_part(work, case.id, sender, part)
    return True
