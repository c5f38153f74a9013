"""Approvals of facilities: who records them, and who ends them before their time."""

from uuid import UUID

from services.accommodation.case.nights import days, first_of, nights
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository
from services.accommodation.facilities.domain import changed
from services.accommodation.facilities.models import Approval
from services.accommodation.facilities.schemas import ApprovalEnd, ApprovalRecord
from shared.contract.directory import can_exist, supervision_of
from shared.contract.organisations import OrganisationKind, kind_of
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, Unprocessable


class NotASupervision(Unprocessable):
    """An approval names an organisation that approves nothing."""


class NotYourApproval(Forbidden):
    """Approvals are recorded by the supervision that gave them, or by CMM."""


class NotItsSupervision(Unprocessable):
    """A facility is approved by the socialtilsyn of its region."""


class ApprovalIsEnded(Conflict):
    """There is nothing to end."""


class EndsBeforeItBegins(Unprocessable):
    """An approval that would have held on no day."""


async def approve(
    work: UnitOfWork, *, facility_id: UUID, record: ApprovalRecord, expected: ExpectedVersion
) -> tuple[Approval, Remark]:
    """Record an approval by the supervision of the facility's region: the supervision its own, CMM any."""
    _check_may_approve(work.actor, record.supervision)
    facility = await repository.known_facility(work, facility_id)
    if record.supervision != (its_own := supervision_of(facility.region)):
        raise NotItsSupervision(f"The facility lies in another region: {its_own} approves it; name that one.")
    expected.check(facility)
    approval = Approval(
        facility_id=facility.id,
        supervision=record.supervision,
        during=days(record.valid_from, record.valid_until),
        recorded_by=work.actor.org,
        recorded_at=work.now,
    )
    reference = Remark(text=record.reference)
    await repository.add_approval(work, approval, reference)
    changed(work, facility)
    return approval, reference


async def end_approval(
    work: UnitOfWork, *, facility_id: UUID, approval_id: UUID, end: ApprovalEnd, expected: ExpectedVersion
) -> tuple[Approval, Remark]:
    """The approval holds from that day on no more, by the supervision that gave it or CMM; an end that was said before can be
    brought forward. Whoever is there stays until somebody finds them another place."""
    approval = await repository.lock_approval(work, facility_id, approval_id)
    if work.actor.org != approval.supervision and work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourApproval("An approval is ended by the supervision that gave it, or by CMM.")
    facility = await repository.known_facility(work, facility_id)
    expected.check(facility)
    begins, ends = first_of(approval.during), approval.during.upper
    if ends is not None and ends <= end.on:
        raise ApprovalIsEnded("The approval has ended by that day already.")
    if end.on <= begins:
        raise EndsBeforeItBegins("An approval ends on a later day than it begins; that day is not part of it.")
    approval.during = nights(begins, end.on)
    approval.ended_at, approval.ended_by = work.now, work.actor.org
    changed(work, facility)
    return approval, await repository.note_end(work, approval, Remark(text=end.reason))


def _check_may_approve(actor: Actor, supervision: str) -> None:
    approves = can_exist(supervision) and kind_of(supervision) is OrganisationKind.SUPERVISION
    is_theirs = actor.kind is OrganisationKind.SUPERVISION and actor.org == supervision
    if not is_theirs and actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYourApproval("An approval is recorded by the supervision that gave it, or by CMM.")
    if not approves:
        raise NotASupervision("Only a socialtilsyn approves facilities; name the one that did.")
