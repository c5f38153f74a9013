"""Support measures, what the person's health asks for, and the prepared return with its follow-ups."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.identification.case.codes import SupportKind
from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn, PlannedOn
from shared.contract.types import Answer, Body, Country, Flag, Whole, example


class Provision(BaseModel):
    """Who gives a measure, and how it goes."""

    provider: PersonalText | None = None
    note: PersonalText | None = None


class SupportMeasureStarted(Body):
    """A measure of the support package."""

    model_config = example(kind="contact_person", starts_on="2026-03-09", provider="Reden")

    kind: SupportKind
    starts_on: PlannedOn
    ends_on: PlannedOn | None = None
    provider: PersonalText | None = None
    note: PersonalText | None = None


class SupportMeasureEnded(Body):
    """The last day of a measure; it may be one to come."""

    model_config = example(on="2026-03-19")

    on: PlannedOn


class SupportReceipt(Answer):
    measure_id: UUID
    kind: SupportKind
    starts_on: date
    ends_on: date | None


class SupportMeasureDetails(SupportReceipt):
    """A measure as those who work on the case read it."""

    provider: PersonalText | None
    note: PersonalText | None


class HealthNeedsStated(Body):
    """What a shelter must be able to give, and why. What is left out is no."""

    model_config = example(needs_doctor=True, needs_psychologist=True, reasons="She does not sleep.")

    needs_midwife: Flag = False
    needs_doctor: Flag = False
    needs_psychologist: Flag = False
    needs_medication: Flag = False
    wheelchair: Flag = False
    reasons: PersonalText | None = None


class HealthFlags(Answer):
    """What a shelter must be able to give; never why."""

    needs_midwife: bool
    needs_doctor: bool
    needs_psychologist: bool
    needs_medication: bool
    wheelchair: bool


class HealthNeedsDetails(HealthFlags):
    """What the person's health asks for, and why. `reasons` is null for whoever is not to know."""

    reasons: PersonalText | None


# ---------------------------------------------------------------- prepared return


Month = Annotated[Whole, Field(ge=1, le=60)]


class ReturnPlanned(Body):
    """The plan as the person has agreed to it; nobody's testimony is a condition. `departed_on` once the person has left."""

    model_config = example(
        destination="THA", agreed_on="2026-03-10", planned_departure_on="2026-03-12", departed_on="2026-03-12"
    )

    destination: Country
    agreed_on: HappenedOn
    planned_departure_on: PlannedOn | None = None
    departed_on: HappenedOn | None = None


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

    model_config = example(month=1, contacted=True, on="2026-03-20", note="By telephone.")

    month: Month
    contacted: Flag
    on: HappenedOn
    note: PersonalText | None = None


class FollowUpReceipt(Answer):
    follow_up_id: UUID
    month: int
    contacted: bool
    on: date


class FollowUpDetails(FollowUpReceipt):
    """A follow-up as those who work on the case read it."""

    note: PersonalText | None
