"""Of one person two records may each say that they are held, by two districts say: each arrest ends by itself, and where the work
goes on the hours of the earliest that has not ended run (docs/rules.md, deadline-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.identification.case.codes import CustodyEnd
from services.identification.case.models import Case, is_held


@dataclass(frozen=True, slots=True)
class Arrest:
    """When it began, and when and why it ended."""

    since: datetime
    ended_at: datetime | None = None
    reason: CustodyEnd | None = None

    @property
    def runs(self) -> bool:
        return self.ended_at is None


def own(case: Case) -> Arrest | None:
    """What the case's own record says, whatever came with a merge."""
    if case.custody_from:
        since, ended_at = case.custody_own_since, case.custody_own_ended_at
        return Arrest(since, ended_at, case.custody_own_end_reason) if since else None
    since, ended_at = case.custody_since, case.custody_ended_at
    return Arrest(since, ended_at, case.custody_end_reason) if since else None


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


def take(case: Case, arrest: Arrest, *, of: Case) -> None:
    """The arrest that another case's record says stands in this one from now on."""
    if case.custody_from is None:
        mine = own(case)
        case.custody_own_since = mine.since if mine else None
        case.custody_own_ended_at = mine.ended_at if mine else None
        case.custody_own_end_reason = mine.reason if mine else None
    case.custody_from = of.id
    case.custody_since, case.custody_ended_at, case.custody_end_reason = arrest.since, arrest.ended_at, arrest.reason


def give_up(case: Case) -> None:
    """What came with a merge stands in the case no more: its own record does."""
    mine = own(case)
    case.custody_from = None
    set_own(case, mine)
    case.custody_own_since = case.custody_own_ended_at = case.custody_own_end_reason = None


def go_on(case: Case, below: Iterable[Case]) -> bool:
    """Let the earliest arrest that has not ended run in the case, of its own and of those that were merged into it. Says whether
    there is one; if not, all stays as it is."""
    running = [(arrest.since, each) for each in (case, *below) if (arrest := own(each)) and arrest.runs]
    if not running:
        return False
    since, earliest = min(running, key=lambda found: (found[0], found[1].id))
    if earliest is case:
        give_up(case)
    else:
        take(case, Arrest(since), of=earliest)
    return is_held(case)
