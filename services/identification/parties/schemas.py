"""What HTTP takes and gives of the end of a part."""

from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment, example


class PartyEnd(Body):
    """Why the organisation has nothing to do with the case any more."""

    model_config = example(reason="The hospital has discharged her, and has nothing more to do with the case.")

    reason: PersonalText


class PartyEndReceipt(Answer):
    """Since when the case does not exist for the organisation."""

    org: str
    ended_at: Moment


class PartyState(Answer):
    """Whether the organisation has a part in the case."""

    org: str
    has_part: bool
