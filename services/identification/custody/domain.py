"""Detention while it is clarified whether the person is a victim: 72 hours, CMM alerted at once, and what is better."""

from collections.abc import Collection, Mapping, Sequence
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


async def hold(
    work: UnitOfWork, *, case_id: UUID, report: CustodyReport, expected: ExpectedVersion
) -> tuple[Case, Arrest | None]:
    """The person is detained, or is since another time than was recorded: an earlier one, unless who works on it says so. Gives
    the case, and what is recorded by it of the caller's matter: the police's own arrest, or what stands there."""
    case, is_holder = await _lock_for_who_holds(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    arrest = arrests.own(case) if is_holder else arrests.standing(case)
    if arrest and arrest.ended_at and report.since < arrest.ended_at:
        raise CustodyOutOfOrder(
            "The person was released later than that; correct `since`.",
            danish="Personen blev løsladt senere end det; ret `since`.",
        )
    if is_holder:
        _check_arrest(arrest, report.since)
    place = SealedText(text=report.place) if report.place else None
    await cases.seal_note(work, case, "custody_place", place, operation="custody.begin")
    since = report.since.astimezone(UTC)
    async with as_itself(work):
        below, above = await _lock_around(work, case)
        stood = _recorded(case, *below, *above)
        # Who works on a case corrects what stands in it, also where that is another record's.
        is_corrected = not is_holder and arrest is not None and arrest.runs
        source = next((each for each in below if is_corrected and each.id == case.custody_from), case)
        arrests.set_own(source, Arrest(since))
        await _settle(work, case, below, above, stood)
    return case, arrests.own(case) if is_holder else arrests.standing(case)


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


def take_in(work: UnitOfWork, case: Case, *, since: datetime) -> bool:
    """Somebody says that the person of a locked case is held since then: the hours run, unless the case's own record says that
    they run already or that the person was let go since. Says whether they began; whoever calls it has the deadlines set."""
    arrest = arrests.own(case)
    if arrest and (arrest.runs or (arrest.ended_at and since < arrest.ended_at)):
        return False
    shown = arrests.standing(case)
    if case.custody_from and not (shown and shown.runs and shown.since <= since):
        arrests.give_up(case)
    arrests.set_own(case, Arrest(since))
    return True


async def end(
    work: UnitOfWork, *, case_id: UUID, report: CustodyEndReport, expected: ExpectedVersion
) -> tuple[Case, Arrest]:
    """The person is no longer detained: as the police says that holds them, by its own record; by the word of CMM, by all of them
    that began before that. Gives the case, and what has ended; the hours of another arrest run on."""
    case, is_holder = await _lock_for_who_holds(work, case_id, expected)
    arrest = arrests.own(case) if is_holder else arrests.standing(case)
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
        below, above = await _lock_around(work, case)
        stood = _recorded(case, *below, *above)
        for each in [case] if is_holder else [case, *below]:
            arrests.end_own(each, ended)
        free = [each.id for each in (case, *below, *above) if not arrests.is_held_by_its_own(each)]
        await repository.end_holding(work, free)
        await _settle(work, case, below, above, stood)
    return case, ended


async def _lock_around(work: UnitOfWork, case: Case) -> tuple[list[Case], list[Case]]:
    """The cases that were merged into this one, and those that it was merged into, locked."""
    return await cases.lock_below(work, case), await cases.lock_above(work, case)


def _recorded(*several: Case) -> dict[UUID, arrests.Recorded]:
    return {each.id: arrests.recorded(each) for each in several}


async def _settle(
    work: UnitOfWork, case: Case, below: Sequence[Case], above: Sequence[Case], stood: Mapping[UUID, arrests.Recorded]
) -> None:
    """In each case the earliest arrest that runs stands, of its own and of those below it; where none does any more the person is
    let go there too. Whose case is as it `stood` learns of nothing."""
    for each in (*below, case, *above):
        arrests.go_on(each, below if each is case else await cases.lock_below(work, each))
        if each is case or arrests.recorded(each) != stood[each.id]:
            each.version += each in below
            _record(work, each, stood[each.id])
            await changes.case_changed(work, each)
        elif each in above:
            each.version -= 1


def _record(work: UnitOfWork, case: Case, stood: arrests.Recorded) -> None:
    """That other hours run than did, or none any more; that they begin the deadline says."""
    shown = arrests.standing(case)
    if shown is None:
        return
    if shown.runs and stood.is_running and shown.since != stood.since:
        work.record(events.CustodyBegan(case_id=case.id, occurred_at=work.now, since=shown.since))
    elif shown.ended_at and stood.is_running:
        work.record(events.CustodyEnded(case_id=case.id, occurred_at=work.now, ended_at=shown.ended_at))


def carry_new(case: Case, above: Case) -> None:
    """The hours that have just begun in a merged case go on where the work does, unless the person was let go there since."""
    if case.custody_since and not (above.custody_ended_at and case.custody_since < above.custody_ended_at):
        carry(case, above)


def carry(case: Case, surviving: Case) -> None:
    """Of two merged cases: the hours of custody run for a person, not for a record, so they go on where the work does; of two
    arrests the earlier counts."""
    mine, theirs = arrests.standing(surviving), arrests.standing(case)
    if theirs is None or not theirs.runs:
        return
    if mine is None or not mine.runs or theirs.since < mine.since:
        arrests.take(surviving, theirs, of=case.custody_from or case.id)


def give_back(work: UnitOfWork, case: Case, surviving: Case, *, group: Collection[UUID], still: Sequence[Case]) -> bool:
    """The merge is undone: the custody that came from the case, or from one of its `group`, is the other person's again; in the
    surviving case that of its own record, or of one that is merged into it `still`, runs on. Says whether there was such a
    custody."""
    if surviving.custody_from not in group:
        return False
    stood = arrests.recorded(surviving)
    arrests.give_up(surviving)
    arrests.go_on(surviving, still)
    _record(work, surviving, stood)
    return True
