"""What HTTP takes and gives of periods."""

from datetime import date
from uuid import UUID

from services.identification.case.codes import ExtensionReason
from shared.contract.codes import PeriodKind
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn, PlannedOn
from shared.contract.types import Answer, Body, example


class PeriodRequest(Body):
    model_config = example(requested_on="2026-03-09")

    requested_on: HappenedOn


class ExtensionRequest(Body):
    model_config = example(until="2026-05-08", reason="special_reasons", note="She is in hospital.")

    until: PlannedOn
    reason: ExtensionReason
    note: PersonalText | None = None


class ExtensionDetails(Answer):
    until: date
    reason: ExtensionReason


class PeriodDetails(Answer):
    """Days are Danish calendar days and `ends_on` is the last. While an asylum case is pending the end of a reflection
    period is no removal date (`departure_deadline_suspended`)."""

    period_id: UUID
    kind: PeriodKind
    starts_on: date
    ends_on: date
    cap_on: date
    departure_deadline_suspended: bool
    extensions: list[ExtensionDetails]
