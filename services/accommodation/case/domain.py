"""What identification has published of a case: whom it concerns, and what the rules of housing ask of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.accommodation.case import repository
from services.accommodation.case.models import CaseChange, KnownCase, Part, WithdrawnConsent
from shared.contract.codes import AgeGroup, Authority, Gender, Outcome, ResidenceBasis
from shared.contract.countries import is_danish_citizen
from shared.contract.events import CaseOpened, CaseRouted, DecisionMade, LegalStatusChanged, PersonDescribed
from shared.contract.organisations import CENTRE, IMMIGRATION
from shared.data import sealed
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


async def open_case(work: UnitOfWork, event: CaseOpened, *, sequence: int) -> None:
    """A case to house somebody under; it concerns CMM, and whoever referred the person."""
    if await repository.has_case(work, event.case_id):
        return
    sealed.new_key(work, event.case_id)
    is_danish = is_danish_citizen(event.citizenships)
    known = KnownCase(
        case_id=event.case_id,
        gender=event.gender,
        age_group=event.age_group,
        residence_basis=_basis_of(event.residence_basis, is_danish=is_danish),
        danish_citizen=is_danish,
        municipality=event.municipality,
        unaccompanied=event.unaccompanied,
    )
    await repository.add_case(work, known)
    parts = [(CENTRE, Part.CENTRE)]
    if event.referred_by:
        parts.append((event.referred_by, Part.REFERRER))
    await repository.add_parties(work, event.case_id, parts, since=event.occurred_at)
    await _note_end(work, event, from_on=event.opened_on, until=event.residence_valid_until, sequence=sequence)


def _basis_of(said: ResidenceBasis, *, is_danish: bool) -> ResidenceBasis:
    """On what the stay rests: a citizen stays by right, whatever else is said of it (docs/rules.md, housing-11)."""
    return ResidenceBasis.DANISH_CITIZEN if is_danish else said


async def stop_disclosing(work: UnitOfWork, *, case_id: UUID, organisation: str) -> None:
    """The person has taken consent back: what the organisation knew by its referral or its own request ends. What it houses
    it knows as the operator, and US as the authority."""
    if await repository.withdrawn_consent(work, case_id, organisation):
        return
    was_referrer = await repository.is_referrer(work, case_id, organisation)
    await repository.add_withdrawn_consent(
        work, WithdrawnConsent(case_id=case_id, org=organisation, was_referrer=was_referrer)
    )
    await repository.remove_party(work, case_id, organisation, Part.REFERRER)


async def end_part(work: UnitOfWork, *, case_id: UUID, organisation: str) -> None:
    """The organisation's referral is withdrawn, or CMM has ended its part: no consent that the person gives makes it the
    referrer again."""
    await repository.remove_party(work, case_id, organisation, Part.REFERRER)
    withdrawn = await repository.withdrawn_consent(work, case_id, organisation)
    if withdrawn:
        withdrawn.was_referrer = False


async def disclose_again(work: UnitOfWork, *, case_id: UUID, organisation: str, since: datetime) -> None:
    """The person lets the organisation know again, since then."""
    withdrawn = await repository.withdrawn_consent(work, case_id, organisation)
    if withdrawn is None:
        return
    await repository.remove_withdrawn_consent(work, withdrawn)
    if withdrawn.was_referrer:
        await repository.add_party(work, case_id, organisation, Part.REFERRER, since=since)


_ASYLUM, _REVIEWED = "R2", "R7"


async def route(work: UnitOfWork, event: CaseRouted) -> None:
    """The case is the authority's now, by that row of the routing, which says whether asylum is pending. It concerns US for as
    long as it is routed there, or when US has decided it."""
    known = await repository.lock_case(work, event.case_id)
    known.authority = event.authority
    known.asylum_pending = None if event.rule == _REVIEWED else event.rule == _ASYLUM
    if event.authority is Authority.US:
        await repository.add_party(work, event.case_id, IMMIGRATION, Part.AUTHORITY, since=event.occurred_at)
    else:
        await repository.remove_party(work, event.case_id, IMMIGRATION, Part.AUTHORITY)


async def describe(work: UnitOfWork, event: PersonDescribed, *, sequence: int) -> None:
    """The person's coded facts are these now. Another gender or age, or that they are a Danish citizen, changes from that day on
    who is responsible; who is a minor no more, from the birthday, or the assessment, that has made an adult of them."""
    known = await repository.lock_case(work, event.case_id)
    was_minor, was_gender, was_danish = known.is_minor, known.gender, known.danish_citizen
    known.gender, known.age_group = event.gender, event.age_group
    known.danish_citizen = is_danish_citizen(event.citizenships)
    known.residence_basis = _basis_of(event.residence_basis, is_danish=known.danish_citizen)
    known.unaccompanied = event.unaccompanied
    if event.age_assessed is not None:
        known.age_assessed = event.age_assessed
    differs, has_other_gender = known.danish_citizen is not was_danish, known.gender is not was_gender
    of_age_since = None if differs or has_other_gender else await _of_age_since(work, event)
    change = CaseChange(
        case_id=event.case_id,
        sequence=sequence,
        from_on=of_age_since or on_date(event.occurred_at),
        residence_basis=known.residence_basis if differs else None,
        gender=known.gender if has_other_gender else None,
        minor=known.is_minor if known.is_minor is not was_minor else None,
        recorded_at=event.occurred_at,
    )
    if differs or change.gender is not None or change.minor is not None:
        await repository.keep_change(work, change)


async def _of_age_since(work: UnitOfWork, event: PersonDescribed) -> date | None:
    """Since when who was a minor counts as none: from then on, and not before somebody was last said to be one."""
    if event.of_age_since is None:
        return None
    changes = await repository.changes_of(work, event.case_id)
    return max([event.of_age_since, *(change.from_on for change in changes if change.minor)])


async def note_status(work: UnitOfWork, event: LegalStatusChanged, *, sequence: int) -> None:
    """The stay rests on something else from that day; it may be a day to come. What was to end later than that no longer does."""
    known = await repository.lock_case(work, event.case_id)
    change = CaseChange(
        case_id=event.case_id,
        sequence=sequence,
        from_on=event.valid_from,
        residence_basis=_basis_of(event.residence_basis, is_danish=known.danish_citizen),
        asylum_pending=event.asylum_pending,
        recorded_at=event.occurred_at,
    )
    await repository.forget_ends(work, event.case_id, since=event.valid_from)
    await repository.keep_change(work, change)
    await _note_end(work, event, from_on=event.valid_from, until=event.valid_until, sequence=sequence)


_ON_PAPER: Final = frozenset({ResidenceBasis.VISA, ResidenceBasis.VISA_FREE, ResidenceBasis.RESIDENCE_PERMIT})
"""On what a stay rests that ends with a day."""


async def _note_end(
    work: UnitOfWork, event: CaseOpened | LegalStatusChanged, *, from_on: date, until: date | None, sequence: int
) -> None:
    """Who stays on after that day has no legal stay, unless it rests on something else by then, or they are a Danish citizen (of
    whom what holds is read without it); that they seek asylum no paper ends (docs/rules.md, housing-11)."""
    if until is None or event.residence_basis not in _ON_PAPER:
        return
    ends_on = until + timedelta(days=1)
    changes = await repository.changes_of(work, event.case_id)
    if any(change.residence_basis and from_on < change.from_on <= ends_on for change in changes):
        return
    end = CaseChange(
        case_id=event.case_id,
        sequence=-sequence,
        from_on=ends_on,
        residence_basis=ResidenceBasis.NO_LEGAL_STAY,
        asylum_pending=event.asylum_pending if isinstance(event, LegalStatusChanged) else None,
        is_end=True,
        recorded_at=event.occurred_at,
    )
    await repository.keep_change(work, end)


async def note_decision(work: UnitOfWork, event: DecisionMade, *, sequence: int) -> None:
    """A positive decision opens the rows of the decided; the legal status at the decision is the newest known."""
    known = await repository.lock_case(work, event.case_id)
    if event.outcome is Outcome.ASSESSED_TRAFFICKED and event.decision_id not in known.positive_decisions:
        known.positive_decisions = [*known.positive_decisions, event.decision_id]
        change = CaseChange(
            case_id=event.case_id,
            sequence=sequence,
            from_on=event.decided_on,
            decision_id=event.decision_id,
            recorded_at=event.occurred_at,
        )
        await repository.keep_change(work, change)
    if event.legal_status is not ResidenceBasis.UNKNOWN:
        known.residence_basis = _basis_of(event.legal_status, is_danish=known.danish_citizen)
    if event.authority is Authority.US:
        await repository.add_party(work, event.case_id, IMMIGRATION, Part.DECIDER, since=event.occurred_at)


async def note_custody(work: UnitOfWork, *, case_id: UUID, since: datetime | None) -> None:
    """Police hold the person since then; None: no longer."""
    known = await repository.lock_case(work, case_id)
    known.held_since = since


async def forget_decision(work: UnitOfWork, *, case_id: UUID, decision_id: UUID) -> None:
    """Another decision stands in its place."""
    known = await repository.lock_case(work, case_id)
    known.positive_decisions = [kept for kept in known.positive_decisions if kept != decision_id]
    await repository.forget_decision(work, decision_id)


async def merge(work: UnitOfWork, *, case_id: UUID, into: UUID, at: datetime) -> None:
    """The case is about the person of another one: what is known there holds since then of what is held under this one."""
    await repository.lock_together(work, case_id, into)
    await repository.merge(work, case_id, into, at=at)
    goes_on_in, _ = await repository.cases_of_person(work, case_id)
    await _carry_facts(work, goes_on_in, await repository.members_of(work, case_id), at=at)


async def unmerge(work: UnitOfWork, *, case_id: UUID, out_of: UUID, at: datetime) -> None:
    """The case stands for itself again: nothing that was recorded in the other one holds of it, as if it never had, and its own
    facts hold of what was asked for by the other's meanwhile."""
    await repository.lock_together(work, case_id, out_of)
    await repository.unmerge(work, case_id, out_of)
    goes_on_in, of_person = await repository.cases_of_person(work, case_id)
    members = await repository.members_of(work, case_id)
    for member in members:
        await repository.forget_carried(work, member, still=of_person)
    await _carry_facts(work, goes_on_in, members, at=at)


async def _carry_facts(work: UnitOfWork, goes_on_in: UUID, members: Sequence[UUID], *, at: datetime) -> None:
    """What is known of the person where the work goes on holds from that day on of these cases, too."""
    facts = await _facts_known(work, goes_on_in, at=at)
    for member in members:
        for change in facts:
            await repository.carry_change(work, change, member, through=goes_on_in)


async def _facts_known(work: UnitOfWork, case_id: UUID, *, at: datetime) -> list[CaseChange]:
    """What is known of the person of the case, as changes that hold from that day on, and those of a day to come."""
    known = await repository.find_case(work, case_id)
    if known is None:
        return []
    status = await repository.status_on(work, case_id, on=on_date(at))
    basis = status.residence_basis if status and status.residence_basis else known.residence_basis
    pending = status.asylum_pending if status and status.asylum_pending is not None else known.asylum_pending
    facts = list[dict[str, Any]]()
    if known.positive_decisions:
        facts.append({"decision_id": known.positive_decisions[-1]})
    if basis is not ResidenceBasis.UNKNOWN:
        facts.append({"residence_basis": basis, "asylum_pending": pending})
    person: dict[str, Any] = {"gender": known.gender} if known.gender is not Gender.UNKNOWN else {}
    if known.age_group is not AgeGroup.UNKNOWN:
        person["minor"] = known.is_minor
    facts += [person] if person else []
    changes = await repository.changes_of(work, case_id, ends_to_come=True)
    to_come = [change for change in changes if change.from_on > on_date(at)]
    return [
        CaseChange(case_id=case_id, sequence=0, from_on=on_date(at), recorded_at=at, **fact) for fact in facts
    ] + to_come
