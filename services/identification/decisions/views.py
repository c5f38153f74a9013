"""Decisions and appeals as they are shown."""

from services.identification.decisions.models import Appeal, Decision
from services.identification.decisions.schemas import (
    AppealSummary,
    CourtDecision,
    DecisionDetails,
    DecisionGrounds,
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


def see_courts(decision: Decision, grounds: DecisionGrounds | None) -> CourtDecision:
    """What a court has decided, for the prosecution."""
    said = dict(see_reasoned(decision, grounds))
    return CourtDecision(**{name: said[name] for name in CourtDecision.model_fields})


def see_appeal(appeal: Appeal) -> AppealSummary:
    """An appeal without its words."""
    return AppealSummary(appeal_id=appeal.id, **appeal.model_dump(include=set(AppealSummary.model_fields)))
