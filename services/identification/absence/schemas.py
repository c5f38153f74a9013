"""Missing, asked whether missing, and found."""

from datetime import date
from uuid import UUID

from shared.contract.personal import PersonalText
from shared.contract.times import HappenedOn
from shared.contract.types import Answer, Body, Moment, Municipality, example


class MissingReport(Body):
    """The person is missing since that day."""

    model_config = example(since="2026-03-18", reported_to_police_on="2026-03-18")

    since: HappenedOn
    reported_to_police_on: HappenedOn | None = None


class FoundReport(Body):
    """The person was found on that day; `municipality` says where, if that may be known."""

    model_config = example(on="2026-03-19", municipality="0751")

    on: HappenedOn
    municipality: Municipality | None = None


class AbsenceDetails(Answer):
    """A time when nobody knew where the person was; it lasts while `found_on` is null."""

    absence_id: UUID
    missing: bool
    since: date
    reported_to_police_on: date | None
    found_on: date | None
    municipality: str | None


class NotMissingReport(Body):
    """The person left a place without notice and is not missing: why that is known."""

    model_config = example(reason="She has called: she is with her sister.")

    reason: PersonalText


class DisappearanceDetails(Answer):
    """The person left a place without notice on that day; `missing` is null until somebody has answered whether they are."""

    disappearance_id: UUID
    since: date
    asked_at: Moment
    answered_at: Moment | None
    answered_by: str | None
    missing: bool | None
    reason: PersonalText | None
