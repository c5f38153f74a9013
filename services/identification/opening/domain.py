"""Opening a case: by a referral, which joins the open case there is of the person, or without one, by who meets the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.authority import domain as authority
from services.identification.case import changes
from services.identification.case import repository as cases
from services.identification.case.codes import CENTRE, IMMIGRATION, PROSECUTION
from services.identification.case.models import MINORS, Case, CaseReferral, Part
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.consents import domain as consents
from services.identification.consents import sharing
from services.identification.custody import domain as custody
from services.identification.finding import duplicates, search
from services.identification.finding import repository as finding_repository
from services.identification.finding.schemas import PossibleDuplicate
from services.identification.links import domain as links
from services.identification.opening.schemas import CaseOpening
from services.identification.person import description, legal_status
from shared.contract.codes import Authority, Channel
from shared.contract.events import CaseOpened, CaseReferred
from shared.contract.person import Subject
from shared.data import outbox
from shared.http.etag import Match
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


async def open_without_referral(
    session: AsyncSession, *, actor: Actor, opening: CaseOpening, now: datetime
) -> tuple[Case, list[PossibleDuplicate]]:
    """Always a new case; who may be the same person is told in the answer, and people decide.

    Raises CaseNotFound when the other case is none the actor works on; nothing is stored then."""
    check_opener(actor)
    _check_answers(opening, now=now)
    hashes = search.hashes_of(session, opening.person)
    await cases.claim_identifiers(session, hashes)
    origin = Met(
        channel=opening.channel,
        occurred_at=opening.occurred_at,
        municipality=opening.municipality,
        referred_by=None if actor.org == CENTRE else actor.org,
        referral_id=None,
        custody_since=None,
        opened_by=actor.org,
        reason=SealedText(text=opening.reason),
    )
    earlier = (await cases.case_known_by(session, hashes)).ended_case_id
    case = await _store_case(session, origin=origin, person=opening.person, earlier=earlier, now=now)
    await cases.add_identifiers(session, case.id, hashes)
    _tell_opening(session, case, origin, None, now=now)
    await _begin(session, case, opening.person, by=actor.org, now=now)
    found = await duplicates.questions_of_new_case(session, actor, case, opening.person, now=now)
    if opening.linked_case_id and opening.relation:
        other = await cases.lock_case(session, actor, opening.linked_case_id, Match())
        await links.link(session, other, case, relation=opening.relation, now=now)
    await authority.tell_route(session, case, now=now)
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
            "A child's case needs its municipality, which is told at once: send `municipality`.",
            errors=[{"loc": ["body", "municipality"], "msg": "Required for a child, or who is presumed one."}],
        )


async def receive_subjects(
    session: AsyncSession,
    *,
    origin: Referred,
    subjects: Mapping[UUID, Subject],
    safe_contact: SealedText | None,
    now: datetime,
) -> None:
    """Open a case for each subject of a referral; where one of a person's identifiers is known, join the open case there
    is. A case that has ended stays so: the new one names it as the earlier."""
    hashes = {subject_id: search.hashes_of(session, subject) for subject_id, subject in subjects.items()}
    # All of them at once and in one order: two referrals of the same people would else wait for each other for ever.
    await cases.claim_identifiers(session, chain.from_iterable(hashes.values()))
    for subject_id, subject in subjects.items():
        if not await cases.has_case(session, subject_id):
            told = dict(subject) | {"safe_contact": safe_contact.text if safe_contact else None}
            person = CasePerson.model_validate(told, context=AS_STORED)
            await _receive(session, origin, subject_id, person, hashes[subject_id], now=now)


async def _receive(
    session: AsyncSession, origin: Referred, subject_id: UUID, person: CasePerson, hashes: list[bytes], *, now: datetime
) -> None:
    known = await cases.case_known_by(session, hashes)
    if known.open_case_id:
        await _join(session, origin, known.open_case_id, subject_id, person, hashes, now=now)
        return
    case = await _store_case(session, origin=origin, person=person, earlier=known.ended_case_id, now=now)
    await _keep_referral(session, origin, case.id, subject_id, hashes)
    _tell_opening(session, case, origin, subject_id, now=now)
    await _begin(session, case, person, by=origin.referred_by, now=now)
    await duplicates.questions_of_new_case(session, Actor.system("identification"), case, person, now=now)
    await authority.tell_route(session, case, now=now)


async def _join(
    session: AsyncSession, origin: Referred, case_id: UUID, subject_id: UUID, person: CasePerson, hashes: list[bytes], *,
    now: datetime,
) -> None:  # fmt: skip
    """A further referral of a person whose case is open."""
    # A number that a merged case brings stays that case's own, so that undoing the merge gives each person theirs.
    group = await finding_repository.group_of(session, case_id)
    hashes = sorted(set(hashes) - await finding_repository.numbers_of(session, group))
    await _keep_referral(session, origin, case_id, subject_id, hashes)
    outbox.record(
        session,
        CaseReferred(
            case_id=case_id,
            occurred_at=now,
            referral_id=origin.referral_id,
            subject_id=subject_id,
            referred_by=origin.referred_by,
        ),
    )
    await consents.take_over(
        session, case_id=case_id, consents=person.consents, brought_by=origin.referred_by, given_at=origin.occurred_at,
        now=now,
    )  # fmt: skip
    if origin.custody_since:
        await custody.join(session, case_id, since=origin.custody_since, now=now)


async def _keep_referral(
    session: AsyncSession, origin: Referred, case_id: UUID, subject_id: UUID, hashes: list[bytes]
) -> None:
    referral = CaseReferral(
        subject_id=subject_id, referral_id=origin.referral_id, referred_by=origin.referred_by, case_id=case_id
    )
    await cases.add_referral(session, referral)
    await cases.add_identifiers(session, case_id, hashes)
    await sharing.add_referrer(session, case_id, referral.referred_by)


async def _store_case(
    session: AsyncSession, *, origin: Origin, person: CasePerson, earlier: UUID | None, now: datetime
) -> Case:
    case = Case(
        opened_at=now,
        opened_on=on_date(now),
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
        **description.facts_of(person, on=on_date(now)),
    )
    authority.route(case, now=now)
    parts = {CENTRE: Part.CENTRE, PROSECUTION: Part.PROSECUTION}
    if case.opened_by == IMMIGRATION:
        parts[IMMIGRATION] = Part.AUTHORITY  # until the case is stored; which part it keeps follows the routing
    reason = origin.reason if isinstance(origin, Met) else None
    await cases.add_case(session, case, person, parts=parts, reason=reason)
    return case


def _tell_opening(session: AsyncSession, case: Case, origin: Origin, subject_id: UUID | None, *, now: datetime) -> None:
    outbox.record(
        session,
        CaseOpened(
            case_id=case.id,
            occurred_at=now,
            opened_on=case.opened_on,
            channel=case.channel,
            referral_id=origin.referral_id,
            subject_id=subject_id,
            referred_by=origin.referred_by,
            municipality=case.municipality,
            earlier_case_id=case.earlier_case_id,
            **description.told_of(case),
        ),
    )


async def _begin(session: AsyncSession, case: Case, person: CasePerson, *, by: str, now: datetime) -> None:
    """What begins with every case: the history of the stay, a child's protection, the clocks, being found by name."""
    await legal_status.begin(session, case, by=by, now=now)
    await consents.take_over(
        session, case_id=case.id, consents=person.consents, brought_by=by, given_at=case.occurred_at, now=now
    )
    await children.protect(session, case, now=now)
    await changes.case_changed(session, case, now=now)
    await search.index(session, case.id, person, now=now)
