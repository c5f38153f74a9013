"""What identification's events make the accommodation service do: keep what the rules of housing ask of a case."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accommodation.case import domain as case
from services.accommodation.case import repository as cases
from shared.contract.events import (
    CaseMerged,
    CaseOpened,
    CaseReferred,
    CaseRouted,
    CaseUnmerged,
    ConsentGiven,
    ConsentWithdrawn,
    DecisionMade,
    DecisionReplaced,
    LegalStatusChanged,
    PersonDescribed,
)
from shared.messaging.consumer import Handlers, Handling

handlers = Handlers()


@handlers.on(CaseOpened)
async def know_the_case(session: AsyncSession, event: CaseOpened, handling: Handling) -> None:
    await case.open_case(session, event, now=handling.now)


@handlers.on(CaseReferred)
async def know_who_else_referred(session: AsyncSession, event: CaseReferred, handling: Handling) -> None:
    await case.add_referrer(session, case_id=event.case_id, org=event.referred_by)


@handlers.on(CaseRouted)
async def know_the_authority(session: AsyncSession, event: CaseRouted, handling: Handling) -> None:
    await case.route(session, case_id=event.case_id, authority=event.authority)


@handlers.on(PersonDescribed)
async def know_the_person(session: AsyncSession, event: PersonDescribed, handling: Handling) -> None:
    await case.describe(session, event)


@handlers.on(LegalStatusChanged)
async def know_the_legal_status(session: AsyncSession, event: LegalStatusChanged, handling: Handling) -> None:
    await case.note_status(session, event, sequence=handling.sequence)


@handlers.on(DecisionMade)
async def know_the_decision(session: AsyncSession, event: DecisionMade, handling: Handling) -> None:
    await case.note_decision(session, event, sequence=handling.sequence)


@handlers.on(DecisionReplaced)
async def know_that_it_no_longer_stands(session: AsyncSession, event: DecisionReplaced, handling: Handling) -> None:
    await case.forget_decision(session, case_id=event.case_id, decision_id=event.decision_id)


@handlers.on(CaseMerged)
async def know_that_two_are_one(session: AsyncSession, event: CaseMerged, handling: Handling) -> None:
    await cases.set_merge(session, event.case_id, event.into)


@handlers.on(CaseUnmerged)
async def know_that_they_are_two(session: AsyncSession, event: CaseUnmerged, handling: Handling) -> None:
    await cases.set_merge(session, event.case_id, None)


@handlers.on(ConsentWithdrawn)
async def stop_sharing(session: AsyncSession, event: ConsentWithdrawn, handling: Handling) -> None:
    if not event.may_still_know:
        await case.stop_sharing(session, case_id=event.case_id, org=event.recipient)


@handlers.on(ConsentGiven)
async def share_again(session: AsyncSession, event: ConsentGiven, handling: Handling) -> None:
    await case.share_again(session, case_id=event.case_id, org=event.recipient)
