"""What HTTP takes and gives of retention."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment, example


class HoldReport(Body):
    model_config = example(reason="An action for damages is under way.")

    reason: PersonalText


class SlipReason(StrEnum):
    """Why a case should never have been opened. A code, as nothing that is written in words outlives the erasure."""

    SENT_BY_MISTAKE = "sent_by_mistake"
    A_TEST = "a_test"
    ENTERED_TWICE = "entered_twice"
    NO_SUCH_PERSON = "no_such_person"


class SlipReport(Body):
    """Why the case is erased, whose only referral was withdrawn."""

    model_config = example(reason="sent_by_mistake")

    reason: SlipReason


class SlipReceipt(Answer):
    """The case is erased here, and every other holder is asked to erase it."""

    case_id: UUID
    erased_at: Moment
    reason: SlipReason


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
