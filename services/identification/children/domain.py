"""A child: its municipality is told at once and assesses within 24 hours, and a representative speaks for it.

No consent of a child or its parents is asked for anywhere: the effort owes a child its protection (domain, section 1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, Part, is_child
from services.identification.case.schemas import SealedText
from services.identification.children import repository
from services.identification.children.models import ChildReferral
from services.identification.children.schemas import ChildAssessmentReport, ChildNotification, RepresentativeReport
from shared.contract import events
from shared.data import outbox
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Unprocessable


class NotAChild(Conflict):
    """This is for children and those who are presumed to be."""


class ChildIsAssessed(Conflict):
    """The municipality has assessed what the child needs; that is recorded once."""


class AssessedBeforeNotice(Unprocessable):
    """The municipality cannot have assessed a child it had not been told of."""


class AppointedBeforeRequest(Unprocessable):
    """A representative is appointed after one was asked for."""


async def protect(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """A child is protected from when it is known to be one: its municipality is told at once and once, or CMM has as long to
    find it. Whoever changes what is known of a person calls this, and winds the clocks."""
    if not is_child(case):
        case.child_since = None
        return
    case.child_since = case.child_since or now
    if case.municipality and case.child_notified_at is None:
        await tell_municipality(session, case, case.municipality, now=now)


async def tell_municipality(session: AsyncSession, case: Case, municipality: str, *, now: datetime) -> None:
    """This is the child's municipality from now on, and its 24 hours run."""
    case.municipality, case.child_notified_at = municipality, now
    await cases.give_part(session, case.id, f"kommune-{municipality}", Part.MUNICIPALITY)
    outbox.record(
        session,
        events.MunicipalityNotified(case_id=case.id, occurred_at=now, municipality=municipality, notified_at=now),
    )


async def notify(
    session: AsyncSession, *, actor: Actor, case_id: UUID, notification: ChildNotification, match: Match, now: datetime
) -> Case:
    """Name the child's municipality, and tell it; another one than before was an error, or the child has moved."""
    case = await _lock_child(session, actor, case_id, match)
    if case.child_notified_at and case.municipality == notification.municipality:
        return case
    if case.child_notified_at:
        await _take_leave_of_municipality(session, case)
    await tell_municipality(session, case, notification.municipality, now=now)
    await changes.case_changed(session, case, now=now)
    return case


async def _take_leave_of_municipality(session: AsyncSession, case: Case) -> None:
    """The child is no longer this municipality's, and what it has assessed does not speak for the next one; what it may know
    by a referral or the person's leave stays."""
    case.child_assessed_at = None
    org = f"kommune-{case.municipality}"
    async with cases.as_itself(session):
        # US, which may decide, does not know who else has to do with the case.
        if await cases.part_of(session, case.id, org) is Part.MUNICIPALITY:
            await cases.set_part(session, case.id, org, None)


async def assess(
    session: AsyncSession, *, actor: Actor, case_id: UUID, report: ChildAssessmentReport, match: Match, now: datetime
) -> Case:
    """The municipality has assessed what the child needs; its 24 hours are over."""
    case = await _lock_child(session, actor, case_id, match)
    if case.child_assessed_at:
        raise ChildIsAssessed("The assessment is recorded already.")
    if report.assessed_at < (case.child_notified_at or case.opened_at):
        raise AssessedBeforeNotice("The municipality cannot have assessed the child before it was told.")
    case.child_assessed_at = report.assessed_at
    await cases.seal_note(
        session, case, "child", SealedText(text=report.note) if report.note else None, operation="child.assess"
    )
    outbox.record(session, events.ChildAssessed(case_id=case.id, occurred_at=now, assessed_at=report.assessed_at))
    await changes.case_changed(session, case, now=now)
    return case


async def represent(
    session: AsyncSession, *, actor: Actor, case_id: UUID, report: RepresentativeReport, match: Match, now: datetime
) -> Case:
    """A personal representative was asked for, or appointed; told again with the appointment when it comes."""
    case = await _lock_child(session, actor, case_id, match)
    if report.appointed_on and report.appointed_on < report.requested_on:
        raise AppointedBeforeRequest("The representative cannot have been appointed before one was asked for.")
    if case.representative_requested_on != report.requested_on:
        outbox.record(
            session,
            events.RepresentativeRequested(case_id=case.id, occurred_at=now, requested_on=report.requested_on),
        )
    if report.appointed_on and case.representative_appointed_on != report.appointed_on:
        outbox.record(
            session,
            events.RepresentativeAppointed(case_id=case.id, occurred_at=now, appointed_on=report.appointed_on),
        )
    case.representative_requested_on = report.requested_on
    case.representative_appointed_on = report.appointed_on or case.representative_appointed_on
    name = SealedText(text=report.name) if report.name else None
    await cases.seal_note(session, case, "representative", name, operation="child.represent")
    await changes.case_changed(session, case, now=now)
    return case


async def _lock_child(session: AsyncSession, actor: Actor, case_id: UUID, match: Match) -> Case:
    case = await cases.lock_case(session, actor, case_id, match)
    lifecycle.check(case, Step.WORK)
    if not is_child(case):
        raise NotAChild("The person is not a child, nor presumed one; correct the age first: PUT .../person.")
    return case


# ---------------------------------------------------------------- A referral that tells a municipality of a child: t


MUNICIPALITIES = "kommune-"


async def remember(
    session: AsyncSession, *, referral_id: UUID, case_id: UUID, sender: str, recipient: str, now: datetime
) -> None:
    """Somebody who has to do with a child's case has told the child's municipality, or one where none was known yet."""
    municipality = recipient.removeprefix(MUNICIPALITIES)
    if municipality == recipient or not await cases.has_to_do_with(session, case_id, sender):
        return
    case = await cases.case_for_itself(session, case_id)
    if case is None or not is_child(case):
        return
    if case.child_notified_at is None:
        await tell_municipality(session, case, municipality, now=now)
        await changes.case_changed(session, case, now=now)
    if case.municipality == municipality:
        referral = ChildReferral(referral_id=referral_id, case_id=case_id, municipality=municipality)
        await repository.add_child_referral(session, referral)


async def complete(session: AsyncSession, *, referral_id: UUID, completed_at: datetime, now: datetime) -> None:
    """What the municipality was asked for is done: the child is assessed, unless that was told already, or the child is
    another municipality's by now."""
    referral = await repository.child_referral(session, referral_id)
    case = referral and await cases.case_for_itself(session, referral.case_id)
    if referral and case and case.child_assessed_at is None and case.municipality == referral.municipality:
        case.child_assessed_at = completed_at
        outbox.record(session, events.ChildAssessed(case_id=case.id, occurred_at=now, assessed_at=completed_at))
        await changes.case_changed(session, case, now=now)
