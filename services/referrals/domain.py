"""What may happen to a referral, by whom, and when."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from services.referrals import repository
from services.referrals.models import Organisation, Referral, ReferralSubject, StatusChange
from services.referrals.schemas import DirectoryChange, Forwarding, Narrative, ReferralSubmission, Remark
from shared.contract import visibility
from shared.contract.codes import DisclosureBasis, ReferralKind, ReferralStatus
from shared.contract.directory import is_listed
from shared.contract.events import (
    CaseErased,
    ErasedInReferrals,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralCompleted,
    ReferralDeclined,
    ReferralEvent,
    ReferralForwarded,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from shared.contract.organisations import kind_of
from shared.contract.person import Subject
from shared.contract.personal import PersonalText
from shared.contract.times import HELD_AT_MOST
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.http.peers import PeerAway, PeerRefused, Peers
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Forbidden, NotFound, Unprocessable

IDENTITY: Final = ("given_name", "family_name", "birth_date", "identifiers")
"""The fields of a subject that say who somebody is. Where nobody is named and no way to reach them is given, a referral may
go on without consent."""


class CaseNotFound(NotFound):
    """No such case, or none that the sender has to do with."""


class RecipientUnknown(Unprocessable):
    """The recipient is not in the directory."""


class StatusDoesNotAllow(Conflict):
    """The referral's status does not allow the change."""


class ConsentMissing(Conflict):
    """Somebody has not allowed that the new recipient knows, and no law was named that does."""


class NotYourStep(Forbidden):
    """The step is the other party's."""


class Step(StrEnum):
    """What can be done to a referral."""

    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    DECLINE = "decline"
    FORWARD = "forward"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"


_LEADS_TO: Mapping[Step, tuple[ReferralStatus, type[ReferralEvent]]] = {
    Step.ACKNOWLEDGE: (ReferralStatus.ACKNOWLEDGED, ReferralAcknowledged),
    Step.ACCEPT: (ReferralStatus.ACCEPTED, ReferralAccepted),
    Step.DECLINE: (ReferralStatus.DECLINED, ReferralDeclined),
    Step.FORWARD: (ReferralStatus.FORWARDED, ReferralForwarded),
    Step.COMPLETE: (ReferralStatus.COMPLETED, ReferralCompleted),
    Step.WITHDRAW: (ReferralStatus.WITHDRAWN, ReferralWithdrawn),
}

# A forwarded referral starts over with its new recipient, who may also report it done at once (docs/contract.md, referral steps).
ALLOWED: Mapping[ReferralStatus, tuple[Step, ...]] = {
    ReferralStatus.SUBMITTED: (Step.ACKNOWLEDGE, Step.WITHDRAW),
    ReferralStatus.ACKNOWLEDGED: (Step.ACCEPT, Step.DECLINE, Step.FORWARD, Step.WITHDRAW),
    ReferralStatus.ACCEPTED: (Step.COMPLETE, Step.WITHDRAW),
    ReferralStatus.FORWARDED: (Step.ACKNOWLEDGE, Step.COMPLETE, Step.WITHDRAW),
    ReferralStatus.DECLINED: (),
    ReferralStatus.COMPLETED: (),
    ReferralStatus.WITHDRAWN: (),
}


async def check_case(work: UnitOfWork, neighbours: Peers, *, submission: ReferralSubmission) -> None:
    """Raises CaseNotFound for a case that the sender has nothing to do with. Of an identification it is the sender's word that
    this is the same person, and is passed over where it is not the sender's to give; and while identification does not answer,
    nothing is lost over it."""
    if submission.kind is ReferralKind.IDENTIFICATION:
        return
    if submission.names_no_case:
        raise CaseNotFound
    if submission.case_id is None:
        return
    path = f"/identification/v1/cases/{submission.case_id}/parties/{work.actor.org}"
    try:
        party = await neighbours.get("identification", path)
    except (PeerAway, PeerRefused):
        return
    if not party["has_part"]:
        raise CaseNotFound


async def submit(
    work: UnitOfWork, *, submission: ReferralSubmission
) -> tuple[Referral, Narrative, list[ReferralSubject]]:
    """Hand people over to the recipient. Gives the referral, what was said in it, and its subjects in the sender's order."""
    if not is_listed(submission.recipient):
        raise RecipientUnknown("The recipient is not in the directory; GET /referrals/v1/organisations lists it.")
    referral = Referral(
        sender=work.actor.org,
        submitted_at=work.now,
        updated_at=work.now,
        **submission.model_dump(exclude={"subjects", "reason", "safe_contact", "custody_since"}),
        # In custody since an unstated hour: since it happened. The 72 hours never run longer than the law lets them.
        custody_since=(submission.custody_since or submission.occurred_at) if submission.in_custody else None,
    )
    narrative = Narrative(
        reason=submission.reason,
        safe_contact=submission.safe_contact,
        warnings=submission.warnings_for(work.actor.org),
        as_written=submission.as_written,
    )
    subjects = await repository.add_referral(work, referral, narrative, submission.subjects)
    work.record(
        ReferralSubmitted(
            **_of(referral, work.now),
            channel=referral.channel,
            urgency=referral.urgency,
            referred_at=referral.occurred_at,
            municipality=referral.municipality,
            in_custody=referral.in_custody,
            custody_since=referral.custody_since,
            case_id=referral.case_id,
            subject_ids=tuple(subject.id for subject in subjects),
        )
    )
    return referral, narrative, subjects


async def take_step(
    work: UnitOfWork,
    *,
    referral_id: UUID,
    step: Step,
    expected: ExpectedVersion,
    remark: PersonalText | None = None,
    forwarding: Forwarding | None = None,
) -> Referral:
    """Change the referral's status: the sender withdraws, the recipient does everything else."""
    referral = await repository.lock_referral(work, referral_id, expected)
    _check_whose_step(work.actor, referral, step)
    if step not in ALLOWED[referral.status]:
        allowed = ALLOWED[referral.status]
        raise StatusDoesNotAllow(
            f"A referral that is {referral.status} allows " + (", ".join(allowed) + "." if allowed else "no change."),
            current_status=referral.status,
            allowed=list(allowed),
        )
    status, event = _LEADS_TO[step]
    change = StatusChange(referral_id=referral.id, at=work.now, org=work.actor.org, status=status)
    if forwarding:
        await _hand_on(work, referral, forwarding, change)
    referral.status = status
    referral.updated_at = work.now
    await repository.add_status_change(work, change, Remark(text=remark) if remark and not referral.erased_at else None)
    work.record(event(**_of(referral, work.now)))
    return referral


def _check_whose_step(actor: Actor, referral: Referral, step: Step) -> None:
    owner = referral.sender if step is Step.WITHDRAW else referral.recipient
    if actor.org != owner:
        party = "sender" if step is Step.WITHDRAW else "recipient"
        raise NotYourStep(f"Only the referral's {party} may {step} it.")


async def _hand_on(work: UnitOfWork, referral: Referral, forwarding: Forwarding, change: StatusChange) -> None:
    recipient = forwarding.recipient
    if not is_listed(recipient):
        raise RecipientUnknown("The new recipient is not in the directory.")
    if recipient in (referral.recipient, referral.sender):
        raise RecipientUnknown(
            "Forward to an organisation that is not already part of the referral.",
            danish="Videresend til en organisation, der ikke er part i henvisningen allerede.",
        )
    change.recipient = recipient
    change.basis = await _basis_of(work, referral, forwarding)
    change.legal_basis = forwarding.legal_basis if change.basis is DisclosureBasis.LAW else None
    referral.forwarded_by, referral.recipient = referral.recipient, recipient


async def _basis_of(work: UnitOfWork, referral: Referral, forwarding: Forwarding) -> DisclosureBasis | None:
    """Why the new recipient may know whom the referral names (docs/rules.md, consent-3): consent, or the law that was named;
    None where it names nobody."""
    narrative, subjects = await repository.open_to_forward(work, referral)
    named = [
        (row, person)
        for row, person in subjects
        if person and (narrative.safe_contact or any(getattr(person, name) for name in IDENTITY))
    ]
    if not named:
        return None
    if all([await _lets_know(work, row, person, forwarding.recipient) for row, person in named]):
        return DisclosureBasis.CONSENT
    if forwarding.legal_basis is None:
        raise ConsentMissing(
            "Not everybody whom the referral names lets that recipient know. Record the consent in the case, or name the "
            "`legal_basis` that allows it without; `reason` then says why."
        )
    return DisclosureBasis.LAW


async def _lets_know(work: UnitOfWork, row: ReferralSubject, person: Subject, recipient: str) -> bool:
    """By what identification knows of the case, where it knows of a word about the recipient; else by the referral's own. By a
    consent for what the recipient may read no referral for, it knows nothing of one (docs/rules.md, consent-1)."""
    read_for = visibility.stated_by(kind_of(recipient), [Part.ADDRESSEE])
    known = await repository.lets_know(work, row.case_id, recipient, read_for) if row.case_id else None
    if known is not None:
        return known
    return any(given.recipient == recipient and given.purpose in read_for for given in person.consents)


def _of(referral: Referral, now: datetime) -> dict[str, Any]:
    return {
        "referral_id": referral.id,
        "sender": referral.sender,
        "recipient": referral.recipient,
        "kind": referral.kind,
        "occurred_at": now,
        "forwarded_by": referral.forwarded_by,  # of use to `referral-forwarded` alone; the others leave it out
    }


def next_deadline(referral: Referral) -> datetime | None:
    """The end of the 72 hours of custody while the referral is open; None where no clock runs."""
    is_open = bool(ALLOWED[referral.status])
    return referral.custody_since + HELD_AT_MOST if referral.custody_since and is_open else None


async def note_case(work: UnitOfWork, *, subject_id: UUID, case_id: UUID) -> None:
    """Identification has opened the subject's own case."""
    subject = await repository.subject_with_case(work, subject_id)
    if subject:
        subject.case_id = case_id


async def erase_case(work: UnitOfWork, event: CaseErased) -> None:
    """What is held of the case goes, and that is said. Who the person is goes with all that was written of them, so what is
    erased of the whole case and of an identity is the same here."""
    await repository.erase_case(work, event.case_id)
    if event.erasure_id:
        confirmed = ErasedInReferrals(case_id=event.case_id, occurred_at=work.now, erasure_id=event.erasure_id)
        work.record(confirmed)


async def change_organisation(
    work: UnitOfWork, *, organisation_id: str, change: DirectoryChange, expected: ExpectedVersion
) -> Organisation:
    """Correct an entry of the directory."""
    found = await repository.organisation(work, organisation_id, lock=True)
    expected.check(found)
    found.name = change.name
    found.region = change.region
    found.version += 1
    return found
