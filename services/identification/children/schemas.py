"""What is recorded of a child: the municipality's notice and assessment, and the personal representative."""

from datetime import date
from uuid import UUID

from shared.contract.personal import PersonalName, PersonalText
from shared.contract.times import Happened, HappenedOn
from shared.contract.types import Answer, Body, Moment, Municipality, example


class ChildNotification(Body):
    """The acting municipality of a child: the first that is known, or the one in whose place it steps."""

    model_config = example(municipality="0461")

    municipality: Municipality


class ChildAssessmentReport(Body):
    """The municipality has assessed what the child needs."""

    model_config = example(assessed_at="2026-03-10T10:00:00+01:00", note="She stays with a foster family.")

    assessed_at: Happened
    note: PersonalText | None = None


class RepresentativeReport(Body):
    """A personal representative was asked for; `appointed_on` and `name` when there is one. Familieretshuset, which was asked,
    may leave `requested_on` out."""

    model_config = example(requested_on="2026-03-09", appointed_on="2026-03-10", name="Made Up")

    requested_on: HappenedOn | None = None
    appointed_on: HappenedOn | None = None
    name: PersonalName | None = None


class ChildProtection(Answer):
    """How far the protection of a child has come; no personal data."""

    case_id: UUID
    municipality: str | None
    child_notified_at: Moment | None
    child_assessed_at: Moment | None
    representative_requested_on: date | None
    representative_appointed_on: date | None


# ---------------------------------------------------------------- notes for the municipality


class ChildNoteReport(Body):
    """What the municipality that assesses the child should know."""

    model_config = example(text="She is afraid of her uncle, who may ask for her at the school.")

    text: PersonalText


class ChildNoteReceipt(Answer):
    """`case_id` is the case under which the note is read: of merged ones each in which a municipality has its task, and here the
    first of them."""

    note_id: UUID
    case_id: UUID


class ChildNoteDetails(Answer):
    """A note for the municipality that assesses the child. `addressed_to` is the organisation that reads it; null for who has
    written it without working on the case, and where no municipality had the task then: CMM passes it on."""

    note_id: UUID
    text: PersonalText
    recorded_at: Moment
    recorded_by: str
    addressed_to: str | None
