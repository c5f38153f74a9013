"""The criminal track."""

from datetime import date
from uuid import UUID

from shared.contract.codes import CriminalSection, CriminalStep
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, example


class CriminalStepTaken(Body):
    """A step of the criminal track; § 262 a is trafficking, § 262 b human exploitation."""

    model_config = example(kind="charge", on="2026-03-16", section="262a", note="Two men are charged.")

    kind: CriminalStep
    on: HappenedOn
    section: CriminalSection | None = None
    note: PersonalText | None = None


class CriminalStepReceipt(Answer):
    step_id: UUID
    kind: CriminalStep
    section: CriminalSection | None
    on: date


class CriminalStepDetails(CriminalStepReceipt):
    """A step as those read it who may."""

    recorded_by: str
    note: PersonalText | None
