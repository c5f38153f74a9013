"""Opening a case: by a referral, which gets one for each of its subjects, or without one, by who meets the person. Nothing is
joined by a machine, whatever the number (docs/rules.md, identity-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.models import MINORS, WEAKER, Case, CaseReferral
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.consents import domain as consents
from services.identification.finding import search
from services.identification.finding.schemas import PossibleDuplicate
from services.identification.links import domain as links
from services.identification.opening.schemas import CaseOpening
from services.identification.person import description, legal_status
from services.identification.questions import domain as questions
from shared.contract.codes import Authority, Channel
from shared.contract.events import CaseOpened
from shared.contract.organisations import CENTRE, IMMIGRATION, PROSECUTION
from shared.contract.person import Subject
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Forbidden, Unprocessable


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
    same_as: UUID | None = None
    """The case that the sender says is about the same person."""
    is_withdrawn: bool = False
    """The withdrawal has overtaken the opening: the case is opened, as its deadlines run, and the sender has no part in it."""


@dataclass(frozen=True, kw_only=True)
class Met(Origin):
    """From who has met the person."""

    opened_by: str
    reason: SealedText


async def open_without_referral(work: UnitOfWork, *, opening: CaseOpening) -> tuple[Case, list[PossibleDuplicate]]:
    """Always a new case. Who may be the same person is a question; whom the actor may ask it about stands in the answer.

    Raises CaseNotFound when the other case is none the actor works on; nothing is stored then."""
    check_opener(work.actor)
    _check_answers(opening, now=work.now)
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
    person = opening.person.with_its_assessment(CasePerson(), today=on_date(work.now), recorded_by=work.actor.org)
    case = await _store_case(work, origin=origin, person=person)
    await cases.add_identifiers(work, case.id, search.hashes_of(work, opening.person))
    _record_opening(work, case, origin, None)
    await _begin(work, case, opening.person, by=work.actor.org)
    found = await questions.possible_duplicates(work, case, opening.person)
    if opening.linked_case_id and opening.relation:
        other = await cases.lock_case(work, opening.linked_case_id, ExpectedVersion())
        await links.link(work, other, case, relation=opening.relation)
    await _record_route(work, case, opening.person)
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
    """Open a case of its own for each subject of a referral that has none yet."""
    for subject_id, subject in subjects.items():
        if not await cases.has_case(work, subject_id):
            person = description.described(subject, safe_contact=safe_contact.text if safe_contact else None)
            await _receive(work, origin, subject_id, person)


async def _receive(work: UnitOfWork, origin: Referred, subject_id: UUID, person: CasePerson) -> None:
    case = await _store_case(work, origin=origin, person=person)
    referral = CaseReferral(
        subject_id=subject_id,
        referral_id=origin.referral_id,
        referred_by=origin.referred_by,
        case_id=case.id,
        same_as=await _said_to_be_the_same(work, origin),
    )
    await cases.add_referral(work, referral)
    await cases.add_identifiers(work, case.id, search.hashes_of(work, person))
    _record_opening(work, case, origin, subject_id)
    await _begin(work, case, person, by=origin.referred_by)
    await _record_route(work, case, person)


async def _said_to_be_the_same(work: UnitOfWork, origin: Referred) -> UUID | None:
    """The case that the sender says is about the same person, where that is one that it has to do with."""
    if origin.same_as and await cases.part_of(work, origin.same_as, origin.referred_by):
        return origin.same_as
    return None


async def _store_case(work: UnitOfWork, *, origin: Origin, person: CasePerson) -> Case:
    case = Case(
        opened_at=work.now,
        opened_on=on_date(work.now),
        channel=origin.channel,
        occurred_at=origin.occurred_at,
        municipality=origin.municipality,
        referred_by=origin.referred_by,
        opened_by=origin.opened_by if isinstance(origin, Met) else None,
        custody_since=origin.custody_since,
        authority=Authority.NEEDS_REVIEW,
        rule="R7",
        table_version="none",
        why="",
        has_deadlines=True,  # set in the same unit of work
        **description.facts_of(person, on=on_date(work.now)),
    )
    authority.route(case, now=work.now)
    reason = origin.reason if isinstance(origin, Met) else None
    await cases.add_case(work, case, person, parts=_first_parts(case, origin), reason=reason)
    return case


def _first_parts(case: Case, origin: Origin) -> dict[str, Part]:
    """Who has to do with a case from its first moment."""
    parts = {CENTRE: Part.CENTRE, PROSECUTION: Part.PROSECUTION}
    if case.authority is Authority.US or case.opened_by == IMMIGRATION:
        parts[IMMIGRATION] = Part.AUTHORITY  # until the case is stored; which part it keeps follows the routing
    if isinstance(origin, Referred) and not origin.is_withdrawn:
        has = parts.get(origin.referred_by)
        if has is None or has in WEAKER[Part.REFERRER]:
            parts[origin.referred_by] = Part.REFERRER
    return parts


async def _record_route(work: UnitOfWork, case: Case, person: CasePerson) -> None:
    """US has its part from the first moment, unless it has opened a case that it does not decide, or a consent lets it know."""
    may_have_another = case.opened_by == IMMIGRATION or bool(person.consents)
    await authority.record_route(work, case, part_stands=not may_have_another)


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
            residence_valid_until=case.residence_valid_until,
            **description.published_facts(case),
        )
    )


async def _begin(work: UnitOfWork, case: Case, person: CasePerson, *, by: str) -> None:
    """What begins with every case: the history of the stay, a child's protection, the deadlines, being found by name."""
    await legal_status.begin(work, case, by=by)
    await consents.take_over(work, case_id=case.id, consents=person.consents, brought_by=by, given_at=case.occurred_at)
    await children.protect(work, case, is_new=True)
    await changes.case_changed(work, case, is_new=True)
    await search.index(work, case.id, person, is_new=True)
