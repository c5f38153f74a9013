"""Detention while it is clarified whether the person is a victim: 72 hours, CMM alerted at once, and what is better."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import Proposal
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, is_held
from services.identification.case.schemas import SealedText
from services.identification.custody import arrests, repository
from services.identification.custody.arrests import Arrest
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
    case, is_holder = await _lock_for_who_holds(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    arrest = arrests.own(case)
    if arrest and arrest.ended_at and report.since < arrest.ended_at:
        raise CustodyOutOfOrder(
            "The person was released later than that; correct `since`.",
            danish="Personen blev løsladt senere end det; ret `since`.",
        )
    if is_holder:
        _check_arrest(arrest, report.since)
    await begin(work, case, since=report.since.astimezone(UTC))
    place = SealedText(text=report.place) if report.place else None
    await cases.seal_note(work, case, "custody_place", place, operation="custody.begin")
    async with as_itself(work):
        # The hours run where the work does, also when the police, which learns of no merge, reports them here.
        for above in await cases.lock_above(work, case):
            arrests.go_on(above, await cases.lock_below(work, above))
            await changes.case_changed(work, above)
    return case


def _check_arrest(arrest: Arrest | None, since: datetime) -> None:
    """The hours run from the arrest, and who holds the person does not begin them anew (docs/rules.md, deadline-5)."""
    if arrest and arrest.runs and since > arrest.since:
        raise CustodyOutOfOrder(
            "The person is held since before that, and the 72 hours run from there. Were they let go meanwhile, say so first: "
            "POST .../custody/end. Was the arrest recorded wrong, CMM corrects it.",
            danish=(
                "Personen er tilbageholdt siden før det, og de 72 timer løber derfra. Blev personen løsladt "
                "imens, så sig det først: POST .../custody/end. Er anholdelsen registreret forkert, retter CMM "
                "den."
            ),
        )


async def _lock_for_who_holds(work: UnitOfWork, case_id: UUID, expected: ExpectedVersion) -> tuple[Case, bool]:
    """The case, locked, for those who work on it, and for the police that has referred the person, or still holds them, and
    whether it is these; raises CaseNotFound."""
    case = await cases.lock_case(work, case_id, expected, parts=cases.WORKING | cases.HOLDING)
    part = await cases.part_of(work, case.id, work.actor.org)
    if part in cases.HOLDING and work.actor.kind is not OrganisationKind.POLICE:
        raise cases.CaseNotFound
    return case, part in cases.HOLDING


async def begin(work: UnitOfWork, case: Case, *, since: datetime) -> None:
    """Note in a locked case since when the person is held; 72 hours run from there, and CMM is alerted."""
    _begin(work, case, since=since)
    await changes.case_changed(work, case)


def _begin(work: UnitOfWork, case: Case, *, since: datetime) -> None:
    was_held_since = case.custody_since if is_held(case) else None
    if case.custody_from and was_held_since and was_held_since <= since:
        arrests.set_own(case, Arrest(since))  # the earlier hours of another arrest run here
        return
    if was_held_since:  # otherwise the deadline says that it has begun
        work.record(events.CustodyBegan(case_id=case.id, occurred_at=work.now, since=since))
    case.custody_from = None
    case.custody_own_since = case.custody_own_ended_at = case.custody_own_end_reason = None
    arrests.set_own(case, Arrest(since))


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


async def end(
    work: UnitOfWork, *, case_id: UUID, report: CustodyEndReport, expected: ExpectedVersion
) -> tuple[Case, Arrest]:
    """The person is no longer detained: as the police says that holds them, by its own record; by the word of CMM, by all of them
    that began before that. Gives the case, and what has ended; the hours of another arrest run on."""
    case, is_holder = await _lock_for_who_holds(work, case_id, expected)
    arrest = arrests.own(case) if is_holder else _standing(case)
    if arrest is None or not arrest.runs:
        raise NotInCustody("The person is not recorded as held: POST .../custody first.")
    if report.ended_at < arrest.since:
        raise CustodyOutOfOrder(
            "The detention cannot have ended before it began.",
            danish="Frihedsberøvelsen kan ikke være ophørt, før den begyndte.",
        )
    ended = Arrest(arrest.since, report.ended_at.astimezone(UTC), report.reason)
    await cases.seal_note(work, case, "custody_place", None, operation="custody.end")
    async with as_itself(work):
        above = await cases.lock_above(work, case)
        below = await cases.lock_below(work, case)
        let_go = [case] if is_holder else _begun_before(ended, [case, *below])
        for each in let_go:
            mine = arrests.own(each)
            arrests.set_own(each, Arrest(mine.since, ended.ended_at, ended.reason) if mine else None)
            if each is not case:
                await _run_on(work, each, (), ended)
        free = [each.id for each in (case, *below, *above) if not arrests.is_held_by_its_own(each)]
        await repository.end_holding(work, free)
        await _run_on(work, case, below, ended)
        for each in above:
            await _run_on(work, each, await cases.lock_below(work, each), ended)
    return case, ended


def _standing(case: Case) -> Arrest | None:
    return Arrest(case.custody_since, case.custody_ended_at, case.custody_end_reason) if case.custody_since else None


def _begun_before(ended: Arrest, family: Sequence[Case]) -> list[Case]:
    """Those of the cases whose own arrest runs and began before it was said to be over."""
    return [
        each
        for each in family
        if (arrest := arrests.own(each)) and arrest.runs and ended.ended_at and arrest.since <= ended.ended_at
    ]


async def _run_on(work: UnitOfWork, case: Case, below: Sequence[Case], ended: Arrest) -> None:
    """Where the work goes on the hours of what has not ended run on; else the person is let go there too."""
    since = case.custody_since
    if arrests.go_on(case, below):
        if case.custody_since and case.custody_since != since:
            work.record(events.CustodyBegan(case_id=case.id, occurred_at=work.now, since=case.custody_since))
    elif ended.ended_at and (is_held(case) or case.custody_ended_at == ended.ended_at):
        case.custody_ended_at, case.custody_end_reason = ended.ended_at, ended.reason
        work.record(events.CustodyEnded(case_id=case.id, occurred_at=work.now, ended_at=ended.ended_at))
    await changes.case_changed(work, case)


def carry(case: Case, surviving: Case) -> None:
    """Of two merged cases: the hours of custody run for a person, not for a record, so they go on where the work does; of two
    arrests the earlier counts."""
    mine, theirs = _standing(surviving), _standing(case)
    if theirs is None or not theirs.runs:
        return
    if mine is None or not mine.runs or theirs.since < mine.since:
        arrests.take(surviving, theirs, of=case)
        surviving.custody_from = case.custody_from or case.id


def give_back(case: Case, surviving: Case, *, group: Collection[UUID]) -> bool:
    """The merge is undone: the custody that came from the case, or from one of its `group`, is the other person's again, with
    what has become of it since; the surviving case has what its own record says. Says whether there was such a custody."""
    if surviving.custody_from not in group:
        return False
    if is_held(case) and surviving.custody_ended_at:  # as an earlier Havn has left it
        case.custody_ended_at, case.custody_end_reason = surviving.custody_ended_at, surviving.custody_end_reason
    arrests.give_up(surviving)
    return True
