"""The reflection or restitution period that a positive decision gives, and how it grows."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.models import Decision
from services.identification.decisions.standing import origin_of, positive_in_place_of, standing
from services.identification.periods import lengths, repository
from services.identification.periods.lengths import LegalStatus, Period
from services.identification.periods.models import GrantedPeriod, PeriodExtension
from services.identification.periods.schemas import ExtensionRequest, PeriodRequest
from shared.contract.codes import Authority, Outcome
from shared.contract.events import PeriodExtended, PeriodGranted
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class NothingGrantsAPeriod(Conflict):
    """Only a current positive decision gives a period."""


class PeriodAlreadyGranted(Conflict):
    """The decision has its period."""


class PeriodNoLongerStands(Conflict):
    """What gave the period is no more: a later decision took its place and is not positive."""


class NothingToCorrect(Conflict):
    """The period is counted from the decision that stands."""


class RequestedBeforeDecision(Unprocessable):
    """A period is asked for when there is a decision that gives it."""


async def grant_period(
    work: UnitOfWork, *, case_id: UUID, request: PeriodRequest, expected: ExpectedVersion
) -> tuple[Case, GrantedPeriod]:
    """The reflection or restitution period of the current positive decision: from its date, 30 days, at most 120."""
    case, made = await decisions_repository.lock_decided(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    decision = _granting(made)
    granted = (await repository.periods_of(work, [case.id]))[case.id]
    # A later decision that confirms an earlier one, or a court's beside it, does not start the 120 days anew.
    if standing(made) & {period.decision_id for period in granted}:
        raise PeriodAlreadyGranted("The person has the period of this decision already; extend it instead.")
    if request.requested_on < decision.decided_on:
        raise RequestedBeforeDecision(f"A period is requested on or after the decision of {decision.decided_on}.")
    dates = lengths.period_from(decision.decided_on)
    status = LegalStatus(decision.legal_status, decision.asylum_pending, case.residence_valid_until)
    period = GrantedPeriod(
        case_id=case.id,
        decision_id=decision.id,
        kind=lengths.kind_of_period(decision.authority, status, decided_on=decision.decided_on),
        requested_on=request.requested_on,
        **dates._asdict(),
    )
    await repository.add_period(work, period)
    _record_granted(work, case, period)
    await changes.case_changed(work, case)
    return case, period


def _granting(decisions: Sequence[Decision]) -> Decision:
    """CMM's or US's own decision before a court's: theirs is the one whose authority gives the period."""
    positive = [each for each in decisions if each.is_current and each.outcome is Outcome.ASSESSED_TRAFFICKED]
    if not positive:
        raise NothingGrantsAPeriod("Only a current decision that the person was trafficked gives a period.")
    return min(positive, key=lambda each: (each.authority is Authority.COURT, each.recorded_at))


async def correct_period(
    work: UnitOfWork, *, case_id: UUID, period_id: UUID, expected: ExpectedVersion
) -> tuple[Case, GrantedPeriod]:
    """Count the period from the decision that has taken the place of the one that gave it, whose date was wrong; by itself a
    later decision that confirms an earlier one moves nothing. What it was extended to stays, up to the new cap. Raises
    PeriodNotFound, PeriodNoLongerStands and NothingToCorrect."""
    case, made = await decisions_repository.lock_decided(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    period = await repository.period_of(work, case, period_id)
    if period.decision_id not in standing(made):
        raise PeriodNoLongerStands("The decision that gave this period was replaced by one that gives none.")
    decision = positive_in_place_of(period.decision_id, made)
    # A date that was wrong was recorded after the right one: a later decision that confirms gives no 120 days anew.
    recorded_on = on_date(origin_of(period.decision_id, made).recorded_at)
    if decision is None or decision.decided_on == period.starts_on or recorded_on < decision.decided_on:
        raise NothingToCorrect(
            "The period starts on the day of the decision that gave it, and no other date of it was recorded. Where the date was "
            "wrong, record the decision again with the right one (`replaces`) and correct the period then; a decision that only "
            "confirms it moves nothing.",
            danish="Perioden begynder på dagen for den afgørelse, der gav den, og ingen anden dato for den er registreret. Er "
            "datoen forkert, så registrér afgørelsen igen med den rigtige (`replaces`), og ret derefter perioden; en afgørelse, "
            "der blot bekræfter den, flytter intet.",
        )
    dates = lengths.period_from(decision.decided_on)
    extensions = (await repository.extensions_of(work, [case.id]))[case.id]
    extended_to = max((each.until for each in extensions if each.period_id == period.id), default=dates.ends_on)
    status = LegalStatus(decision.legal_status, decision.asylum_pending, case.residence_valid_until)
    period.kind = lengths.kind_of_period(decision.authority, status, decided_on=decision.decided_on)
    period.starts_on, period.cap_on, period.decision_id = dates.starts_on, dates.cap_on, decision.id
    period.requested_on = max(period.requested_on, dates.starts_on)
    period.ends_on = min(max(dates.ends_on, extended_to), dates.cap_on)
    await repository.note_correction(work, period)
    _record_granted(work, case, period)
    await changes.case_changed(work, case)
    return case, period


def _record_granted(work: UnitOfWork, case: Case, period: GrantedPeriod) -> None:
    work.record(
        PeriodGranted(
            case_id=case.id,
            occurred_at=work.now,
            period_id=period.id,
            kind=period.kind,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            cap_on=period.cap_on,
            departure_deadline_suspended=lengths.is_suspended(case, period),
        )
    )


async def extend_period(
    work: UnitOfWork, *, case_id: UUID, period_id: UUID, request: ExtensionRequest, expected: ExpectedVersion
) -> tuple[Case, GrantedPeriod]:
    """Move the period's end, at most to its cap."""
    # What a decision has given goes on under it, also in a case that was merged since.
    case = await cases.lock_case(work, case_id, expected, even_merged=True)
    lifecycle.check(case, Step.WORK)
    period = await repository.period_of(work, case, period_id)
    made = (await decisions_repository.decisions_of(work, [case.id]))[case.id]
    if period.decision_id not in standing(made):
        raise PeriodNoLongerStands("The decision that gave this period was replaced by one that gives none.")
    extended = lengths.extension(
        Period(period.kind, period.starts_on, period.ends_on, period.cap_on), until=request.until, on=on_date(work.now)
    )
    period.ends_on = extended.ends_on
    extension = PeriodExtension(
        period_id=period.id,
        case_id=case.id,
        until=request.until,
        reason=request.reason,
        granted_at=work.now,
        granted_by=work.actor.org,
    )
    await repository.add_extension(work, extension, SealedText(text=request.note) if request.note else None)
    work.record(PeriodExtended(case_id=case.id, occurred_at=work.now, period_id=period.id, ends_on=period.ends_on))
    await changes.case_changed(work, case)
    return case, period
