"""What the others' events make the stats service do: keep the fact."""

from services.stats import repository
from services.stats.models import (
    CaseMerge,
    Decision,
    Departure,
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
    fields = event.model_dump(exclude={"occurred_at", "channel", "subject_id", "residence_basis"})
    repository.keep(work, Person(**fields, region=_region(event.municipality)))


@handlers.on(PersonDescribed, together=True)
async def keep_the_description(work: Delivery, event: PersonDescribed) -> None:
    fields = event.model_dump(exclude={"occurred_at", "residence_basis"})
    repository.keep(work, Description(**fields, sequence=work.sequence, recorded_at=event.occurred_at))


@handlers.on(InterviewHeld, together=True)
async def keep_the_interview(work: Delivery, event: InterviewHeld) -> None:
    repository.keep(work, Interview(**event.model_dump(include={"interview_id", "case_id", "held_at"})))


@handlers.on(DecisionMade, together=True)
async def keep_the_decision(work: Delivery, event: DecisionMade) -> None:
    fields = event.model_dump(exclude={"occurred_at", "legal_status"})
    repository.keep(work, Decision(**fields, recorded_at=event.occurred_at))


@handlers.on(DecisionReplaced, together=True)
async def keep_the_replacement(work: Delivery, event: DecisionReplaced) -> None:
    fields = event.model_dump(include={"decision_id", "replaced_by"})
    repository.keep(work, Replacement(**fields, recorded_at=event.occurred_at))


@handlers.on(PersonDeparted, together=True)
async def keep_the_departure(work: Delivery, event: PersonDeparted) -> None:
    fields = event.model_dump(include={"case_id", "departed_on"})
    await repository.keep_departure(work, Departure(**fields, recorded_at=event.occurred_at))


@handlers.on(CaseMerged, together=True)
async def keep_the_merge(work: Delivery, event: CaseMerged) -> None:
    merge = CaseMerge(case_id=event.case_id, into_id=event.into, recorded_at=event.occurred_at)
    repository.append(work, merge)


@handlers.on(CaseUnmerged, together=True)
async def keep_the_end_of_the_merge(work: Delivery, event: CaseUnmerged) -> None:
    repository.append(work, CaseMerge(case_id=event.case_id, into_id=None, recorded_at=event.occurred_at))


@handlers.on(CaseErased)
async def erase_what_is_held(work: Delivery, event: CaseErased) -> None:
    await repository.erase_case(work, event.case_id)
    if event.erasure_id:
        work.record(ErasedInStats(case_id=event.case_id, occurred_at=work.now, erasure_id=event.erasure_id))


@handlers.on(ReferralSubmitted, together=True)
async def keep_the_referral(work: Delivery, event: ReferralSubmitted) -> None:
    referral = Referral(
        **event.model_dump(include={"referral_id", "sender", "municipality"}),
        region=_region(event.municipality),
        status=ReferralStatus.SUBMITTED,
        submitted_at=event.occurred_at,
        updated_at=event.occurred_at,
    )
    repository.keep(work, referral)


async def note_the_status(work: Delivery, event: ReferralEvent) -> None:
    status = _STATUS_AFTER[type(event)]
    await repository.note_status(work, event.referral_id, status=status, at=event.occurred_at)


for changed in _STATUS_AFTER:
    handlers.on(changed, together=True)(note_the_status)


def _region(municipality: str | None) -> Region | None:
    # An unknown code (the state-run Christiansø is no municipality) is no reason to lose the person.
    found = MUNICIPALITIES.get(municipality or "")
    return found.region if found else None
