"""Decisions, appeals and periods."""

from collections.abc import Sequence

from services.identification.domain import periods
from services.identification.models.appeals import Appeal
from services.identification.models.cases import Case
from services.identification.models.decisions import Decision, GrantedPeriod, PeriodExtension
from services.identification.schemas.appeals import AppealSummary
from services.identification.schemas.decisions import (
    DecisionDetails,
    DecisionGrounds,
    ExtensionDetails,
    PeriodDetails,
    ReasonedDecision,
)


def see_decision(decision: Decision) -> DecisionDetails:
    """A decision without its reasons."""
    return DecisionDetails(decision_id=decision.id, **decision.model_dump(include=set(DecisionDetails.model_fields)))


def see_reasoned(decision: Decision, grounds: DecisionGrounds | None) -> ReasonedDecision:
    """A decision with its reasons, where some were given."""
    return ReasonedDecision(
        **dict(see_decision(decision)),
        reasons=grounds.text if grounds else None,
        other_form=grounds.other_form if grounds else None,
    )


def see_appeal(appeal: Appeal) -> AppealSummary:
    """An appeal without its words."""
    return AppealSummary(appeal_id=appeal.id, **appeal.model_dump(include=set(AppealSummary.model_fields)))


def see_period(case: Case, period: GrantedPeriod, extensions: Sequence[PeriodExtension]) -> PeriodDetails:
    """A period with what has become of it."""
    return PeriodDetails(
        period_id=period.id,
        kind=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        cap_on=period.cap_on,
        departure_deadline_suspended=periods.is_suspended(case, period),
        extensions=[
            ExtensionDetails(until=each.until, reason=each.reason) for each in extensions if each.period_id == period.id
        ],
    )
