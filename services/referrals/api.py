"""The endpoints of the referrals service: translate, call the domain, return."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from services.referrals import domain, repository
from services.referrals.domain import Step
from services.referrals.models import Referral
from services.referrals.repository import Box
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
    StatusStep,
    SubjectDetails,
    SubmittedSubject,
)
from shared.contract.codes import ReferralStatus
from shared.contract.organisations import Scope
from shared.contract.personal import PersonalText
from shared.contract.types import Moment, Organisation
from shared.http.endpoint import (
    STAFF,
    IfMatch,
    Now,
    Pages,
    PurposeOfReading,
    RequiredIdempotencyKey,
    RequiredIfMatch,
    Requires,
    Session,
)
from shared.http.etag import Match, tag
from shared.http.paging import Page
from shared.identity.actor import Actor, Role
from shared.kernel.text import AS_STORED
from shared.runtime.service import service_router

router = service_router()

Reader = Annotated[Actor, Depends(Requires(Scope.REFERRALS_READ, *STAFF))]
Writer = Annotated[Actor, Depends(Requires(Scope.REFERRALS_WRITE, *STAFF))]
AnyMember = Annotated[Actor, Depends(Requires(Scope.REFERRALS_READ, *Role))]
Administrator = Annotated[Actor, Depends(Requires(Scope.ADMIN, Role.ADMIN))]


@router.post("/referrals", status_code=201, dependencies=[RequiredIdempotencyKey])
async def submit_referral(
    submission: ReferralSubmission, response: Response, session: Session, actor: Writer, now: Now
) -> ReferralReceipt:
    """Refer 1 to 50 people to another organisation. Identification opens a case for each, or finds the one there is."""
    referral, subjects = await domain.submit(session, actor=actor, submission=submission, now=now)
    tag(response, referral)
    return ReferralReceipt(
        referral_id=referral.id,
        status=referral.status,
        subjects=[
            SubmittedSubject(reference=given.reference, subject_id=row.id, case_id=row.case_id)
            for given, row in zip(submission.subjects, subjects, strict=True)
        ],
    )


@router.get("/referrals")
async def list_referrals(
    session: Session,
    actor: Reader,
    pages: Pages,
    box: Box | None = None,
    status: ReferralStatus | None = None,
    since: Annotated[Moment | None, Query(description="Changed at or after this time.")] = None,
) -> Page[ListedReferral]:
    """My referrals, newest first, without personal data."""
    found = await repository.list_referrals(
        session, actor, box=box, status=status, since=since, after=pages.after, limit=pages.limit
    )
    subjects = await repository.subjects_of(session, actor, [referral.id for referral in found])
    items = [
        ListedReferral(
            **_head(referral),
            subjects=[ListedSubject(subject_id=row.id, case_id=row.case_id) for row in subjects[referral.id]],
        )
        for referral in found
    ]
    return pages.page(items, found, lambda referral: [referral.submitted_at.isoformat(), str(referral.id)])


@router.get("/referrals/{referral_id}")
async def read_referral(
    referral_id: UUID, response: Response, session: Session, actor: Reader, purpose: PurposeOfReading
) -> ReferralDetails:
    """The whole referral, for its sender and its recipient."""
    referral, narrative, subjects, history = await repository.read_referral(
        session, actor, referral_id, purpose=purpose
    )
    tag(response, referral)
    return ReferralDetails(
        **_head(referral),
        reason=narrative.reason,
        safe_contact=narrative.safe_contact,
        subjects=[
            SubjectDetails.model_validate(
                dict(person) | {"subject_id": row.id, "case_id": row.case_id}, context=AS_STORED
            )
            for row, person in subjects
        ],
        history=[
            StatusStep(at=row.at, org=row.org, status=row.status, remark=remark.text if remark else None)
            for row, remark in history
        ],
    )


@router.get("/referrals/{referral_id}/status")
async def read_status(referral_id: UUID, response: Response, session: Session, actor: Reader) -> ReferralState:
    """Where the referral stands; no personal data."""
    referral = await repository.read_state(session, actor, referral_id)
    return _state(response, referral)


@router.post("/referrals/{referral_id}/acknowledge")
async def acknowledge(
    referral_id: UUID, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """The recipient has received the referral."""
    return await _step(Step.ACKNOWLEDGE, referral_id, response, session, actor, now, match)


@router.post("/referrals/{referral_id}/accept")
async def accept(
    referral_id: UUID, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """The recipient takes the referral on."""
    return await _step(Step.ACCEPT, referral_id, response, session, actor, now, match)


@router.post("/referrals/{referral_id}/decline")
async def decline(
    referral_id: UUID, body: Reason, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """The recipient cannot take the referral on."""
    return await _step(Step.DECLINE, referral_id, response, session, actor, now, match, body.reason)


@router.post("/referrals/{referral_id}/forward")
async def forward(
    referral_id: UUID, body: Forwarding, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """The recipient passes the referral on; it then is the new recipient's, who acknowledges it."""
    return await _step(
        Step.FORWARD, referral_id, response, session, actor, now, match, body.reason, recipient=body.recipient
    )


@router.post("/referrals/{referral_id}/complete")
async def complete(
    referral_id: UUID, body: Completion, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """What was asked for is done."""
    return await _step(Step.COMPLETE, referral_id, response, session, actor, now, match, body.outcome)


@router.post("/referrals/{referral_id}/withdraw")
async def withdraw(
    referral_id: UUID, body: Reason, response: Response, session: Session, actor: Writer, now: Now, match: IfMatch
) -> ReferralState:
    """The sender takes the referral back; the recipient's access ends at once."""
    return await _step(Step.WITHDRAW, referral_id, response, session, actor, now, match, body.reason)


@router.get("/organisations")
async def list_organisations(session: Session, actor: AnyMember, pages: Pages) -> Page[DirectoryEntry]:
    """The directory: whom one can refer to."""
    found = await repository.list_organisations(session, after=pages.after, limit=pages.limit)
    items = [DirectoryEntry.model_validate(entry) for entry in found]
    return pages.page(items, found, lambda entry: [entry.id])


@router.get("/organisations/{organisation_id}")
async def read_organisation(
    organisation_id: Organisation, response: Response, session: Session, actor: AnyMember
) -> DirectoryEntry:
    """One entry of the directory."""
    found = await repository.organisation(session, organisation_id)
    tag(response, found)
    return DirectoryEntry.model_validate(found)


@router.put("/organisations/{organisation_id}")
async def change_organisation(
    organisation_id: Organisation,
    change: DirectoryChange,
    response: Response,
    session: Session,
    actor: Administrator,
    match: RequiredIfMatch,
) -> DirectoryEntry:
    """Correct an entry's name and region."""
    found = await domain.change_organisation(session, organisation_id=organisation_id, change=change, match=match)
    tag(response, found)
    return DirectoryEntry.model_validate(found)


async def _step(
    step: Step,
    referral_id: UUID,
    response: Response,
    session: Session,
    actor: Actor,
    now: Now,
    match: Match,
    remark: PersonalText | None = None,
    recipient: str | None = None,
) -> ReferralState:
    referral = await domain.take_step(
        session,
        actor=actor,
        referral_id=referral_id,
        step=step,
        now=now,
        match=match,
        remark=remark,
        recipient=recipient,
    )
    return _state(response, referral)


def _state(response: Response, referral: Referral) -> ReferralState:
    tag(response, referral)
    return ReferralState(
        referral_id=referral.id,
        status=referral.status,
        updated_at=referral.updated_at,
        next_deadline=domain.next_deadline(referral),
    )


def _head(referral: Referral) -> dict[str, Any]:
    return {"referral_id": referral.id} | referral.model_dump(exclude={"id", "narrative", "version", "forwarded_by"})
