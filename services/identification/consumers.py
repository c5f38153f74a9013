"""What the others' events make the identification service do."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.identification.absence import domain as absence
from services.identification.case import repository as cases
from services.identification.case.schemas import SealedText
from services.identification.children import domain as children
from services.identification.erasure import domain as erasure
from services.identification.merging import later
from services.identification.opening import domain as opening
from services.identification.opening.domain import Referred
from services.identification.parties import domain as parties
from services.identification.person.description import described
from services.identification.person.later import LaterWord
from services.identification.questions import domain as questions
from services.identification.retention import domain as retention
from shared.contract.codes import Purpose, ReferralKind, ReferralStatus
from shared.contract.events import (
    CaseOpened,
    ErasedInAccommodation,
    ErasedInReferrals,
    ErasedInStats,
    ErasureConfirmed,
    PersonArrived,
    PersonLeft,
    PlacementRequested,
    ReferralCompleted,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from shared.contract.person import Subject
from shared.contract.personal import Personal
from shared.http.peers import PeerRefused
from shared.kernel.clock import on_date
from shared.kernel.text import AS_STORED
from shared.messaging.consumer import Delivery, Handlers

handlers = Handlers()


@handlers.on(ReferralSubmitted)
async def open_cases(work: Delivery, event: ReferralSubmitted) -> None:
    """A case for each subject of a referral that asks for identification, also when it is withdrawn by now. Who they are is
    fetched over HTTP. What another referral says of the person of a case that its sender has a part in is taken in."""
    if event.kind is not ReferralKind.IDENTIFICATION:
        await _take_in_later_word(work, event)
        if event.kind is ReferralKind.CHILD_NOTIFICATION and event.case_id:
            await children.remember(
                work,
                referral_id=event.referral_id,
                case_id=event.case_id,
                sender=event.sender,
                recipient=event.recipient,
            )
        return
    referral = await _fetch(work, event)
    if referral is None:
        return  # there is nobody left to open a case for
    origin = Referred(
        channel=event.channel,
        occurred_at=event.referred_at,
        municipality=event.municipality,
        referred_by=event.sender,
        referral_id=event.referral_id,
        custody_since=event.custody_since,
        same_as=event.case_id,
        is_withdrawn=referral["status"] == ReferralStatus.WITHDRAWN,
    )
    contact = referral["safe_contact"]
    subjects = {UUID(subject["subject_id"]): _subject_of(subject) for subject in referral["subjects"]}
    await opening.receive_subjects(
        work, origin=origin, subjects=subjects, safe_contact=SealedText(text=Personal(contact)) if contact else None
    )


async def _take_in_later_word(work: Delivery, event: ReferralSubmitted) -> None:
    """Of several subjects nobody can say which is the case's person; and who has no part in the case says nothing of it."""
    if event.case_id is None or len(event.subject_ids) != 1:
        return
    if await cases.part_of(work, event.case_id, event.sender) is None:
        return
    referral = await _fetch(work, event)
    if referral is None or referral["status"] == ReferralStatus.WITHDRAWN or referral["subjects"][0]["erased_at"]:
        return
    word = LaterWord(
        person=described(_subject_of(referral["subjects"][0])),
        custody_since=event.custody_since,
        said_by=event.sender,
        is_of_a_party=await cases.has_to_do_with(work, event.case_id, event.sender),
        kind=event.kind,
        referral_id=event.referral_id,
        referred_at=event.referred_at,
        child_municipality=event.municipality if event.kind is ReferralKind.CHILD_NOTIFICATION else None,
    )
    await later.receive(work, case_id=event.case_id, word=word)


async def _fetch(work: Delivery, event: ReferralSubmitted) -> dict[str, Any] | None:
    """The referral as the service may read it; None where it was erased."""
    try:
        return await work.peers.get(
            "referrals", f"/referrals/v1/referrals/{event.referral_id}", purpose=Purpose.IDENTIFICATION
        )
    except PeerRefused as refused:
        if refused.status == 410:
            return None
        raise


def _subject_of(subject: Mapping[str, Any]) -> Subject:
    # A referrals service of the last release says nothing of what is new in this one, while the two are rolled out.
    said = {name: subject[name] for name in Subject.model_fields if name in subject}
    return Subject.model_validate(said, context=AS_STORED)


@handlers.on(ReferralCompleted)
async def end_the_wait_for_an_assessment(work: Delivery, event: ReferralCompleted) -> None:
    """A municipality has done what a notification of a child asked for."""
    if event.kind is ReferralKind.CHILD_NOTIFICATION:
        await children.complete(work, referral_id=event.referral_id, completed_at=event.occurred_at)


@handlers.on(ReferralWithdrawn)
async def end_the_senders_part(work: Delivery, event: ReferralWithdrawn) -> None:
    """The sender has withdrawn what it said: the cases stay, with CMM, and the sender has no part in them any more."""
    if event.kind is ReferralKind.IDENTIFICATION:
        await parties.withdraw(work, referral_id=event.referral_id, sender=event.sender)


@handlers.on(PersonLeft)
async def note_that_the_person_has_left(work: Delivery, event: PersonLeft) -> None:
    """Somebody has left a place; where that was without notice, it is asked whether they are missing."""
    await retention.note_placement(work, case_id=event.case_id, at=event.occurred_at, is_housed=False)
    if event.disappeared:
        await absence.ask(work, case_id=event.case_id, since=on_date(event.left_at))


@handlers.on(CaseOpened)
async def look_who_it_may_be(work: Delivery, event: CaseOpened) -> None:
    """Once the case is open, and after everybody has their answer."""
    await questions.look_once_open(work, case_id=event.case_id)


@handlers.on(PlacementRequested)
async def note_that_a_place_is_asked_for(work: Delivery, event: PlacementRequested) -> None:
    """Somebody asks accommodation for a place for the person."""
    await retention.note_placement(work, case_id=event.case_id, at=event.occurred_at)


@handlers.on(PersonArrived)
async def note_that_the_person_has_a_place(work: Delivery, event: PersonArrived) -> None:
    """The person has come to live in a place; who is missing may be found by it."""
    await retention.note_placement(work, case_id=event.case_id, at=event.occurred_at, is_housed=True)
    await absence.note_arrival(work, case_id=event.case_id)


async def note_that_it_is_erased(work: Delivery, event: ErasureConfirmed) -> None:
    """A holder has erased what it held of a case."""
    await erasure.confirm(work, event)


for confirmed in (ErasedInAccommodation, ErasedInReferrals, ErasedInStats):
    handlers.on(confirmed)(note_that_it_is_erased)
