"""What the others' events make the stats service do: keep the fact."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.stats import repository
from services.stats.models import (
    CaseMerge,
    Decision,
    Departure,
    Description,
    FurtherReferral,
    Interview,
    Person,
    Referral,
    Replacement,
)
from shared.contract.codes import ReferralStatus, Region
from shared.contract.events import (
    CaseMerged,
    CaseOpened,
    CaseReferred,
    CaseUnmerged,
    DecisionMade,
    DecisionReplaced,
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
from shared.messaging.consumer import Handlers, Handling

handlers = Handlers()

_STATUS_AFTER: dict[type[ReferralEvent], ReferralStatus] = {
    ReferralAcknowledged: ReferralStatus.ACKNOWLEDGED,
    ReferralAccepted: ReferralStatus.ACCEPTED,
    ReferralDeclined: ReferralStatus.DECLINED,
    ReferralForwarded: ReferralStatus.FORWARDED,
    ReferralCompleted: ReferralStatus.COMPLETED,
    ReferralWithdrawn: ReferralStatus.WITHDRAWN,
}


@handlers.on(CaseOpened)
async def keep_the_person(session: AsyncSession, event: CaseOpened, handling: Handling) -> None:
    told = event.model_dump(exclude={"occurred_at", "channel", "subject_id", "residence_basis"})
    await repository.keep(session, Person(**told, region=_region(event.municipality)))


@handlers.on(PersonDescribed)
async def keep_the_description(session: AsyncSession, event: PersonDescribed, handling: Handling) -> None:
    told = event.model_dump(exclude={"occurred_at", "residence_basis"})
    await repository.keep(session, Description(**told, sequence=handling.sequence, recorded_at=event.occurred_at))


@handlers.on(CaseReferred)
async def keep_the_further_referral(session: AsyncSession, event: CaseReferred, handling: Handling) -> None:
    told = event.model_dump(include={"case_id", "referral_id", "referred_by"})
    await repository.keep(session, FurtherReferral(**told, recorded_at=event.occurred_at))


@handlers.on(InterviewHeld)
async def keep_the_interview(session: AsyncSession, event: InterviewHeld, handling: Handling) -> None:
    await repository.keep(session, Interview(**event.model_dump(include={"interview_id", "case_id", "held_at"})))


@handlers.on(DecisionMade)
async def keep_the_decision(session: AsyncSession, event: DecisionMade, handling: Handling) -> None:
    told = event.model_dump(exclude={"occurred_at", "legal_status"})
    await repository.keep(session, Decision(**told, recorded_at=event.occurred_at))


@handlers.on(DecisionReplaced)
async def keep_the_replacement(session: AsyncSession, event: DecisionReplaced, handling: Handling) -> None:
    told = event.model_dump(include={"decision_id", "replaced_by"})
    await repository.keep(session, Replacement(**told, recorded_at=event.occurred_at))


@handlers.on(PersonDeparted)
async def keep_the_departure(session: AsyncSession, event: PersonDeparted, handling: Handling) -> None:
    told = event.model_dump(include={"case_id", "departed_on"})
    await repository.keep_departure(session, Departure(**told, recorded_at=event.occurred_at))


@handlers.on(CaseMerged)
async def keep_the_merge(session: AsyncSession, event: CaseMerged, handling: Handling) -> None:
    merge = CaseMerge(case_id=event.case_id, into_id=event.into, recorded_at=event.occurred_at)
    await repository.append(session, merge)


@handlers.on(CaseUnmerged)
async def keep_the_end_of_the_merge(session: AsyncSession, event: CaseUnmerged, handling: Handling) -> None:
    await repository.append(session, CaseMerge(case_id=event.case_id, into_id=None, recorded_at=event.occurred_at))


@handlers.on(ReferralSubmitted)
async def keep_the_referral(session: AsyncSession, event: ReferralSubmitted, handling: Handling) -> None:
    referral = Referral(
        **event.model_dump(include={"referral_id", "sender", "municipality"}),
        region=_region(event.municipality),
        status=ReferralStatus.SUBMITTED,
        submitted_at=event.occurred_at,
        updated_at=event.occurred_at,
    )
    await repository.keep(session, referral)


async def note_the_status(session: AsyncSession, event: ReferralEvent, handling: Handling) -> None:
    status = _STATUS_AFTER[type(event)]
    await repository.note_status(session, event.referral_id, status=status, at=event.occurred_at)


for changed in _STATUS_AFTER:
    handlers.on(changed)(note_the_status)


def _region(municipality: str | None) -> Region | None:
    # An unknown code (the state-run Christiansø is no municipality) is no reason to lose the person.
    found = MUNICIPALITIES.get(municipality or "")
    return found.region if found else None
