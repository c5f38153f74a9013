"""Prepared return and its follow-ups."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Country, Day, Flag, Whole

Month = Annotated[Whole, Field(ge=1, le=60)]


class ReturnPlanned(Body):
    """The plan as the person has agreed to it; nobody's testimony is a condition. `departed_on` once the person has left."""

    destination: Country
    agreed_on: Day
    planned_departure_on: Day | None = None
    departed_on: Day | None = None


class FollowUpSummary(Answer):
    """A month after the departure; the follow-up is due on `due_on`, and made where `on` is a day."""

    month: int
    due_on: date
    on: date | None
    contacted: bool | None


class ReturnPlanDetails(Answer):
    """A prepared return. Reintegration is followed monthly until `reintegration_until`, six months after the departure."""

    destination: str
    agreed_on: date
    planned_departure_on: date | None
    departed_on: date | None
    reintegration_until: date | None
    follow_ups: list[FollowUpSummary]


class FollowUpReport(Body):
    """A follow-up in a month after the departure; `contacted` says whether the person was reached."""

    month: Month
    contacted: Flag
    on: Day
    note: PersonalText | None = None


class FollowUpReceipt(Answer):
    follow_up_id: UUID
    month: int
    contacted: bool
    on: date


class FollowUpDetails(FollowUpReceipt):
    """A follow-up as those who work on the case read it."""

    note: PersonalText | None
