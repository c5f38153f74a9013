"""Opening a case: by a referral, which joins the open case there is of the person, or without one, by who meets the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import MINORS, Case, CaseReferral, Part
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.consents import domain as consents
from services.identification.consents import recipients
from services.identification.custody import domain as custody
from services.identification.finding import duplicates, search
from services.identification.finding import repository as finding_repository
from services.identification.finding.schemas import PossibleDuplicate
from services.identification.links import domain as links
from services.identification.opening.schemas import CaseOpening
from services.identification.person import description, legal_status
from shared.contract.codes import Authority, Channel
from shared.contract.events import CaseOpened, CaseReferred
from shared.contract.organisations import CENTRE, IMMIGRATION, PROSECUTION
from shared.contract.person import Subject
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Forbidden, Unprocessable
from shared.kernel.text import AS_STORED


class OpenedByOthers(Forbidden):
    """Only those who work on cases open one; everybody else refers."""


class AnswerMissing(Unprocessable):
    """For this person the contract asks for more."""


class NamesAnAnonymousPerson(Unprocessable):
    """Who wants to be anonymous is not named."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a case comes from."""

    channel: Channel
    occurred_at: datetime
    municipality: str | None
    referred_by: str | None
    referral_id: UUID | None
    custody_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Referred(Origin):
    """From a referral."""

    referred_by: str
    referral_id: UUID


@dataclass(frozen=True, kw_only=True)
class Met(Origin):
    """From who has met the person."""

    opened_by: str
    reason: SealedText


async def open_without_referral(work: UnitOfWork, *, opening: CaseOpening) -> tuple[Case, list[PossibleDuplicate]]:
    """Always a new case; who may be the same person stands in the answer, and people decide.

    Raises CaseNotFound when the other case is none the actor works on; nothing is stored then."""
    check_opener(work.actor)
    _check_answers(opening, now=work.now)
    hashes = search.hashes_of(work, opening.person)
    await cases.claim_identifiers(work, hashes)
    origin = Met(
        channel=opening.channel,
        occurred_at=opening.occurred_at,
        municipality=opening.municipality,
        referred_by=None if work.actor.org == CENTRE else work.actor.org,
        referral_id=None,
        custody_since=None,
        opened_by=work.actor.org,
        reason=SealedText(text=opening.reason),
    )
    earlier = (await cases.case_known_by(work, hashes)).ended_case_id
    case = await _store_case(work, origin=origin, person=opening.person, earlier=earlier)
    await cases.add_identifiers(work, case.id, hashes)
    _record_opening(work, case, origin, None)
    await _begin(work, case, opening.person, by=work.actor.org)
    found = await duplicates.questions_of_new_case(work, case, opening.person)
    if opening.linked_case_id and opening.relation:
        other = await cases.lock_case(work, opening.linked_case_id, ExpectedVersion())
        await links.link(work, other, case, relation=opening.relation)
    await authority.record_route(work, case)
    return case, found


def check_opener(actor: Actor) -> None:
    """Raises OpenedByOthers for all but those who work on cases."""
    if actor.org not in (CENTRE, IMMIGRATION):
        raise OpenedByOthers("CMM and US open cases; send a referral: POST /referrals/v1/referrals.")


def _check_answers(opening: CaseOpening, *, now: datetime) -> None:
    named = [name for name in opening.person.named() if name != "aliases"]
    if opening.anonymous and named:
        raise NamesAnAnonymousPerson(
            f"An anonymous person has no {', '.join(named)}: leave them out, or take anonymous away.",
            errors=[{"loc": ["body", "person", name], "msg": "Left out for an anonymous person."} for name in named],
        )
    is_minor = description.age_group(opening.person, on=on_date(now)) in MINORS
    if is_minor and opening.municipality is None:
        raise AnswerMissing(
            "A child's case needs its municipality, which is notified at once: send `municipality`.",
            errors=[{"loc": ["body", "municipality"], "msg": "Required for a child, or who is presumed one."}],
        )


async def receive_subjects(
    work: UnitOfWork, *, origin: Referred, subjects: Mapping[UUID, Subject], safe_contact: SealedText | None
) -> None:
    """Open a case for each subject of a referral; where one of a person's identifiers is known, join the open case there
    is. A case that has ended stays so: the new one names it as the earlier."""
    hashes = {subject_id: search.hashes_of(work, subject) for subject_id, subject in subjects.items()}
    # All of them at once and in one order: two referrals of the same people would else wait for each other for ever.
    await cases.claim_identifiers(work, chain.from_iterable(hashes.values()))
    for subject_id, subject in subjects.items():
        if not await cases.has_case(work, subject_id):
            described = dict(subject) | {"safe_contact": safe_contact.text if safe_contact else None}
            person = CasePerson.model_validate(described, context=AS_STORED)
            await _receive(work, origin, subject_id, person, hashes[subject_id])


async def _receive(
    work: UnitOfWork, origin: Referred, subject_id: UUID, person: CasePerson, hashes: list[bytes]
) -> None:
    known = await cases.case_known_by(work, hashes)
    if known.open_case_id:
        await _join(work, origin, known.open_case_id, subject_id, person, hashes)
        return
    case = await _store_case(work, origin=origin, person=person, earlier=known.ended_case_id)
    await _keep_referral(work, origin, case.id, subject_id, hashes)
    _record_opening(work, case, origin, subject_id)
    await _begin(work, case, person, by=origin.referred_by)
    await duplicates.questions_of_new_case(work, case, person)
    await authority.record_route(work, case)


async def _join(
    work: UnitOfWork, origin: Referred, case_id: UUID, subject_id: UUID, person: CasePerson, hashes: list[bytes]
) -> None:
    """A further referral of a person whose case is open."""
    # A number that a merged case brings stays that case's own, so that undoing the merge gives each person theirs.
    group = await finding_repository.group_of(work, case_id)
    hashes = sorted(set(hashes) - await finding_repository.numbers_of(work, group))
    await _keep_referral(work, origin, case_id, subject_id, hashes)
    work.record(
        CaseReferred(
            case_id=case_id,
            occurred_at=work.now,
            referral_id=origin.referral_id,
            subject_id=subject_id,
            referred_by=origin.referred_by,
        )
    )
    await consents.take_over(
        work, case_id=case_id, consents=person.consents, brought_by=origin.referred_by, given_at=origin.occurred_at
    )
    if origin.custody_since:
        await custody.join(work, case_id, since=origin.custody_since)


async def _keep_referral(
    work: UnitOfWork, origin: Referred, case_id: UUID, subject_id: UUID, hashes: list[bytes]
) -> None:
    referral = CaseReferral(
        subject_id=subject_id, referral_id=origin.referral_id, referred_by=origin.referred_by, case_id=case_id
    )
    await cases.add_referral(work, referral)
    await cases.add_identifiers(work, case_id, hashes)
    await recipients.add_referrer(work, case_id, referral.referred_by)


async def _store_case(work: UnitOfWork, *, origin: Origin, person: CasePerson, earlier: UUID | None) -> Case:
    case = Case(
        opened_at=work.now,
        opened_on=on_date(work.now),
        channel=origin.channel,
        occurred_at=origin.occurred_at,
        municipality=origin.municipality,
        referred_by=origin.referred_by,
        opened_by=origin.opened_by if isinstance(origin, Met) else None,
        earlier_case_id=earlier,
        custody_since=origin.custody_since,
        authority=Authority.NEEDS_REVIEW,
        rule="R7",
        table_version="none",
        why="",
        **description.facts_of(person, on=on_date(work.now)),
    )
    authority.route(case, now=work.now)
    parts = {CENTRE: Part.CENTRE, PROSECUTION: Part.PROSECUTION}
    if case.opened_by == IMMIGRATION:
        parts[IMMIGRATION] = Part.AUTHORITY  # until the case is stored; which part it keeps follows the routing
    reason = origin.reason if isinstance(origin, Met) else None
    await cases.add_case(work, case, person, parts=parts, reason=reason)
    return case


def _record_opening(work: UnitOfWork, case: Case, origin: Origin, subject_id: UUID | None) -> None:
    work.record(
        CaseOpened(
            case_id=case.id,
            occurred_at=work.now,
            opened_on=case.opened_on,
            channel=case.channel,
            referral_id=origin.referral_id,
            subject_id=subject_id,
            referred_by=origin.referred_by,
            municipality=case.municipality,
            earlier_case_id=case.earlier_case_id,
            **description.published_facts(case),
        )
    )


async def _begin(work: UnitOfWork, case: Case, person: CasePerson, *, by: str) -> None:
    """What begins with every case: the history of the stay, a child's protection, the deadlines, being found by name."""
    await legal_status.begin(work, case, by=by)
    await consents.take_over(work, case_id=case.id, consents=person.consents, brought_by=by, given_at=case.occurred_at)
    await children.protect(work, case)
    await changes.case_changed(work, case)
    await search.index(work, case.id, person)
