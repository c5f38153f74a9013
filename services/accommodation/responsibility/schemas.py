"""The question who is responsible, and its answer."""

from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from shared.contract.codes import Gender, ResidenceBasis
from shared.contract.types import Answer, Body, Flag, example


class ResponsibilityQuestion(Body):
    """What is known of a person, to ask who houses her."""

    model_config = example(gender="woman", minor=False, residence_basis="visa", decided=True)

    gender: Gender
    minor: Flag
    unaccompanied: Flag | None = None
    residence_basis: ResidenceBasis
    asylum_pending: Flag = False
    asylum_registered: Flag | None = None
    decided: Flag
    resident: Flag = False


class KnownFacts(Body):
    """As in the question of responsibility; what is left out is taken from the case, as far as it is known."""

    gender: Gender | None = None
    minor: Flag | None = None
    unaccompanied: Flag | None = None
    residence_basis: ResidenceBasis | None = None
    asylum_pending: Flag | None = None
    asylum_registered: Flag | None = None
    decided: Flag | None = None
    resident: Flag | None = None


class AuthorityAlone(Answer):
    """Who decides on the accommodation, for those who may not know outcome and legal status: row, payer and options would
    tell them."""

    authority: HousingAuthority


class ResponsibilityAnswer(Answer):
    """Who is responsible. `differs` names what a requester has stated otherwise than it is recorded, which decides."""

    row: PlacementRow
    authority: HousingAuthority
    payer: HousingAuthority
    options: list[FacilityKind]
    why: str
    why_da: str
    needs_review: bool
    table_version: str
    differs: list[str] = []
