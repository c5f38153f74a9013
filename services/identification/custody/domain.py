"""Detention while it is clarified whether the person is a victim: 72 hours, CMM alerted at once, and what is better."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CustodyEnd, Proposal
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_held
from services.identification.case.schemas import SealedText
from services.identification.custody import repository
from services.identification.custody.schemas import CustodyEndReport, CustodyReport
from shared.contract import events
from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.organisations import OrganisationKind
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Unprocessable

_UNCLEAR_STAY = frozenset({ResidenceBasis.NO_LEGAL_STAY, ResidenceBasis.UNKNOWN})


class CustodyOutOfOrder(Unprocessable):
    """A detention begins after the one before has ended, and ends after it has begun."""


class NotInCustody(Conflict):
    """The person is not recorded as held."""


def proposals(case: Case) -> list[Proposal]:
    """Who has no legal stay, or whose stay is not clear, can be placed at a shelter while the assessment lasts; a Danish citizen
    has one, whatever else is said of it."""
    is_clear = case.status in lifecycle.DECIDED or case.rule == "R3"
    may_lack_stay = (
        case.residence_basis in _UNCLEAR_STAY or case.authority is Authority.NEEDS_REVIEW or case.rule == "R6"
    )
    return [Proposal.PLACEMENT_34] if is_held(case) and not is_clear and may_lack_stay else []


async def hold(work: UnitOfWork, *, case_id: UUID, report: CustodyReport, expected: ExpectedVersion) -> Case:
    """The person is detained, or is since another time than was recorded: an earlier one, unless who works on it says so."""
    case = await _lock_for_who_holds(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    if _is_over(case, report.since):
        raise CustodyOutOfOrder("The person was released later than that; correct `since`.")
    _check_arrest(work, case, report.since)
    await begin(work, case, since=report.since.astimezone(UTC))
    place = SealedText(text=report.place) if report.place else None
    await cases.seal_note(work, case, "custody_place", place, operation="custody.begin")
    async with as_itself(work):
        # The hours run where the work does, also when the police, which learns of no merge, reports them here.
        for above in await cases.lock_above(work, case):
            carry(case, above)
            await changes.case_changed(work, above)
    return case


def _check_arrest(work: UnitOfWork, case: Case, since: datetime) -> None:
    """The hours run from the arrest, and who holds the person does not begin them anew (docs/rules.md, deadline-5)."""
    if (
        work.actor.kind is OrganisationKind.POLICE
        and is_held(case)
        and case.custody_since
        and since > case.custody_since
    ):
        raise CustodyOutOfOrder(
            "The person is held since before that, and the 72 hours run from there. Were they let go meanwhile, say so first: "
            "POST .../custody/end. Was the arrest recorded wrong, CMM corrects it."
        )


async def _lock_for_who_holds(work: UnitOfWork, case_id: UUID, expected: ExpectedVersion) -> Case:
    """The case, locked, for those who work on it, and for the police that has referred the person, or still holds them; raises
    CaseNotFound."""
    case = await cases.lock_case(work, case_id, expected, parts=cases.WORKING | cases.HOLDING)
    part = await cases.part_of(work, case.id, work.actor.org)
    if part in cases.HOLDING and work.actor.kind is not OrganisationKind.POLICE:
        raise cases.CaseNotFound
    return case


async def begin(work: UnitOfWork, case: Case, *, since: datetime) -> None:
    """Note in a locked case since when the person is held; 72 hours run from there, and CMM is alerted."""
    _begin(work, case, since=since)
    await changes.case_changed(work, case)


def _begin(work: UnitOfWork, case: Case, *, since: datetime) -> None:
    if is_held(case):  # otherwise the deadline says that it has begun
        work.record(events.CustodyBegan(case_id=case.id, occurred_at=work.now, since=since))
    case.custody_since, case.custody_ended_at, case.custody_end_reason = since, None, None
    case.custody_from = None


def take_in(work: UnitOfWork, case: Case, *, since: datetime) -> bool:
    """Somebody says that the person of a locked case is held since then: the hours run, unless they run already or the person was
    let go since. Says whether they began; whoever calls it has the deadlines set."""
    if is_held(case) or _is_over(case, since):
        return False
    _begin(work, case, since=since)
    return True


def carry_new(case: Case, above: Case) -> None:
    """The hours that have just begun in a merged case go on where the work does, unless the person was let go there since."""
    if case.custody_since and not _is_over(above, case.custody_since):
        carry(case, above)


def _is_over(case: Case, since: datetime) -> bool:
    return case.custody_ended_at is not None and since < case.custody_ended_at


async def end(work: UnitOfWork, *, case_id: UUID, report: CustodyEndReport, expected: ExpectedVersion) -> Case:
    """The person is no longer detained."""
    case = await _lock_for_who_holds(work, case_id, expected)
    if case.custody_since is None or case.custody_ended_at is not None:
        raise NotInCustody("The person is not recorded as held: POST .../custody first.")
    if report.ended_at < case.custody_since:
        raise CustodyOutOfOrder("The detention cannot have ended before it began.")
    case.custody_ended_at, case.custody_end_reason = report.ended_at.astimezone(UTC), report.reason
    await cases.seal_note(work, case, "custody_place", None, operation="custody.end")
    work.record(events.CustodyEnded(case_id=case.id, occurred_at=work.now, ended_at=case.custody_ended_at))
    await changes.case_changed(work, case)
    async with as_itself(work):
        over = await cases.lock_above(work, case)
        await repository.end_holding(work, [*await cases.family_of(work, case.id), *(above.id for above in over)])
        for above in over:
            if above.custody_from == case.id and is_held(above):
                above.custody_ended_at, above.custody_end_reason = case.custody_ended_at, case.custody_end_reason
                work.record(events.CustodyEnded(case_id=above.id, occurred_at=work.now, ended_at=case.custody_ended_at))
                await changes.case_changed(work, above)
    return case


def carry(case: Case, surviving: Case) -> None:
    """Of two merged cases: the hours of custody run for a person, not for a record, so they go on where the work does; of two
    arrests the earlier counts."""
    if not is_held(case):
        return
    mine, theirs = surviving.custody_since, case.custody_since
    if not is_held(surviving) or (mine and theirs and theirs < mine):
        surviving.custody_since, surviving.custody_ended_at, surviving.custody_end_reason = (
            case.custody_since,
            None,
            None,
        )
        surviving.custody_from = case.custody_from or case.id


class CustodyBefore(Protocol):
    """The custody that the surviving case had of itself before a merge."""

    custody_since: datetime | None
    custody_ended_at: datetime | None
    custody_end_reason: CustodyEnd | None


def give_back(case: Case, surviving: Case, *, group: Collection[UUID], before: CustodyBefore | None) -> bool:
    """The merge is undone: the custody that came from the case, or from one of its `group`, is the other person's again, with
    what has become of it since; the surviving case has what it had before. Says whether there was such a custody."""
    if surviving.custody_from not in group:
        return False
    case.custody_ended_at, case.custody_end_reason = surviving.custody_ended_at, surviving.custody_end_reason
    surviving.custody_since = before.custody_since if before else None
    surviving.custody_ended_at = before.custody_ended_at if before else None
    surviving.custody_end_reason = before.custody_end_reason if before else None
    surviving.custody_from = None
    return True
