"""What is recorded of a child: the municipality's notice and assessment, and the personal representative."""

from datetime import date
from uuid import UUID

from shared.contract.personal import PersonalName, PersonalText
from shared.contract.types import Answer, Body, Day, Moment, Municipality


class ChildNotification(Body):
    """The acting municipality of a child: the first that is known, or the one in whose place it steps."""

    municipality: Municipality


class ChildAssessmentReport(Body):
    """The municipality has assessed what the child needs."""

    assessed_at: Moment
    note: PersonalText | None = None


class RepresentativeReport(Body):
    """A personal representative was asked for; `appointed_on` and `name` when there is one."""

    requested_on: Day
    appointed_on: Day | None = None
    name: PersonalName | None = None


class ChildProtection(Answer):
    """How far the protection of a child has come; no personal data."""

    case_id: UUID
    municipality: str | None
    child_notified_at: Moment | None
    child_assessed_at: Moment | None
    representative_requested_on: date | None
    representative_appointed_on: date | None
