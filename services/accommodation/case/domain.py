"""What identification has told of a case: whom it concerns, and what the rules of housing ask of it."""

from uuid import UUID

from services.accommodation.case import repository
from services.accommodation.case.models import CaseTurn, KnownCase, Part, WithdrawnShare
from services.accommodation.case.repository import CMM, US
from shared.contract.codes import Authority, Outcome, ResidenceBasis
from shared.contract.events import CaseOpened, DecisionMade, LegalStatusChanged, PersonDescribed
from shared.data import sealed
from shared.data.unit_of_work import UnitOfWork


async def open_case(work: UnitOfWork, event: CaseOpened) -> None:
    """A case to house somebody under; it concerns CMM, and whoever referred the person."""
    if await repository.has_case(work, event.case_id):
        return
    sealed.new_key(work, event.case_id)
    known = KnownCase(
        case_id=event.case_id,
        gender=event.gender,
        age_group=event.age_group,
        residence_basis=event.residence_basis,
    )
    await repository.add_case(work, known)
    await repository.add_party(work, event.case_id, CMM, Part.CENTRE)
    if event.referred_by:
        await repository.add_party(work, event.case_id, event.referred_by, Part.REFERRER)


async def add_referrer(work: UnitOfWork, *, case_id: UUID, org: str) -> None:
    """A further referral was about the same person. It does not undo that the person took consent back from the sender."""
    withdrawn = await repository.withdrawn_share(work, case_id, org)
    if withdrawn:
        withdrawn.was_referrer = True
    else:
        await repository.add_party(work, case_id, org, Part.REFERRER)


async def stop_sharing(work: UnitOfWork, *, case_id: UUID, org: str) -> None:
    """The person has taken consent back: what the organisation knew by its referral or its own request ends. What it houses
    it knows as the operator, and US as the authority."""
    if await repository.withdrawn_share(work, case_id, org):
        return
    was_referrer = await repository.is_referrer(work, case_id, org)
    await repository.add_withdrawn_share(work, WithdrawnShare(case_id=case_id, org=org, was_referrer=was_referrer))
    await repository.remove_party(work, case_id, org, Part.REFERRER)


async def share_again(work: UnitOfWork, *, case_id: UUID, org: str) -> None:
    """The person lets the organisation know again."""
    withdrawn = await repository.withdrawn_share(work, case_id, org)
    if withdrawn is None:
        return
    await repository.remove_withdrawn_share(work, withdrawn)
    if withdrawn.was_referrer:
        await repository.add_party(work, case_id, org, Part.REFERRER)


async def route(work: UnitOfWork, *, case_id: UUID, authority: Authority) -> None:
    """The case is the authority's now. It concerns US for as long as it is routed there, or when US has decided it."""
    known = await repository.lock_case(work, case_id)
    known.authority = authority
    if authority is Authority.US:
        await repository.add_party(work, case_id, US, Part.AUTHORITY)
    else:
        await repository.remove_party(work, case_id, US, Part.AUTHORITY)


async def describe(work: UnitOfWork, event: PersonDescribed) -> None:
    """The person's coded facts are these now."""
    known = await repository.lock_case(work, event.case_id)
    known.gender, known.age_group, known.residence_basis = event.gender, event.age_group, event.residence_basis


async def note_status(work: UnitOfWork, event: LegalStatusChanged, *, sequence: int) -> None:
    """The stay rests on something else from that day; it may be a day to come."""
    turn = CaseTurn(
        case_id=event.case_id,
        sequence=sequence,
        from_on=event.valid_from,
        residence_basis=event.residence_basis,
        asylum_pending=event.asylum_pending,
        recorded_at=event.occurred_at,
    )
    await repository.keep_turn(work, turn)


async def note_decision(work: UnitOfWork, event: DecisionMade, *, sequence: int) -> None:
    """A positive decision opens the rows of the decided; the legal status at the decision is the newest known."""
    known = await repository.lock_case(work, event.case_id)
    if event.outcome is Outcome.ASSESSED_TRAFFICKED and event.decision_id not in known.positive_decisions:
        known.positive_decisions = [*known.positive_decisions, event.decision_id]
        turn = CaseTurn(
            case_id=event.case_id,
            sequence=sequence,
            from_on=event.decided_on,
            decision_id=event.decision_id,
            recorded_at=event.occurred_at,
        )
        await repository.keep_turn(work, turn)
    if event.legal_status is not ResidenceBasis.UNKNOWN:
        known.residence_basis = event.legal_status
    if event.authority is Authority.US:
        await repository.add_party(work, event.case_id, US, Part.DECIDER)


async def forget_decision(work: UnitOfWork, *, case_id: UUID, decision_id: UUID) -> None:
    """Another decision stands in its place."""
    known = await repository.lock_case(work, case_id)
    known.positive_decisions = [kept for kept in known.positive_decisions if kept != decision_id]
    await repository.forget_decision(work, decision_id)
