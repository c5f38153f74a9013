"""Which kinds of deadline belong to what."""

from typing import Final

from shared.contract.codes import DeadlineKind, PeriodKind

PERIOD_DEADLINES: Final = {
    PeriodKind.REFLECTION: DeadlineKind.REFLECTION_PERIOD,
    PeriodKind.RESTITUTION: DeadlineKind.RESTITUTION_PERIOD,
}
GIVEN_HERE: Final = frozenset(
    {
        *PERIOD_DEADLINES.values(),
        DeadlineKind.PERIOD_CAP,
        DeadlineKind.DEPARTURE,
        DeadlineKind.FOLLOW_UP,
        DeadlineKind.REINTEGRATION,
        DeadlineKind.RISK_REASSESSMENT,
    }
)
"""What a case's own decision has given, its return, and when the danger is to be assessed again: the case that it was merged into
has no such period or return, and may have another assessment, so that they run on where they were given."""
