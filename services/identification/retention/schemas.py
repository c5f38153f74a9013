"""What HTTP takes and gives of retention."""

from datetime import date
from uuid import UUID

from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment, example


class HoldReport(Body):
    model_config = example(reason="An action for damages is under way.")

    reason: PersonalText


class HoldState(Answer):
    """Whether something keeps the case from being erased."""

    case_id: UUID
    on_hold: bool
    placed_at: Moment | None
    ended_at: Moment | None


class RetentionRule(Answer):
    """The cases that one rule would erase."""

    rule: str
    measure: str
    count: int
    case_ids: list[UUID]


class RetentionForecast(Answer):
    """What would be erased on that day. Nothing was changed."""

    on: date
    table_version: str
    rules: list[RetentionRule]


class RetentionReport(Answer):
    """One run: what each rule erased. `is_complete` is false where a batch was full and the next run goes on."""

    run_id: UUID
    ran_at: Moment
    on: date
    table_version: str
    is_complete: bool
    erased: dict[str, int]
    case_ids: list[UUID]
