"""Half-entered cases."""

import json
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel

from services.identification.schemas.opening import CaseOpening
from services.identification.schemas.person import CasePerson
from shared.contract.personal import Personal
from shared.contract.types import Answer, Body, Moment
from shared.kernel.errors import SpokenValueError

MOST_BYTES: Final = 64 * 1024


def _loosely_a_case(content: Personal[dict[str, Any]]) -> Personal[dict[str, Any]]:
    """Half-entered means that anything may be missing or wrong, but nothing may be there that no case has."""
    if len(json.dumps(content.value).encode()) > MOST_BYTES:
        raise SpokenValueError("A draft holds 64 KiB at most.")
    person = content.value.get("person", {})
    if not isinstance(person, dict):
        raise SpokenValueError("person is an object.")
    if not (
        content.value.keys() <= CaseOpening.model_fields.keys() and person.keys() <= CasePerson.model_fields.keys()
    ):
        raise SpokenValueError("A draft has the fields of POST /identification/v1/cases, and no others.")
    return content


DraftContent = Annotated[Personal[dict[str, Any]], AfterValidator(_loosely_a_case)]


class DraftBody(Body):
    """Any part of what POST /identification/v1/cases takes."""

    content: DraftContent


class SealedDraft(BaseModel):
    """The draft as it is sealed."""

    content: Personal[dict[str, Any]]


class DraftReceipt(Answer):
    """When there is a reminder, and the day on which the draft is deleted without a trace."""

    draft_id: UUID
    remind_on: date
    delete_on: date


class DraftHead(DraftReceipt):
    saved_at: Moment


class DraftDetails(DraftHead):
    content: Personal[dict[str, Any]]
