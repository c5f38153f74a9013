"""A merged case as those see it who have nothing to do with the one it was merged into: they learn of no merge. They read
their own case as it stood, and from then on what is recorded anew and their part gives (docs/rules.md, identity-3)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.standing import standing
from services.identification.merging import repository as merging_repository
from services.identification.merging.models import Merge
from services.identification.periods import repository as periods_repository
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Part
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date

_IN_ORDER: Final = tuple(CaseStatus)

Above = Sequence[tuple[Merge, Case, bool]]
"""The merges from a case to where the work goes on: how it stood then, the case it led to, and whether a period runs there."""


async def read(work: UnitOfWork, found: Sequence[tuple[Case, Part]]) -> Mapping[UUID, Above]:
    """What went on elsewhere with the persons of these cases, for those whose merge the actor learns nothing of."""
    merged = [case for case, _ in found if case.merged_into]
    if not merged or work.actor.org == CENTRE:
        return {}
    known = await cases.known_among(work, [case.merged_into for case in merged if case.merged_into])
    hidden = [case.id for case in merged if case.merged_into not in known]
    async with as_itself(work):
        # The actor may know nothing of the other case but what comes of it here.
        rows = await merging_repository.merges_above(work, hidden)
        in_period = await _in_period(work, {case.id for _, _, case in rows}, on=on_date(work.now))
    above: dict[UUID, list[tuple[Merge, Case, bool]]] = {case_id: [] for case_id in hidden}
    for start, merge, case in rows:
        above[start].append((merge, case, case.id in in_period))
    return above


async def _in_period(work: UnitOfWork, case_ids: Collection[UUID], *, on: date) -> set[UUID]:
    """Those of these cases in which a period that stands has not ended."""
    wanted = list(case_ids)
    decisions = await decisions_repository.decisions_of(work, wanted)
    granted = await periods_repository.periods_of(work, wanted)
    return {
        case_id
        for case_id in wanted
        for period in granted[case_id]
        if period.ends_on >= on and period.decision_id in standing(decisions[case_id])
    }


def overlay(own: Mapping[str, Any], part: Part, above: Above) -> dict[str, Any]:
    """Where the case stands, with what was recorded anew where the work goes on. That nobody is to be removed while the person
    is worked on anywhere is for everybody; how far the work has come, for who has referred the person. Who decides there is not
    shown: a further merge routes the case again, and would tell of itself."""
    if not above:
        return dict(own)
    *left, (_, goes_on, is_in_period) = above
    is_protected = goes_on.removal_hold or is_in_period or any(case.removal_hold or period for _, case, period in left)
    is_undecided = goes_on.status not in lifecycle.DECIDED
    if not _is_decided_anew(above):  # what was never decided stands in a case where nobody will decide it any more
        is_undecided |= own["identification_pending"] or any(
            case.status not in lifecycle.DECIDED for _, case, _ in left
        )
    shown = {**own, "identification_pending": is_undecided or is_protected}
    if part is Part.REFERRER:
        anew = [case.status for merge, case, _ in above if case.status is not merge.status]
        shown["status"] = max([own["status"], *anew], key=_IN_ORDER.index)
    return shown


def _is_decided_anew(above: Above) -> bool:
    """Whether the person was decided about where the work goes on, since the case or one above it was merged."""
    return any(case.status in lifecycle.DECIDED and case.status is not merge.status for merge, case, _ in above)
