"""What is kept how long, what was erased, and legal holds, as they are shown."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from services.identification.case.models import LegalHold
from services.identification.retention.domain import MEASURES, Rule
from services.identification.retention.models import RetentionRun
from services.identification.retention.schemas import HoldState, RetentionForecast, RetentionReport, RetentionRule


def see_forecast(day: date, table_version: str, due: Mapping[Rule, Sequence[UUID]]) -> RetentionForecast:
    """What would be erased."""
    rules = [
        RetentionRule(rule=rule, measure=MEASURES[rule], count=len(case_ids), case_ids=list(case_ids))
        for rule, case_ids in due.items()
    ]
    return RetentionForecast(on=day, table_version=table_version, rules=rules)


def see_run(done: RetentionRun) -> RetentionReport:
    """What one run has erased."""
    fields = done.model_dump(include={"ran_at", "table_version", "is_complete", "erased", "case_ids"})
    return RetentionReport(run_id=done.id, on=done.day, **fields)


def see_hold(placed: LegalHold) -> HoldState:
    """Whether something keeps the case."""
    return HoldState(
        case_id=placed.case_id,
        on_hold=placed.ended_at is None,
        placed_at=placed.placed_at,
        ended_at=placed.ended_at,
    )
