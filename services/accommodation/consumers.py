"""What identification's events make the accommodation service do: keep what the rules of housing ask of a case."""

from services.accommodation.case import domain as case
from services.accommodation.case import repository as cases
from services.accommodation.case.models import CaseLink
from services.accommodation.erasure import domain as erasure
from services.accommodation.proposals import domain as proposals
from shared.contract.events import (
    CaseErased,
    CaseLinked,
    CaseMerged,
    CaseOpened,
    CaseRouted,
    CaseUnlinked,
    CaseUnmerged,
    ConsentGiven,
    ConsentWithdrawn,
    CustodyBegan,
    CustodyEnded,
    DecisionMade,
    DecisionReplaced,
    LegalStatusChanged,
    PartyEnded,
    PersonDescribed,
)
from shared.messaging.consumer import Delivery, Handlers

handlers = Handlers()


@handlers.on(CaseOpened)
async def know_the_case(work: Delivery, event: CaseOpened) -> None:
    await case.open_case(work, event, sequence=work.sequence)


@handlers.on(PartyEnded)
async def know_who_has_no_part_any_more(work: Delivery, event: PartyEnded) -> None:
    await case.end_part(work, case_id=event.case_id, organisation=event.organisation)


@handlers.on(CaseRouted)
async def know_the_authority(work: Delivery, event: CaseRouted) -> None:
    await case.route(work, event)
    await proposals.ask_again(work, event.case_id)


@handlers.on(PersonDescribed)
async def know_the_person(work: Delivery, event: PersonDescribed) -> None:
    await case.describe(work, event, sequence=work.sequence)
    await proposals.ask_again(work, event.case_id)


@handlers.on(LegalStatusChanged)
async def know_the_legal_status(work: Delivery, event: LegalStatusChanged) -> None:
    await case.note_status(work, event, sequence=work.sequence)
    await proposals.ask_again(work, event.case_id)


@handlers.on(DecisionMade)
async def know_the_decision(work: Delivery, event: DecisionMade) -> None:
    await case.note_decision(work, event, sequence=work.sequence)
    await proposals.ask_again(work, event.case_id)


@handlers.on(DecisionReplaced)
async def know_that_it_no_longer_stands(work: Delivery, event: DecisionReplaced) -> None:
    await case.forget_decision(work, case_id=event.case_id, decision_id=event.decision_id)
    await proposals.ask_again(work, event.case_id)


@handlers.on(CustodyBegan)
async def know_that_police_hold_the_person(work: Delivery, event: CustodyBegan) -> None:
    await case.note_custody(work, case_id=event.case_id, since=event.since)


@handlers.on(CustodyEnded)
async def know_that_police_hold_the_person_no_more(work: Delivery, event: CustodyEnded) -> None:
    await case.note_custody(work, case_id=event.case_id, since=None)


@handlers.on(CaseLinked)
async def know_the_household(work: Delivery, event: CaseLinked) -> None:
    await cases.set_link(
        work, CaseLink(case_id=event.case_id, other_case_id=event.other_case_id, relation=event.relation)
    )


@handlers.on(CaseUnlinked)
async def know_that_they_are_no_household(work: Delivery, event: CaseUnlinked) -> None:
    await cases.remove_link(work, event.case_id, event.other_case_id)


@handlers.on(CaseMerged)
async def know_that_two_are_one(work: Delivery, event: CaseMerged) -> None:
    await case.merge(work, case_id=event.case_id, into=event.into, at=event.occurred_at)
    await proposals.ask_again(work, event.case_id)


@handlers.on(CaseUnmerged)
async def know_that_they_are_two(work: Delivery, event: CaseUnmerged) -> None:
    await case.unmerge(work, case_id=event.case_id, out_of=event.out_of, at=event.occurred_at)
    await proposals.ask_again(work, event.case_id)


@handlers.on(ConsentWithdrawn)
async def stop_disclosing(work: Delivery, event: ConsentWithdrawn) -> None:
    if not event.may_still_know:
        await case.stop_disclosing(work, case_id=event.case_id, organisation=event.recipient)


@handlers.on(ConsentGiven)
async def disclose_again(work: Delivery, event: ConsentGiven) -> None:
    await case.disclose_again(work, case_id=event.case_id, organisation=event.recipient, since=event.occurred_at)


@handlers.on(CaseErased)
async def erase_what_is_held(work: Delivery, event: CaseErased) -> None:
    await erasure.erase_case(work, event)
