"""A merged case as those see it who do not work on the one it was merged into: they learn of no merge, also where they have
referred the person in both. They read their own case as it stood, and from then on what is recorded anew and their part gives
(docs/rules.md, identity-3)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case
from services.identification.decisions import repository as decisions_repository
from services.identification.decisions.models import Appeal
from services.identification.decisions.standing import standing
from services.identification.merging import repository as merging_repository
from services.identification.merging.models import Merge
from services.identification.overview import repository
from services.identification.periods import repository as periods_repository
from services.identification.records import repository as records
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Part
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date

_IN_ORDER: Final = tuple(CaseStatus)


@dataclass(frozen=True, slots=True)
class Stage:
    """A merge on the way from a case to where the work goes on."""

    merge: Merge
    """How the case that it led to stood then."""
    case: Case
    """The case that it led to, as it stands."""
    is_in_period: bool
    """A period runs in it."""
    is_appealed: bool
    """An appeal is open in it that was recorded since the merge."""
    anew: Sequence[CaseStatus]
    """To which statuses it has come since the merge, or would have, had it not been further already."""

    @property
    def is_decided_anew(self) -> bool:
        return any(status in lifecycle.DECIDED for status in self.anew)


Above = Sequence[Stage]


async def read(work: UnitOfWork, found: Sequence[tuple[Case, Part]]) -> Mapping[UUID, Above]:
    """What went on elsewhere with the persons of these cases, for those whose merge the actor learns nothing of."""
    merged = [case for case, _ in found if case.merged_into]
    if not merged or work.actor.org == CENTRE:
        return {}
    known = await cases.worked_on_among(work, [case.merged_into for case in merged if case.merged_into])
    hidden = [case.id for case in merged if case.merged_into not in known]
    above: dict[UUID, list[Stage]] = {case_id: [] for case_id in hidden}
    async with as_itself(work):
        # The actor may know nothing of the other case but what comes of it here.
        rows = await merging_repository.merges_above(work, hidden)
        in_period = await _in_period(work, {case.id for _, _, case in rows}, on=on_date(work.now))
        steps = await repository.steps_of(work, {case.id for _, _, case in rows})
        on_hold = [case.id for _, _, case in rows if case.removal_hold]
        filed, filed_at = await records.by_case(work, on_hold, Appeal), await repository.appeals_filed(work, on_hold)
    for start, merge, case in rows:
        appeals = [each for each in filed.get(case.id, ()) if each.is_open and filed_at[each.id] > merge.position]
        anew = [status for position, status in steps[case.id] if position > merge.position]
        anew += [case.status] if case.status is not merge.status else []
        above[start].append(Stage(merge, case, case.id in in_period, bool(appeals), anew))
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
    *left, goes_on = above
    is_protected = any(each.case.removal_hold or each.is_in_period for each in above)
    is_undecided = goes_on.case.status not in lifecycle.DECIDED
    if not any(each.is_decided_anew for each in above):
        # What was never decided stands in a case where nobody will decide it any more.
        is_undecided |= own["identification_pending"] or any(each.case.status not in lifecycle.DECIDED for each in left)
    shown = {
        **own,
        "identification_pending": is_undecided or is_protected,
        "removal_hold": own["removal_hold"] or any(each.is_appealed for each in above),
    }
    if part is Part.REFERRER:
        anew = [status for each in above for status in each.anew]
        shown["status"] = max([own["status"], *anew], key=_IN_ORDER.index)
    return shown
