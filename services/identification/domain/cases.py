"""Opening a case or finding the one there is, describing the person, and who decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository
from services.identification.domain import routing
from services.identification.domain.routing import RoutingFacts
from services.identification.models.cases import Case, CaseReferral, Part
from services.identification.schemas.person import CasePerson, SealedText
from services.identification.schemas.routing import RoutingQuestion, Settlement
from shared import outbox
from shared.auth import Actor
from shared.clock import on_date
from shared.codes import AgeBasis, AgeGroup, Authority, CaseStatus, Channel
from shared.concurrency import Match
from shared.errors import Conflict, Forbidden
from shared.events import CaseOpened, CaseReferred, CaseRouted
from shared.person import Subject
from shared.personal import Personal
from shared.sealed import vault_of

ADULT_AGE = 18
CENTRE, IMMIGRATION, PROSECUTION = "cmm", "us", "anklagemyndigheden"


class NothingToSettle(Conflict):
    """The table has found the authority; there is nothing for a lawyer to settle."""


class CaseIsDecided(Conflict):
    """After the decision the authority does not change."""


class NotACentresLawyer(Forbidden):
    """Only a lawyer of CMM settles who decides."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a case comes from."""

    channel: Channel
    occurred_at: datetime
    municipality: str | None
    referred_by: str
    referral_id: UUID
    custody_since: datetime | None


async def receive_subjects(
    session: AsyncSession,
    *,
    origin: Origin,
    subjects: Mapping[UUID, Subject],
    safe_contact: SealedText | None,
    now: datetime,
) -> None:
    """Open a case for each subject of a referral; where one of a person's identifiers is known, join the case there is."""
    hashes = {subject_id: _hashes(session, subject) for subject_id, subject in subjects.items()}
    # All of them at once and in one order: two referrals of the same people would else wait for each other for ever.
    await repository.cases.claim_identifiers(session, chain.from_iterable(hashes.values()))
    for subject_id, subject in subjects.items():
        if not await repository.cases.has_case(session, subject_id):
            person = CasePerson(**dict(subject), safe_contact=safe_contact.text if safe_contact else None)
            await _receive(session, origin, subject_id, person, hashes[subject_id], now=now)


async def _receive(
    session: AsyncSession, origin: Origin, subject_id: UUID, person: CasePerson, hashes: list[bytes], *, now: datetime
) -> None:
    known = await repository.cases.case_known_by(session, hashes)
    if known:
        case_id = known.id
        outbox.record(
            session,
            CaseReferred(
                case_id=known.id,
                occurred_at=now,
                referral_id=origin.referral_id,
                subject_id=subject_id,
                referred_by=origin.referred_by,
            ),
        )
    else:
        case_id = await _open_case(session, origin=origin, subject_id=subject_id, person=person, now=now)
    referral = CaseReferral(
        subject_id=subject_id, referral_id=origin.referral_id, referred_by=origin.referred_by, case_id=case_id
    )
    await repository.cases.add_referral(session, referral)
    await repository.cases.add_identifiers(session, case_id, hashes)
    await repository.cases.add_party(session, case_id, origin.referred_by, Part.REFERRER)


def _hashes(session: AsyncSession, person: Subject | CasePerson) -> list[bytes]:
    """Keyed hashes of the identifiers. A number is compared within its register only, a CPR number with its replacements."""
    vault = vault_of(session)
    return sorted(
        {vault.hashed(f"identifier:{identifier.type}", identifier.value.value) for identifier in person.identifiers}
    )


async def _open_case(
    session: AsyncSession, *, origin: Origin, subject_id: UUID, person: CasePerson, now: datetime
) -> UUID:
    case = Case(
        opened_at=now,
        opened_on=on_date(now),
        channel=origin.channel,
        occurred_at=origin.occurred_at,
        municipality=origin.municipality,
        referred_by=origin.referred_by,
        custody_since=origin.custody_since,
        authority=Authority.NEEDS_REVIEW,
        rule="R7",
        table_version="none",
        why="",
        **_facts_of(person, on=on_date(now)),
    )
    _route(case, on=on_date(now))
    await repository.cases.add_case(session, case, person)
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
            gender=case.gender,
            age_group=case.age_group,
            citizenships=tuple(case.citizenships),
            residence_basis=case.residence_basis,
        ),
    )
    await repository.cases.add_party(session, case.id, CENTRE, Part.CENTRE)
    await repository.cases.add_party(session, case.id, PROSECUTION, Part.PROSECUTION)
    await _tell_route(session, case, now=now)
    return case.id


def _facts_of(person: CasePerson, *, on: date) -> dict[str, Any]:
    """The coded facts of a description that stand open in the case."""
    return {
        "gender": person.gender,
        "age_group": age_group(person, on=on),
        "citizenships": list(person.citizenships),
        "residence_basis": person.residence_basis,
        "residence_valid_until": person.residence_valid_until,
        "unpermitted_work": bool(person.unpermitted_work),
        "asylum_pending": bool(person.asylum_pending),
    }


def age_group(person: CasePerson, *, on: date) -> AgeGroup:
    """Whoever states an age under 18 is presumed a minor until assessed, whatever the papers say (domain, section 5).

    What a basis of documents or an assessment says stands in the birth date; without one, in the age."""
    told = (_age(person.birth_date, on=on), person.stated_age, _age(person.stated_birth_date, on=on))
    ages = [age for age in told if age is not None]
    if person.age_basis is AgeBasis.PRESUMED_MINOR:
        return AgeGroup.PRESUMED_MINOR
    if not ages:
        return AgeGroup.UNKNOWN
    if person.age_basis is AgeBasis.ASSESSED:
        return AgeGroup.MINOR if ages[0] < ADULT_AGE else AgeGroup.ADULT
    if person.age_basis is AgeBasis.DOCUMENTED and ages[0] < ADULT_AGE:
        return AgeGroup.MINOR
    return AgeGroup.PRESUMED_MINOR if min(ages) < ADULT_AGE else AgeGroup.ADULT


def _age(birth_date: Personal[date] | None, *, on: date) -> int | None:
    if birth_date is None:
        return None
    born = birth_date.value
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


# ---------------------------------------------------------------- who decides


def answer_routing(question: RoutingQuestion, *, today: date) -> routing.Routing:
    """Who decides, for facts of nobody in particular."""
    return routing.route(
        RoutingFacts(
            citizenships=tuple(question.citizenships),
            residence_basis=question.residence_basis,
            residence_valid_until=question.residence_valid_until,
            on=question.on or today,
            asylum_pending=bool(question.asylum_pending),
            unpermitted_work=bool(question.unpermitted_work),
            court_recognised=bool(question.court_recognised),
        )
    )


async def route_again(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Find who decides by what is known now, and tell."""
    _route(case, on=on_date(now))
    await _tell_route(session, case, now=now)


def _route(case: Case, *, on: date) -> None:
    """Find who decides, and note it in the case."""
    found = routing.route(_facts_on(case, on))
    case.authority, case.rule = found.authority, found.rule
    case.table_version, case.why, case.settled_by = found.table_version, found.why, None


async def _tell_route(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Tell who decides, and what follows from it for US. A court's recognition leaves US the part it had."""
    if case.authority is not Authority.COURT:
        await repository.cases.set_part(session, case.id, IMMIGRATION, await _part_of_immigration(session, case))
    outbox.record(
        session,
        CaseRouted(
            case_id=case.id,
            occurred_at=now,
            authority=case.authority,
            rule=case.rule,
            table_version=case.table_version,
            settled_by=case.settled_by,
        ),
    )


async def _part_of_immigration(session: AsyncSession, case: Case) -> Part | None:
    """US decides, or has referred the person, or could remove the person and must see that this is pending; or nothing."""
    if case.authority is Authority.US:
        return Part.AUTHORITY
    if await repository.cases.has_referred(session, case.id, IMMIGRATION):
        return Part.REFERRER
    return None if _is_safe_from_removal(case) else Part.REMOVAL


def _is_safe_from_removal(case: Case) -> bool:
    """Danish citizens (SC04), and others who have free movement and a right of residence (R4): US is told nothing.

    A permit or a visa is none that holds: it may run out or be withdrawn while the identification is pending."""
    return case.rule == "R4" or routing.may_be_danish(_facts_on(case, case.opened_on))


async def settle(
    session: AsyncSession, *, actor: Actor, case_id: UUID, settlement: Settlement, match: Match, now: datetime
) -> Case:
    """A lawyer of CMM says who decides, where the table leaves it open (R7)."""
    case = await repository.cases.lock_case(session, actor, case_id, match)
    if actor.org != CENTRE:
        raise NotACentresLawyer("Only a lawyer of CMM settles who decides.")
    if case.status in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        raise CaseIsDecided("The case is decided; the deciding authority no longer changes.")
    if case.rule != "R7":
        raise NothingToSettle(f"Rule {case.rule} has found {case.authority}; only a case that needs review is settled.")
    case.authority, case.settled_by = settlement.authority, actor.org
    await repository.cases.add_settlement(session, case, SealedText(text=settlement.reason))
    await _tell_route(session, case, now=now)
    return case


async def describe_person(
    session: AsyncSession, *, actor: Actor, case_id: UUID, person: CasePerson, match: Match, now: datetime
) -> tuple[Case, CasePerson]:
    """Replace the description of the person. Before the decision, changed facts are routed again; after it, never."""
    case = await repository.cases.lock_case(session, actor, case_id, match)
    today = on_date(now)
    before = _facts_on(case, today)
    person = await repository.person.replace_person(session, case, person)
    for name, value in _facts_of(person, on=today).items():
        setattr(case, name, value)
    await repository.cases.add_identifiers(session, case.id, _hashes(session, person))
    if before != _facts_on(case, today) and case.status not in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        await route_again(session, case, now=now)
    return case, person


def _facts_on(case: Case, on: date) -> RoutingFacts:
    """What is known of the person that decides who decides."""
    return RoutingFacts(
        citizenships=tuple(case.citizenships),
        residence_basis=case.residence_basis,
        residence_valid_until=case.residence_valid_until,
        on=on,
        asylum_pending=case.asylum_pending,
        unpermitted_work=case.unpermitted_work,
        court_recognised=case.court_recognised,
    )
