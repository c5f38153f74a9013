"""Risk assessments."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.contract.codes import RiskLevel
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn, PlannedOn
from shared.contract.types import Answer, Body, Moment, example


class RiskAccount(BaseModel):
    """What threatens the person, and what is done about it."""

    threats: PersonalText | None = None
    measures: PersonalText | None = None


class RiskReport(Body):
    """How great the danger is. The level says by when it is assessed again at the latest, and `reassess_on`
    on which earlier day."""

    model_config = example(
        level="high",
        assessed_on="2026-03-09",
        threats="Calls from an unknown number.",
        measures="A new telephone, and a secret address.",
    )

    level: RiskLevel
    assessed_on: HappenedOn
    reassess_on: PlannedOn | None = None
    threats: PersonalText | None = None
    measures: PersonalText | None = None


class RiskStanding(Answer):
    """How great the danger was when it was last assessed, and by when that is done again."""

    level: RiskLevel
    assessed_on: date
    reassess_on: date


class RiskReceipt(Answer):
    """`is_latest` says whether it is this one that stands: the one of the latest day."""

    risk_assessment_id: UUID
    level: RiskLevel
    assessed_on: date
    reassess_on: date
    is_latest: bool


class RiskDetails(RiskReceipt):
    """An assessment as those who work on the case read it."""

    threats: PersonalText | None
    measures: PersonalText | None
    recorded_at: Moment
    recorded_by: str


class OverdueRisk(Answer):
    """A case whose danger should have been assessed again before that day."""

    case_id: UUID
    risk_assessment_id: UUID
    level: RiskLevel
    assessed_on: date
    reassess_on: date
    days_overdue: int
