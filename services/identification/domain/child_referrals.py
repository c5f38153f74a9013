"""A referral that tells a municipality of a child: the municipality's 24 hours end when it has completed it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository
from services.identification.domain import changes, children
from services.identification.models.deadlines import ChildReferral
from shared.contract import events
from shared.data import outbox

MUNICIPALITIES = "kommune-"


async def remember(
    session: AsyncSession, *, referral_id: UUID, case_id: UUID, sender: str, recipient: str, now: datetime
) -> None:
    """Somebody who has to do with a child's case has told the child's municipality, or one where none was known yet."""
    municipality = recipient.removeprefix(MUNICIPALITIES)
    if municipality == recipient or not await repository.deadlines.has_to_do_with(session, case_id, sender):
        return
    case = await repository.deadlines.case_for_itself(session, case_id)
    if case is None or not children.is_child(case):
        return
    if case.child_notified_at is None:
        await children.tell_municipality(session, case, municipality, now=now)
        await changes.case_changed(session, case, now=now)
    if case.municipality == municipality:
        referral = ChildReferral(referral_id=referral_id, case_id=case_id, municipality=municipality)
        await repository.deadlines.add_child_referral(session, referral)


async def complete(session: AsyncSession, *, referral_id: UUID, completed_at: datetime, now: datetime) -> None:
    """What the municipality was asked for is done: the child is assessed, unless that was told already, or the child is
    another municipality's by now."""
    referral = await repository.deadlines.child_referral(session, referral_id)
    case = referral and await repository.deadlines.case_for_itself(session, referral.case_id)
    if referral and case and case.child_assessed_at is None and case.municipality == referral.municipality:
        case.child_assessed_at = completed_at
        outbox.record(session, events.ChildAssessed(case_id=case.id, occurred_at=now, assessed_at=completed_at))
        await changes.case_changed(session, case, now=now)
