"""Opening a case or finding the one there is, describing the person, and who decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import repository, routing
from services.identification.models import Case, Part
from services.identification.routing import RoutingFacts
from services.identification.schemas import CasePerson, RoutingQuestion, SealedText, Settlement
from shared import outbox
from shared.auth import Actor
from shared.clock import on_date
from shared.codes import AgeBasis, AgeGroup, Authority, CaseStatus, Channel
from shared.concurrency import Match
from shared.errors import Conflict, Forbidden
from shared.events import CaseOpened, CaseReferred, CaseRouted
from shared.person import Subject
from shared.sealed import vault_of

ADULT_AGE = 18
CENTRE, IMMIGRATION = "cmm", "us"


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


async def receive_subject(
    session: AsyncSession,
    *,
    origin: Origin,
    subject_id: UUID,
    subject: Subject,
    safe_contact: SealedText | None,
    now: datetime,
) -> None:
    """Open a case for a referral's subject; when one of the person's identifiers is known, join the case there is."""
    if await repository.has_case(session, subject_id):
        return
    hashes = _hashes(session, subject)
    await repository.claim_identifiers(session, hashes)
    known = await repository.case_known_by(session, hashes)
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
        contact = safe_contact.text if safe_contact else None
        person = CasePerson(**dict(subject), safe_contact=contact)
        case_id = await _open_case(session, origin=origin, subject_id=subject_id, person=person, now=now)
    await repository.add_referral(session, case_id=case_id, referral_id=origin.referral_id, subject_id=subject_id)
    await repository.add_identifiers(session, case_id, hashes)
    await repository.add_party(session, case_id, origin.referred_by, Part.REFERRER)


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
    await repository.add_case(session, case, person)
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
    await repository.add_party(session, case.id, CENTRE, Part.CENTRE)
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
    """Whoever states an age under 18 is presumed a minor until assessed, whatever the papers say (domain, section 5)."""
    ages = [] if person.stated_age is None else [person.stated_age]
    if person.birth_date:
        born = person.birth_date.value
        ages.append(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))
    if person.age_basis is AgeBasis.PRESUMED_MINOR:
        return AgeGroup.PRESUMED_MINOR
    if not ages:
        return AgeGroup.UNKNOWN
    if person.age_basis is AgeBasis.ASSESSED:
        return AgeGroup.MINOR if ages[-1] < ADULT_AGE else AgeGroup.ADULT
    if all(age >= ADULT_AGE for age in ages):
        return AgeGroup.ADULT
    is_documented = person.age_basis is AgeBasis.DOCUMENTED and all(age < ADULT_AGE for age in ages)
    stated_adult = person.stated_age is not None and person.stated_age >= ADULT_AGE
    if is_documented or stated_adult:
        return AgeGroup.MINOR
    return AgeGroup.PRESUMED_MINOR


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


def _route(case: Case, *, on: date) -> None:
    """Find who decides, and note it in the case."""
    found = routing.route(
        RoutingFacts(
            citizenships=tuple(case.citizenships),
            residence_basis=case.residence_basis,
            residence_valid_until=case.residence_valid_until,
            on=on,
            asylum_pending=case.asylum_pending,
            unpermitted_work=case.unpermitted_work,
            court_recognised=case.court_recognised,
        )
    )
    case.authority, case.rule = found.authority, found.rule
    case.table_version, case.why, case.settled_by = found.table_version, found.why, None


async def _tell_route(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """The authority becomes a party; and whoever could have the person removed must see that this is pending."""
    if case.authority is Authority.US:
        await repository.add_party(session, case.id, IMMIGRATION, Part.AUTHORITY)
    elif case.authority is Authority.NEEDS_REVIEW and not _is_safe_from_removal(case):
        await repository.add_party(session, case.id, IMMIGRATION, Part.REMOVAL)
    elif case.authority is not Authority.NEEDS_REVIEW and case.settled_by is None:
        await repository.remove_party(session, case.id, IMMIGRATION, Part.AUTHORITY)
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


def _is_safe_from_removal(case: Case) -> bool:
    """Danish and other Nordic or EU citizens: US has nothing to do with them, and is told nothing (SC04)."""
    table = routing.table_on(case.opened_on)
    facts = table.facts_of(
        RoutingFacts(citizenships=tuple(case.citizenships), residence_basis=case.residence_basis, on=case.opened_on)
    )
    return bool(facts["danish_citizen"] or facts["free_movement_citizen"])


async def settle(
    session: AsyncSession, *, actor: Actor, case_id: UUID, settlement: Settlement, match: Match, now: datetime
) -> Case:
    """A lawyer of CMM says who decides, where the table leaves it open (R7)."""
    case = await repository.lock_case(session, actor, case_id, match)
    if actor.org != CENTRE:
        raise NotACentresLawyer("Only a lawyer of CMM settles who decides.")
    if case.status in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        raise CaseIsDecided("The case is decided; the deciding authority no longer changes.")
    if case.rule != "R7":
        raise NothingToSettle(f"Rule {case.rule} has found {case.authority}; only a case that needs review is settled.")
    case.authority, case.settled_by = settlement.authority, actor.org
    case.settlement = await repository.seal_text(
        session, case.id, SealedText(text=settlement.reason), table="case_file", column="settlement", row=case.id
    )
    await _tell_route(session, case, now=now)
    return case


async def describe_person(
    session: AsyncSession, *, actor: Actor, case_id: UUID, person: CasePerson, match: Match, now: datetime
) -> Case:
    """Replace the description of the person. Before the decision, changed facts are routed again; after it, never."""
    case = await repository.lock_case(session, actor, case_id, match)
    before = _routing_facts(case)
    for name, value in _facts_of(person, on=on_date(now)).items():
        setattr(case, name, value)
    await repository.replace_person(session, case, person)
    await repository.add_identifiers(session, case.id, _hashes(session, person))
    if before != _routing_facts(case) and case.status not in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        _route(case, on=on_date(now))
        await _tell_route(session, case, now=now)
    return case


def _routing_facts(case: Case) -> Sequence[object]:
    return (
        tuple(case.citizenships),
        case.residence_basis,
        case.residence_valid_until,
        case.unpermitted_work,
        case.asylum_pending,
    )
