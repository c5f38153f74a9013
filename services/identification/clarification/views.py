"""Recommendations."""

from collections.abc import Sequence

from services.identification.case.schemas import SealedText
from services.identification.clarification.models import Recommendation
from services.identification.clarification.schemas import RecommendationDetails, RecommendationSummary


def see_last_recommendation(made: Sequence[Recommendation]) -> RecommendationSummary | None:
    """The one that stands, without its reasons."""
    if not made:
        return None
    return RecommendationSummary(recommendation_id=made[-1].id, **made[-1].model_dump(include={"outcome", "made_at"}))


def see_recommendation(made: Recommendation, reasons: SealedText) -> RecommendationDetails:
    """A recommendation with its reasons."""
    fields = made.model_dump(include={"outcome", "made_at", "made_by"})
    return RecommendationDetails(recommendation_id=made.id, reasons=reasons.text, **fields)
