"""Links between people, suspects, and the cluster they make."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.identification.case.codes import LinkKind
from shared.contract.codes import Relation
from shared.contract.personal import PersonalName, PersonalText
from shared.contract.types import Answer, Body, Moment, example
from shared.kernel.errors import SpokenValueError


class LinkReport(Body):
    """`relation` is what the person of `case_id` is to this case's person."""

    model_config = example(case_id="019cadab-2340-7d3e-9a52-3f6f0f0c8e21", relation="co_victim")

    case_id: UUID
    relation: Relation


class Linked(Answer):
    """`relation` is what the other person is to this one."""

    case_id: UUID
    relation: Relation


class LinkState(Answer):
    case_id: UUID
    linked: list[Linked]


class SuspectDescription(BaseModel):
    """Somebody who is suspected of exploiting people, as it is sealed."""

    name: PersonalName | None = None
    aliases: Annotated[list[PersonalName], Field(max_length=20)] = []
    # The number that a report names alone stands with its others.
    phones: Annotated[list[PersonalName], Field(max_length=21)] = []
    address: PersonalText | None = None
    description: PersonalText | None = None


class SuspectReport(Body):
    """What is known of the suspect. The same telephone number, or the same full name, in several cases joins them; so does
    `suspect_id`, where a suspect of another case is known to be the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            "examples": [{"name": "FAKE Suspect One", "aliases": ["The boss"], "phone": "+45 00 00 00 02"}],
        }
    )

    suspect_id: UUID | None = None
    name: PersonalName | None = None
    aliases: Annotated[list[PersonalName], Field(max_length=20)] = []
    phone: PersonalName | None = None
    phones: Annotated[list[PersonalName], Field(max_length=20)] = []
    address: PersonalText | None = None
    description: PersonalText | None = None

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """A suspect of whom nothing is known is nobody."""
        if not any((self.suspect_id, self.name, self.aliases, self.phone, self.phones, self.address, self.description)):
            raise SpokenValueError(
                "Say something of the suspect: a name, a telephone number, a description, or suspect_id."
            )
        return self

    def as_sealed(self) -> SuspectDescription:
        """What is sealed of it."""
        phones = [*([self.phone] if self.phone else []), *self.phones]
        fields = {name: getattr(self, name) for name in ("name", "aliases", "address", "description")}
        return SuspectDescription(**fields, phones=phones)


class SuspectReceipt(Answer):
    suspect_id: UUID


class SuspectDetails(Answer):
    suspect_id: UUID
    named_at: Moment
    named_by: str
    name: PersonalName | None
    aliases: list[PersonalName]
    phones: list[PersonalName]
    address: PersonalText | None
    description: PersonalText | None


class Suspects(Answer):
    items: list[SuspectDetails]


class Via(Answer):
    """How a case of the cluster hangs on one that is nearer. `relation` is what its person is to that one's, where they are
    linked."""

    case_id: UUID
    kind: LinkKind
    relation: Relation | None


class ClusterEntry(Answer):
    """A case that is connected with this one, over `distance` steps."""

    case_id: UUID
    distance: int
    via: list[Via]


class Cluster(Answer):
    """`is_whole` is false where more is connected than is shown."""

    items: list[ClusterEntry]
    is_whole: bool
