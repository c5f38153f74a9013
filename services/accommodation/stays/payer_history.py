"""Who decides and pays for a placed person, from which day: as it was when the place was asked for, and as a legal status or
a positive decision, a gender or an age has changed it since. A placement already there stays where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any, Final
from uuid import UUID

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.case.models import CaseChange
from services.accommodation.case.repository import changes_of
from services.accommodation.facilities import repository as facilities
from services.accommodation.placements import answers
from services.accommodation.placements.codes import ChangeGround, PlacementStatus
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.stays import repository
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


@dataclass(frozen=True, slots=True)
class PayerFrom:
    """Who decides on a placed person's accommodation and who pays for it, from that day on, the row that says so and the kinds of
    facility that it offers; and what changed it, None for what holds from the first night on unchanged."""

    from_on: date
    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority
    options: Sequence[FacilityKind]
    why: str
    why_da: str
    because: ChangeGround | None


async def payers_of(work: UnitOfWork, *, placement_id: UUID, purpose: Purpose) -> tuple[list[PayerFrom], bool]:
    """Who decides and pays for the person, from the first night on; a later day follows only where something has changed.
    And whether the actor may know more of it than which authority it is now."""
    seen, request = await repository.read_responsibility(work, placement_id, purpose=purpose)
    changes = await changes_of(work, seen.placement.case_id)
    shown = answers.as_known(request, seen.known)
    if not answers.knows_through_merge(seen.known):
        # By this case, whatever another one of the person's says.
        changes = [change for change in changes if change.through is None]
    _, facility = await facilities.place_of(work, seen.placement.place_id)
    kind = facility.kind if seen.knows_place else None
    history = payers_between(seen.placement, shown, changes, kind=kind)
    if Aspect.RESPONSIBILITY in seen.known and Aspect.OUTCOME not in seen.known:
        # Who pays, and does not decide, is shown since when, and nothing of the case before.
        since = takewhile(lambda each: each.payer is seen.placement.payer, reversed(history))
        history = [*since][::-1] or history[-1:]
    return history, Aspect.RESPONSIBILITY in seen.known


def payers_between(
    placement: Placement,
    request: PlacementRequest,
    changes: Sequence[CaseChange],
    *,
    kind: FacilityKind | None,
    by_options: bool = False,
) -> list[PayerFrom]:
    """Who decides and pays for the placement in a facility of that kind, None where it is not known, by what was asked for and
    the changes of its case, which come in order; `by_options` also from which day other kinds of facility are offered by the
    same row."""
    news = [change for change in changes if _is_news(change, request)]
    items = [_as_requested(placement, request, kind)]
    # Whoever is there has had every night, whatever was planned.
    ends_on = None if placement.status is PlacementStatus.ARRIVED else placement.to_on
    for day in sorted({max(change.from_on, placement.from_on) for change in news}):
        if ends_on is None or day < ends_on or day == placement.from_on:
            found = _on(day, request, news, kind)
            has_options = not by_options or set(found.options) == set(items[-1].options)
            if _says(found) == _says(items[-1]) and has_options:
                continue
            if found.from_on == items[-1].from_on:
                items.pop()
            items.append(found)
    return items


async def options_now(work: UnitOfWork, request: PlacementRequest) -> Sequence[FacilityKind] | None:
    """The kinds of facility that the row of today offers to a placed person; every kind where somebody arranges it (B4)."""
    news = await _news_today(work, request)
    return (_on(on_date(work.now), request, news, kind=None).options if news else request.options) or None


async def payer_now(work: UnitOfWork, request: PlacementRequest, kind: FacilityKind) -> HousingAuthority:
    """Who pays today for a place of that kind."""
    news = await _news_today(work, request)
    return _on(on_date(work.now), request, news, kind).payer if news else answers.payer_as_asked(request, kind)


async def _news_today(work: UnitOfWork, request: PlacementRequest) -> list[CaseChange]:
    today, changes = on_date(work.now), await changes_of(work, request.case_id)
    return [change for change in changes if change.from_on <= today and _is_news(change, request)]


def _says(item: PayerFrom) -> tuple[PlacementRow, HousingAuthority, HousingAuthority]:
    return item.row, item.authority, item.payer


def _is_news(change: CaseChange, request: PlacementRequest) -> bool:
    """What was known and held when the place was asked for is in the request already; what was asked again since is there
    too, and holds from its own day."""
    return change.recorded_at >= request.requested_at or change.from_on > on_date(request.requested_at)


def _as_requested(placement: Placement, request: PlacementRequest, kind: FacilityKind | None) -> PayerFrom:
    return PayerFrom(
        from_on=placement.from_on,
        row=request.row,
        authority=request.authority,
        payer=answers.payer_as_asked(request, kind),
        options=request.options,
        why=request.why,
        why_da=request.why_da,
        because=None,
    )


def _on(day: date, request: PlacementRequest, changes: Sequence[CaseChange], kind: FacilityKind | None) -> PayerFrom:
    """Who decides and pays for a place of that kind on that day, by the facts of the request and what has changed since."""
    facts, because = _facts_on(day, request, changes)
    found = responsible_for(facts, on=day)
    answered = found.model_dump(include={"row", "authority", "options", "why", "why_da"})
    return PayerFrom(from_on=day, because=because, payer=found.payer_of(kind), **answered)


def _facts_on(
    day: date, request: PlacementRequest, changes: Sequence[CaseChange]
) -> tuple[ResponsibilityFacts, ChangeGround | None]:
    facts = request.facts or {}
    because: ChangeGround | None = None
    for change in changes:
        if change.from_on > day:
            break
        because, changed = _changed(change)
        facts = facts | changed
        if "asylum_pending" in changed:
            facts["asylum_registered"] = None  # by now an authority has recorded how it stands (row B4)
    return ResponsibilityFacts.model_validate(facts), because


def _changed(change: CaseChange) -> tuple[ChangeGround, dict[str, Any]]:
    """What kind of change it is, and the facts that are others since."""
    if change.decision_id:
        return ChangeGround.DECISION, {"decided": True}
    changed = {name: getattr(change, name) for name in _STATED if getattr(change, name) is not None}
    return ChangeGround.LEGAL_STATUS if change.residence_basis else ChangeGround.PERSON, changed


_STATED: Final = ("residence_basis", "asylum_pending", "gender", "minor")
"""What a change says of the person, as far as it says it."""
