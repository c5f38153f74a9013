"""What the others' events make the stats service do: keep the fact."""

from services.stats import repository
from services.stats.models import (
    CaseMerge,
    Decision,
    Description,
    Interview,
    Person,
    Referral,
    Replacement,
)
from shared.contract.codes import ReferralStatus, Region
from shared.contract.events import (
    CaseErased,
    CaseMerged,
    CaseOpened,
    CaseUnmerged,
    DecisionMade,
    DecisionReplaced,
    ErasedInStats,
    InterviewHeld,
    PersonDeparted,
    PersonDescribed,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralCompleted,
    ReferralDeclined,
    ReferralEvent,
    ReferralForwarded,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from shared.contract.municipalities import MUNICIPALITIES
from shared.messaging.consumer import Delivery, Handlers

handlers = Handlers()

_STATUS_AFTER: dict[type[ReferralEvent], ReferralStatus] = {
    ReferralAcknowledged: ReferralStatus.ACKNOWLEDGED,
    ReferralAccepted: ReferralStatus.ACCEPTED,
    ReferralDeclined: ReferralStatus.DECLINED,
    ReferralForwarded: ReferralStatus.FORWARDED,
    ReferralCompleted: ReferralStatus.COMPLETED,
    ReferralWithdrawn: ReferralStatus.WITHDRAWN,
}


@handlers.on(CaseOpened, together=True)
async def keep_the_person(work: Delivery, event: CaseOpened) -> None:
    repository.keep(work, Person, event, region=_region(event.municipality))


@handlers.on(PersonDescribed, together=True)
async def keep_the_description(work: Delivery, event: PersonDescribed) -> None:
    repository.keep(work, Description, event, sequence=work.sequence, recorded_at=event.occurred_at)


@handlers.on(InterviewHeld, together=True)
async def keep_the_interview(work: Delivery, event: InterviewHeld) -> None:
    repository.keep(work, Interview, event)


@handlers.on(DecisionMade, together=True)
async def keep_the_decision(work: Delivery, event: DecisionMade) -> None:
    repository.keep(work, Decision, event, recorded_at=event.occurred_at)


@handlers.on(DecisionReplaced, together=True)
async def keep_the_replacement(work: Delivery, event: DecisionReplaced) -> None:
    repository.keep(work, Replacement, event, recorded_at=event.occurred_at)


@handlers.on(PersonDeparted, together=True)
async def keep_the_departure(work: Delivery, event: PersonDeparted) -> None:
    repository.keep_departure(work, event)


@handlers.on(CaseMerged, together=True)
async def keep_the_merge(work: Delivery, event: CaseMerged) -> None:
    repository.append(work, CaseMerge, event, into_id=event.into, recorded_at=event.occurred_at)


@handlers.on(CaseUnmerged, together=True)
async def keep_the_end_of_the_merge(work: Delivery, event: CaseUnmerged) -> None:
    repository.append(work, CaseMerge, event, into_id=None, recorded_at=event.occurred_at)


@handlers.on(CaseErased)
async def erase_what_is_held(work: Delivery, event: CaseErased) -> None:
    await repository.erase_case(work, event.case_id)
    if event.erasure_id:
        work.record(ErasedInStats(case_id=event.case_id, occurred_at=work.now, erasure_id=event.erasure_id))


@handlers.on(ReferralSubmitted, together=True)
async def keep_the_referral(work: Delivery, event: ReferralSubmitted) -> None:
    repository.keep(
        work,
        Referral,
        event,
        region=_region(event.municipality),
        status=ReferralStatus.SUBMITTED,
        submitted_at=event.occurred_at,
        updated_at=event.occurred_at,
    )


async def note_the_status(work: Delivery, event: ReferralEvent) -> None:
    status = _STATUS_AFTER[type(event)]
    repository.note_status(work, event.referral_id, status=status, at=event.occurred_at)


for changed in _STATUS_AFTER:
    handlers.on(changed, together=True)(note_the_status)


def _region(municipality: str | None) -> Region | None:
    # An unknown code (the state-run Christiansø is no municipality) is no reason to lose the person.
    found = MUNICIPALITIES.get(municipality or "")
    return found.region if found else None
