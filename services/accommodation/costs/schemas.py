"""What HTTP takes and gives of nights, what they cost, and of long stays."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import PlainSerializer, WithJsonSchema

from services.accommodation.case.codes import FacilityKind, HousingAuthority
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Day, example

Kroner = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "examples": ["2214.50"]}),
]
"""Danish kroner to the øre, as text: no number of a computer's own would keep it."""


class CostOfNights(Answer):
    """Nights of one kind of facility at one rate, and what they come to; `payer` is null for who may not know it."""

    payer: HousingAuthority | None
    kind: FacilityKind
    rates: str
    rate: Kroner
    nights: int
    amount: Kroner


class Costs(Answer):
    """What the nights from `from_on` until, but not on, `to_on` cost; nights that have not begun are none. `secret_nights` of
    facilities that are a secret to who pays are in the sum, and in no line. The census counts the same nights by itself:
    `census_nights` and `census_amount` are what comes of it, null for who sees a part of them alone."""

    from_on: Day
    to_on: Day
    currency: Literal["DKK"] = "DKK"
    items: list[CostOfNights]
    nights: int
    amount: Kroner
    secret_nights: int = 0
    secret_amount: Kroner = Decimal("0.00")
    census_nights: int | None
    census_amount: Kroner | None


class LongStay(Answer):
    """Somebody who has stayed for so many nights, here and, where they moved, at the places before; null where nobody has said
    why."""

    placement_id: UUID
    case_id: UUID
    kind: FacilityKind
    from_on: Day
    to_on: Day | None
    nights: int
    reason: PersonalText | None


class LongStayReason(Body):
    """Why somebody stays for so long."""

    model_config = example(reason="The municipality has found no flat yet; a meeting is set for Monday.")

    reason: PersonalText


class LongStayExplained(Answer):
    placement_id: UUID
    reason: PersonalText
