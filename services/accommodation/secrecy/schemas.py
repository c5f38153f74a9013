"""What HTTP takes and gives of secret addresses."""

from uuid import UUID

from pydantic import Field

from services.accommodation.facilities.schemas import AddressedFacility
from shared.contract.codes import Purpose
from shared.contract.personal import PersonalText
from shared.contract.roles import Role
from shared.contract.types import Answer, Body, Moment, example


class RevealedFacility(AddressedFacility):
    """A facility with its address; of a secret one until when it may be used."""

    revealed_until: Moment | None = Field(
        default=None, description="From then on a secret address is read anew, or forgotten; it is kept nowhere."
    )


class RevealDetails(Answer):
    """Who was shown the secret address, as which organisation and in which roles, why, when, and until when it was to be used."""

    reveal_id: UUID
    org: str
    actor: str
    roles: list[Role]
    purpose: Purpose
    revealed_at: Moment
    until: Moment


class UnveilingConfirmation(Body):
    """Why the address is a secret no more; said by a second person."""

    model_config = example(reason="The shelter has moved; nobody lives there any more.")

    reason: PersonalText
