"""Who is responsible is asked again when what it rests on changes: for what waits and for who is placed (docs/rules.md,
housing-22)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import PlacementRow
from services.accommodation.case.models import CaseChange, KnownCase
from services.accommodation.case.nights import night_of
from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.models import Facility
from services.accommodation.placements import answers
from services.accommodation.placements.codes import FitRule, PlacementStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.repository import describe_anew
from services.accommodation.proposals import repository
from services.accommodation.proposals.codes import ProposalStatus
from services.accommodation.proposals.models import MoveProposal
from services.accommodation.stays import payer_history
from services.accommodation.stays import repository as stays
from services.accommodation.stays.payer_history import PayerFrom
from shared.contract.events import MoveProposed, ResponsibilityChanged
from shared.contract.organisations import CENTRE
from shared.contract.personal import PersonalText
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden

LOOKED_BACK: Final = timedelta(days=3)
"""A change that was recorded for a day to come takes effect on it, or when Havn runs again within these days."""


OF_MINORS: Final = frozenset({PlacementRow.C1, PlacementRow.C2, PlacementRow.C3})


class NotYourProposal(Forbidden):
    """Whether somebody stays is said by CMM, or by who pays from then on."""


class ProposalIsSettled(Conflict):
    """There is nothing to say any more."""


async def ask_again(work: UnitOfWork, case_id: UUID) -> list[UUID]:
    """Something that says who is responsible has changed: of each request that waits, and each placement, it is asked again, also
    of those under other cases of the same person. Says which cases those are."""
    goes_on_in, of_person = await cases.cases_of_person(work, case_id)
    known = await cases.find_case(work, goes_on_in)
    if known:
        for each in of_person:
            await _ask_again(work, each, known)
    return of_person


async def _ask_again(work: UnitOfWork, case_id: UUID, known: KnownCase) -> None:
    own = await cases.find_case(work, case_id)
    if own is None:
        return  # nobody asks for a place under a case that is not known here
    for request in await repository.open_requests(work, case_id):
        await answers.ask_anew(work, request, own=own, goes_on=known)
    placed = await repository.live_placements(work, case_id)
    changes = await cases.changes_of(work, case_id) if placed else []
    for placement, request, facility in placed:
        if request.needs:  # of whoever was erased there is nothing to describe
            await describe_anew(work, await stays.request_behind(work, placement), own=own, goes_on=known)
        await _of_placement(work, placement, request, facility, changes, goes_on_in=known.case_id)


async def take_effect(work: UnitOfWork) -> None:
    """Sweep: what was recorded for a day to come holds now, and who is responsible is asked again."""
    today, asked = on_date(work.now), set[UUID]()
    for case_id in await repository.cases_that_change(work, since=today - LOOKED_BACK, until=today):
        if case_id not in asked:  # with another one of the same person
            asked.update(await ask_again(work, case_id))


async def _of_placement(
    work: UnitOfWork,
    placement: Placement,
    request: PlacementRequest,
    facility: Facility,
    changes: Sequence[CaseChange],
    *,
    goes_on_in: UUID,
) -> None:
    tonight = night_of(work.now)
    history = payer_history.payers_between(placement, request, changes, kind=facility.kind, by_options=True)
    now = [each for each in history if each.from_on <= tonight][-1:] or history[:1]
    if now[0].payer is not placement.payer:
        placement.payer = now[0].payer
        # Who knows the merged case alone is to see nothing of what follows from the merge.
        placement.version += placement.case_id == goes_on_in
        work.record(
            ResponsibilityChanged(
                case_id=goes_on_in,
                occurred_at=work.now,
                request_id=request.id,
                placement_id=placement.id,
                from_on=now[0].from_on,
            )
        )
    to_come = [*now, *(each for each in history if each.from_on > tonight)]
    unfit = [each for each in to_come if each.because and each.options and facility.kind not in each.options]
    await _propose(work, placement, unfit[:1], goes_on_in=goes_on_in)


async def _propose(work: UnitOfWork, placement: Placement, unfit: Sequence[PayerFrom], *, goes_on_in: UUID) -> None:
    """Propose the first move that is due, once; what is no longer so is withdrawn."""
    proposed = await repository.open_proposals(work, placement.id)
    for proposal in proposed:
        if (proposal.row, proposal.from_on) not in [(each.row, each.from_on) for each in unfit]:
            proposal.withdrawn_at = work.now
            proposal.version += 1
    for each in unfit:
        if each.because is None or (each.row, each.from_on) in [(old.row, old.from_on) for old in proposed]:
            continue
        proposal = MoveProposal(
            placement_id=placement.id,
            case_id=placement.case_id,
            from_on=each.from_on,
            row=each.row,
            authority=each.authority,
            payer=each.payer,
            options=list(each.options),
            because=each.because,
            proposed_at=work.now,
        )
        await repository.add_proposal(work, proposal)
        work.record(
            MoveProposed(
                case_id=goes_on_in,
                occurred_at=work.now,
                placement_id=placement.id,
                proposal_id=proposal.id,
                from_on=proposal.from_on,
            )
        )


def status_of(proposal: MoveProposal, placement: Placement) -> ProposalStatus:
    """Where the proposal stands: a move settles it, whoever makes it."""
    if placement.status is PlacementStatus.MOVED:
        return ProposalStatus.MOVED
    if proposal.withdrawn_at or placement.status is PlacementStatus.LEFT:
        return ProposalStatus.MOOT
    return ProposalStatus.KEPT if proposal.kept_at else ProposalStatus.OPEN


async def keep(
    work: UnitOfWork, *, proposal_id: UUID, reason: PersonalText, expected: ExpectedVersion
) -> tuple[MoveProposal, Placement]:
    """The person stays where they are all the same, says CMM or who may know what changed, with a reason that is kept. The kind
    of facility is excepted from then on; and, as far as it is theirs to say, that a minor is among adults there, which takes
    the operator besides."""
    proposal, placement, knows = await repository.lock_proposal(work, proposal_id)
    if not knows and work.actor.org != CENTRE:
        raise NotYourProposal("Whether the person stays is said by CMM or by who pays; move them, or ask CMM.")
    expected.check(proposal)
    status = status_of(proposal, placement)
    if status is not ProposalStatus.OPEN:
        raise ProposalIsSettled(
            f"The proposal is {status}; there is nothing to say.", current_status=status, allowed=[]
        )
    proposal.kept_at, proposal.kept_by = work.now, work.actor.org
    proposal.version += 1
    _, facility = await facilities.place_of(work, placement.place_id)
    excepted = [FitRule.OPTIONS, *([FitRule.MINORS] if proposal.row in OF_MINORS and not facility.minors else [])]
    placement.exceptions = [*placement.exceptions, *(rule for rule in excepted if rule not in placement.exceptions)]
    placement.version += 1
    await repository.keep_reason(work, proposal, Remark(text=reason))
    return proposal, placement
