"""What the others' events make the referrals service do."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.referrals import domain, repository
from shared.contract.events import CaseOpened, CaseReferred, ConsentGiven, ConsentWithdrawn
from shared.messaging.consumer import Handlers, Handling

handlers = Handlers()


@handlers.on(CaseOpened)
async def tell_the_subjects_case(session: AsyncSession, event: CaseOpened, handling: Handling) -> None:
    if event.subject_id:
        await domain.note_case(session, subject_id=event.subject_id, case_id=event.case_id)


@handlers.on(CaseReferred)
async def tell_the_case_that_was_there(session: AsyncSession, event: CaseReferred, handling: Handling) -> None:
    await domain.note_case(session, subject_id=event.subject_id, case_id=event.case_id)


@handlers.on(ConsentWithdrawn)
async def stop_sharing(session: AsyncSession, event: ConsentWithdrawn, handling: Handling) -> None:
    if not event.may_still_know:
        await repository.stop_sharing(session, case_id=event.case_id, org=event.recipient, since=event.occurred_at)


@handlers.on(ConsentGiven)
async def share_again(session: AsyncSession, event: ConsentGiven, handling: Handling) -> None:
    await repository.share_again(session, case_id=event.case_id, org=event.recipient)
