"""The endpoints of the referrals service: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.referrals import domain, feed, repository, views
from services.referrals.domain import Step
from services.referrals.queries import Box
from services.referrals.schemas import (
    Completion,
    DirectoryChange,
    DirectoryEntry,
    Forwarding,
    ListedReferral,
    ListedSubject,
    Reason,
    ReferralDetails,
    ReferralReceipt,
    ReferralState,
    ReferralSubmission,
    SubmittedSubject,
)
from shared.contract.codes import ReferralStatus
from shared.contract.organisations import Scope
from shared.contract.personal import PersonalText
from shared.contract.types import Moment, Organisation, Tagged
from shared.data.unit_of_work import UnitOfWork
from shared.http import access_log
from shared.http.access_log import AfterPosition, LogReader, PlacedEntry
from shared.http.etag import ExpectedVersion
from shared.http.feed import After, FeedEvent, Subscriber, page_of
from shared.http.paging import Limit, Page, Pages
from shared.http.parameters import (
    ForgivenBody,
    IfMatch,
    Neighbours,
    PurposeOfReading,
    RequiredIdempotencyKey,
    RequiredIfMatch,
)
from shared.http.policy import STAFF, Requires
from shared.identity.actor import Role
from shared.runtime.service import service_router

router = service_router()

Reader = Annotated[UnitOfWork, Depends(Requires(Scope.REFERRALS_READ, *STAFF))]
Writer = Annotated[UnitOfWork, Depends(Requires(Scope.REFERRALS_WRITE, *STAFF))]
AnyMember = Annotated[UnitOfWork, Depends(Requires(Scope.REFERRALS_READ, *Role))]
Administrator = Annotated[UnitOfWork, Depends(Requires(Scope.ADMIN, Role.ADMIN))]


@router.post("/referrals", status_code=201, dependencies=[RequiredIdempotencyKey, ForgivenBody])
async def submit_referral(
    work: Writer, submission: ReferralSubmission, neighbours: Neighbours
) -> Tagged[ReferralReceipt]:
    """Refer 1 to 50 people to another organisation. For an identification each gets a case of their own; a referral of another
    kind may be about a case that you have to do with (`case_id`)."""
    await domain.check_case(work, neighbours, submission=submission)
    referral, narrative, subjects = await domain.submit(work, submission=submission)
    return ReferralReceipt(
        referral_id=referral.id,
        status=referral.status,
        subjects=[
            SubmittedSubject(reference=given.reference, subject_id=row.id, case_id=row.case_id)
            for given, row in zip(submission.subjects, subjects, strict=True)
        ],
        warnings=narrative.warnings,
    ).tagged(referral)


@router.get("/referrals")
async def list_referrals(
    work: Reader,
    pages: Pages,
    box: Box | None = None,
    status: ReferralStatus | None = None,
    since: Annotated[Moment | None, Query(description="Changed at or after this time.")] = None,
) -> Page[ListedReferral]:
    """My referrals, newest first, without personal data."""
    found = await repository.list_referrals(
        work, box=box, status=status, since=since, after=pages.after, limit=pages.limit
    )
    subjects = await repository.subjects_of(work, [referral.id for referral in found])
    items = [
        ListedReferral(
            **views.head_of(referral),
            subjects=[ListedSubject(subject_id=row.id, case_id=row.case_id) for row in subjects[referral.id]],
        )
        for referral in found
    ]
    return pages.page(items, found, lambda referral: [referral.submitted_at.isoformat(), str(referral.id)])


@router.get("/referrals/{referral_id}")
async def read_referral(work: Reader, referral_id: UUID, purpose: PurposeOfReading) -> Tagged[ReferralDetails]:
    """The whole referral, for its sender and its recipient, as far as the reader's role may know it; every read is kept with its
    purpose."""
    opened = await repository.read_referral(work, referral_id, purpose=purpose)
    return views.see_referral(opened).tagged(opened.referral)


@router.get("/referrals/{referral_id}/status")
async def read_status(work: Reader, referral_id: UUID) -> Tagged[ReferralState]:
    """Where the referral stands; no personal data."""
    referral = await repository.read_state(work, referral_id)
    return views.see_state(referral)


@router.post("/referrals/{referral_id}/acknowledge")
async def acknowledge(work: Writer, referral_id: UUID, expected: IfMatch) -> Tagged[ReferralState]:
    """The recipient has received the referral."""
    return await _step(work, Step.ACKNOWLEDGE, referral_id, expected)


@router.post("/referrals/{referral_id}/accept")
async def accept(work: Writer, referral_id: UUID, expected: IfMatch) -> Tagged[ReferralState]:
    """The recipient takes the referral on."""
    return await _step(work, Step.ACCEPT, referral_id, expected)


@router.post("/referrals/{referral_id}/decline")
async def decline(work: Writer, referral_id: UUID, body: Reason, expected: IfMatch) -> Tagged[ReferralState]:
    """The recipient cannot take the referral on."""
    return await _step(work, Step.DECLINE, referral_id, expected, body.reason)


@router.post("/referrals/{referral_id}/forward")
async def forward(work: Writer, referral_id: UUID, body: Forwarding, expected: IfMatch) -> Tagged[ReferralState]:
    """The recipient passes the referral on; it then is the new recipient's, who acknowledges it. Everybody whom it names lets
    that recipient know, or a law is named that allows it (409 `ConsentMissing` without either)."""
    return await _step(work, Step.FORWARD, referral_id, expected, body.reason, forwarding=body)


@router.post("/referrals/{referral_id}/complete")
async def complete(work: Writer, referral_id: UUID, body: Completion, expected: IfMatch) -> Tagged[ReferralState]:
    """What was asked for is done."""
    return await _step(work, Step.COMPLETE, referral_id, expected, body.outcome)


@router.post("/referrals/{referral_id}/withdraw")
async def withdraw(work: Writer, referral_id: UUID, body: Reason, expected: IfMatch) -> Tagged[ReferralState]:
    """The sender takes the referral back; the recipient's access ends at once."""
    return await _step(work, Step.WITHDRAW, referral_id, expected, body.reason)


@router.get("/events")
async def list_events(work: Subscriber, limit: Limit, after: After) -> Page[FeedEvent]:
    """The events of my referrals, in order, as far as I may know them now. When `next_cursor` is null you have them all: ask
    again later with the id of the last event you have as `after`. None is passed by. `data` is as AsyncAPI has it, without what I
    may not know."""
    return page_of(await feed.read(work, after=after, limit=limit), limit)


@router.get("/access-log")
async def list_accesses(work: LogReader, case_id: UUID, limit: Limit, after: AfterPosition) -> Page[PlacedEntry]:
    """Who saw or changed a referral behind the case, or tried, in order, for CMM. Of all services in one: identification's log of
    the case. When `next_cursor` is null you have them all; it is the last one's `position`."""
    access_log.check_reader(work)
    rows = await repository.accesses_of(work, case_id, after=after, most=limit + 1)
    return access_log.page_of(work, "referrals", case_id, rows, limit)


@router.get("/organisations")
async def list_organisations(work: AnyMember, pages: Pages) -> Page[DirectoryEntry]:
    """The directory: whom one can refer to."""
    found = await repository.list_organisations(work, after=pages.after, limit=pages.limit)
    items = [DirectoryEntry.of_row(entry) for entry in found]
    return pages.page(items, found, lambda entry: [entry.id])


@router.get("/organisations/{organisation_id}")
async def read_organisation(work: AnyMember, organisation_id: Organisation) -> Tagged[DirectoryEntry]:
    """One entry of the directory."""
    found = await repository.organisation(work, organisation_id)
    return DirectoryEntry.of_row(found).tagged(found)


@router.put("/organisations/{organisation_id}")
async def change_organisation(
    work: Administrator, organisation_id: Organisation, change: DirectoryChange, expected: RequiredIfMatch
) -> Tagged[DirectoryEntry]:
    """Correct an entry's name and region."""
    found = await domain.change_organisation(work, organisation_id=organisation_id, change=change, expected=expected)
    return DirectoryEntry.of_row(found).tagged(found)


async def _step(
    work: UnitOfWork,
    step: Step,
    referral_id: UUID,
    expected: ExpectedVersion,
    remark: PersonalText | None = None,
    forwarding: Forwarding | None = None,
) -> ReferralState:
    referral = await domain.take_step(
        work, referral_id=referral_id, step=step, expected=expected, remark=remark, forwarding=forwarding
    )
    return views.see_state(referral)
