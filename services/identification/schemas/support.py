"""Support measures, and what the person's health asks for."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.contract.codes import SupportKind
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day, Flag


class Provision(BaseModel):
    """Who gives a measure, and how it goes."""

    provider: PersonalText | None = None
    note: PersonalText | None = None


class SupportMeasureStarted(Body):
    """A measure of the support package."""

    kind: SupportKind
    starts_on: Day
    ends_on: Day | None = None
    provider: PersonalText | None = None
    note: PersonalText | None = None


class SupportMeasureEnded(Body):
    """The last day of a measure."""

    on: Day


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
