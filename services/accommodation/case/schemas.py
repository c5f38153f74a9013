"""What several packages of accommodation seal alike."""

from pydantic import BaseModel

from shared.contract.personal import PersonalText


class Remark(BaseModel):
    """Free text, as it is sealed: why an offer was declined, why somebody left, what an approval is called; and of a stay that
    goes on why each rule against it was set aside."""

    text: PersonalText
    besides: list[PersonalText] = []
