"""Words that were said with a step in a case."""

from services.identification.codes import NoteKind
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Moment


class Note(Answer):
    """What was said, with what; when and by which organisation, where that is known apart from the text."""

    kind: NoteKind
    text: PersonalText
    at: Moment | None
    by: str | None


class Notes(Answer):
    items: list[Note]
