"""A case as its own history tells it: the events, folded from the first to the last, give the case that is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case.codes import CaseStatus
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.models import Decision
from services.identification.overview import repository
from services.identification.periods import repository as periods_repository
from services.identification.periods.models import GrantedPeriod
from shared.contract import events
from shared.contract.codes import AppealOutcome, Authority, ErasureExtent, Outcome
from shared.contract.events import Event
from shared.data.unit_of_work import UnitOfWork

BATCH = 500


@dataclass(frozen=True, slots=True)
class Life:
    """What the events of a case tell of it. `decisions` says of each whether it is current, `periods` when each ends."""

    status: CaseStatus
    authority: Authority
    missing: bool
    removal_hold: bool
    closed_on: date | None
    is_erased: bool
    decisions: dict[UUID, bool]
    periods: dict[UUID, date]


_UNBORN = Life(
    status=CaseStatus.REFERRED,
    authority=Authority.NEEDS_REVIEW,
    missing=False,
    removal_hold=False,
    closed_on=None,
    is_erased=False,
    decisions={},
    periods={},
)


_SAYS: Final[Mapping[type[Event], Callable[[Any], dict[str, Any]]]] = {
    events.CaseRouted: lambda event: {"authority": event.authority},
    events.AppealFiled: lambda event: {"removal_hold": True},
    events.AppealDecided: lambda event: {"removal_hold": event.removal_hold},
    events.PersonMissing: lambda event: {"missing": True},
    events.PersonFound: lambda event: {"missing": False},
    events.CaseClosed: lambda event: {"closed_on": event.on},
    events.CaseReopened: lambda event: {"closed_on": None},
    events.CaseErased: lambda event: {"is_erased": True} if event.extent is ErasureExtent.CASE else {},
}
_STEPS: Final[Mapping[type[Event], Step]] = {
    events.InterviewHeld: Step.INTERVIEW,
    events.RecommendationMade: Step.RECOMMEND,
    events.DecisionMade: Step.END_WITHOUT_ASSESSMENT,
    events.CaseClosed: Step.CLOSE,
    events.CaseReopened: Step.REOPEN,
    events.AppealDecided: Step.REFER_BACK,
}


def _step(life: Life, event: Event) -> Step:
    step = _STEPS[type(event)]
    return Step.REOPEN_UNDECIDED if step is Step.REOPEN and not life.decisions else step


def fold(recorded: Iterable[Event]) -> Life:
    """The life that these events tell, in their order."""
    life, appealed, made = _UNBORN, dict[UUID, UUID | None](), dict[UUID, events.DecisionMade]()
    for event in recorded:
        if isinstance(event, events.AppealFiled):
            appealed[event.appeal_id] = event.decision_id
        if isinstance(event, events.DecisionMade):
            made[event.decision_id] = event
        if isinstance(event, events.DecisionReplaced) and _is_recognition_taken_back(life, event, made):
            life = replace(life, status=lifecycle.after(life.status, Step.TAKE_BACK_RECOGNITION))
        if type(event) in _STEPS and _moves(life, event, appealed):
            life = replace(life, status=lifecycle.after(life.status, _step(life, event)))
        if type(event) in _SAYS:
            life = replace(life, **_SAYS[type(event)](event))
        life = _with_what_was_decided(life, event)
    return life


def _moves(life: Life, event: Event, appealed: Mapping[UUID, UUID | None]) -> bool:
    """Whether the event moves the case: a court that recognises nobody does not, nor an appeal that leads nowhere back."""
    if isinstance(event, events.DecisionMade):
        return event.authority is not Authority.COURT or event.outcome is Outcome.ASSESSED_TRAFFICKED
    if isinstance(event, events.AppealDecided):
        decision_id = appealed.get(event.appeal_id)
        return event.outcome is AppealOutcome.REFERRED_BACK and bool(decision_id and life.decisions.get(decision_id))
    return True


def _is_recognition_taken_back(
    life: Life, event: events.DecisionReplaced, made: Mapping[UUID, events.DecisionMade]
) -> bool:
    """Whether a court recognises the person no more, and nobody else has decided."""
    before, instead = made[event.decision_id], made[event.replaced_by]
    others = (made[each] for each, is_current in life.decisions.items() if is_current)
    return (
        before.authority is Authority.COURT
        and before.outcome is Outcome.ASSESSED_TRAFFICKED
        and instead.outcome is not Outcome.ASSESSED_TRAFFICKED
        and all(each.authority is Authority.COURT for each in others)
    )


def _with_what_was_decided(life: Life, event: Event) -> Life:
    if isinstance(event, events.DecisionMade | events.DecisionReplaced):
        is_current = isinstance(event, events.DecisionMade)
        return replace(life, decisions=life.decisions | {event.decision_id: is_current})
    if isinstance(event, events.PeriodGranted | events.PeriodExtended):
        return replace(life, periods=life.periods | {event.period_id: event.ends_on})
    return life


def life_of(case: Case, made: Sequence[Decision], granted: Sequence[GrantedPeriod]) -> Life:
    """The life of a case as it is stored."""
    return Life(
        status=case.status,
        authority=case.authority,
        missing=case.missing,
        removal_hold=case.removal_hold,
        closed_on=case.closed_on,
        is_erased=case.erased_at is not None,
        decisions={each.id: each.is_current for each in made},
        periods={each.id: each.ends_on for each in granted},
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A case whose history tells another one."""

    case_id: UUID
    fields: tuple[str, ...]


async def compare(work: UnitOfWork) -> tuple[int, list[Difference]]:
    """Hold every stored case against what its events tell. Says how many there are, and which differ in what."""
    count, found, after = 0, list[Difference](), UUID(int=0)
    while cases := await repository.next_cases(work, after=after, limit=BATCH):
        ids = [case.id for case in cases]
        recorded = await repository.events_of(work, ids)
        made = await decisions_repository.decisions_of(work, ids)
        granted = await periods_repository.periods_of(work, ids)
        for case in cases:
            differing = _differing(fold(recorded[case.id]), life_of(case, made[case.id], granted[case.id]))
            if differing:
                found.append(Difference(case.id, differing))
        count, after = count + len(cases), ids[-1]
    return count, found


def _differing(recorded: Life, stored: Life) -> tuple[str, ...]:
    names = (field.name for field in fields(Life))
    return tuple(name for name in names if getattr(recorded, name) != getattr(stored, name))
