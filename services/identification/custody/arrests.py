"""Of one person two records may each say that they are held, by two districts say: each arrest ends by itself, and where the work
goes on the hours of the earliest that has not ended run (docs/rules.md, deadline-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identification.case.codes import CustodyEnd
from services.identification.case.models import Case


@dataclass(frozen=True, slots=True)
class Arrest:
    """When it began, and when and why it ended."""

    since: datetime
    ended_at: datetime | None = None
    reason: CustodyEnd | None = None

    @property
    def runs(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that a case says of custody."""

    since: datetime | None
    ended_at: datetime | None
    came_from: UUID | None
    own: Arrest | None

    @property
    def is_running(self) -> bool:
        return self.since is not None and self.ended_at is None


def recorded(case: Case) -> Recorded:
    return Recorded(case.custody_since, case.custody_ended_at, case.custody_from, own(case))


def standing(case: Case) -> Arrest | None:
    """What stands in the case, by its own record or one that was merged into it."""
    return Arrest(case.custody_since, case.custody_ended_at, case.custody_end_reason) if case.custody_since else None


def own(case: Case) -> Arrest | None:
    """What the case's own record says, whatever came with a merge."""
    if case.custody_from is None:
        return standing(case)
    since, ended_at = case.custody_own_since, case.custody_own_ended_at
    return Arrest(since, ended_at, case.custody_own_end_reason) if since else None


def is_held_by_its_own(case: Case) -> bool:
    arrest = own(case)
    return arrest is not None and arrest.runs


def set_own(case: Case, arrest: Arrest | None) -> None:
    """What the case's own record says from now on; what came with a merge goes on running."""
    since, ended_at, reason = (arrest.since, arrest.ended_at, arrest.reason) if arrest else (None, None, None)
    if case.custody_from:
        case.custody_own_since, case.custody_own_ended_at, case.custody_own_end_reason = since, ended_at, reason
    else:
        case.custody_since, case.custody_ended_at, case.custody_end_reason = since, ended_at, reason


def end_own(case: Case, ended: Arrest) -> None:
    """The case's own arrest has ended too, if it runs and began before that."""
    arrest = own(case)
    if arrest and arrest.runs and ended.ended_at and arrest.since <= ended.ended_at:
        set_own(case, Arrest(arrest.since, ended.ended_at, ended.reason))


def take(case: Case, arrest: Arrest, *, of: UUID) -> None:
    """The arrest that another case's record says stands in this one from now on."""
    if case.custody_from is None:
        mine = own(case)
        case.custody_from = of
        set_own(case, mine)
    case.custody_from = of
    case.custody_since, case.custody_ended_at, case.custody_end_reason = arrest.since, arrest.ended_at, arrest.reason


def give_up(case: Case) -> None:
    """What came with a merge stands in the case no more: its own record does."""
    mine = own(case)
    case.custody_from = None
    set_own(case, mine)
    case.custody_own_since = case.custody_own_ended_at = case.custody_own_end_reason = None


def go_on(case: Case, below: Iterable[Case]) -> None:
    """The earliest arrest that has not ended stands in the case, of its own and of those that were merged into it. Where none
    runs any more, what stands there has ended as its record says."""
    known = {each.id: arrest for each in (case, *below) if (arrest := own(each))}
    running = {case_id: arrest for case_id, arrest in known.items() if arrest.runs}
    if not running:
        source = known.get(case.custody_from) if case.custody_from else None
        if source and case.custody_from:
            take(case, source, of=case.custody_from)
        return
    earliest = min(running, key=lambda case_id: (running[case_id].since, case_id))
    if earliest != case.id:
        take(case, running[earliest], of=earliest)
    elif case.custody_from:
        give_up(case)
