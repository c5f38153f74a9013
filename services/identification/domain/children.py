"""A child: its municipality is told at once and assesses within 24 hours, and a representative speaks for it.

No consent of a child or its parents is asked for anywhere: the effort owes a child its protection (domain, section 1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository
from services.identification.domain import changes, lifecycle
from services.identification.domain.lifecycle import Step
from services.identification.models.cases import Case, Part
from services.identification.schemas.children import ChildAssessmentReport, ChildNotification, RepresentativeReport
from services.identification.schemas.person import SealedText
from shared.contract import events
from shared.contract.codes import AgeGroup
from shared.data import outbox
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Unprocessable

MINORS = frozenset({AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR})


class NotAChild(Conflict):
    """This is for children and those who are presumed to be."""


class ChildIsAssessed(Conflict):
    """The municipality has assessed what the child needs; that is recorded once."""


class AssessedBeforeNotice(Unprocessable):
    """The municipality cannot have assessed a child it had not been told of."""


class AppointedBeforeRequest(Unprocessable):
    """A representative is appointed after one was asked for."""


def is_child(case: Case) -> bool:
    """Whoever is presumed a minor is treated as one."""
    return case.age_group in MINORS


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
    await repository.cases.give_part(session, case.id, f"kommune-{municipality}", Part.MUNICIPALITY)
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
    async with repository.deadlines.as_itself(session):
        # US, which may decide, does not know who else has to do with the case.
        if await repository.cases.part_of(session, case.id, org) is Part.MUNICIPALITY:
            await repository.cases.set_part(session, case.id, org, None)


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
    await repository.cases.seal_note(
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
    await repository.cases.seal_note(session, case, "representative", name, operation="child.represent")
    await changes.case_changed(session, case, now=now)
    return case


async def _lock_child(session: AsyncSession, actor: Actor, case_id: UUID, match: Match) -> Case:
    case = await repository.cases.lock_case(session, actor, case_id, match)
    lifecycle.check(case, Step.WORK)
    if not is_child(case):
        raise NotAChild("The person is not a child, nor presumed one; correct the age first: PUT .../person.")
    return case
