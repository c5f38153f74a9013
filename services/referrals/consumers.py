"""What the others' events make the referrals service do."""

from services.referrals import domain, repository
from shared.contract.events import CaseErased, CaseOpened, ConsentGiven, ConsentWithdrawn
from shared.messaging.consumer import Delivery, Handlers

handlers = Handlers()


@handlers.on(CaseOpened)
async def note_the_subjects_case(work: Delivery, event: CaseOpened) -> None:
    if event.subject_id:
        await domain.note_case(work, subject_id=event.subject_id, case_id=event.case_id)


@handlers.on(ConsentWithdrawn)
async def stop_disclosing(work: Delivery, event: ConsentWithdrawn) -> None:
    await repository.note_consent(
        work, case_id=event.case_id, organisation=event.recipient, purpose=event.purpose, is_live=False
    )
    if not event.may_still_know:
        await repository.stop_disclosing(
            work, case_id=event.case_id, organisation=event.recipient, since=event.occurred_at
        )


@handlers.on(ConsentGiven)
async def disclose_again(work: Delivery, event: ConsentGiven) -> None:
    await repository.note_consent(
        work, case_id=event.case_id, organisation=event.recipient, purpose=event.purpose, is_live=True
    )
    await repository.disclose_again(work, case_id=event.case_id, organisation=event.recipient)


@handlers.on(CaseErased)
async def erase_what_is_held(work: Delivery, event: CaseErased) -> None:
    await domain.erase_case(work, event)
