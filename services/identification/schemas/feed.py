"""Events as a partner fetches them."""

from typing import Any

from shared.contract.types import Answer


class FeedEvent(Answer):
    """A CloudEvent 1.0. `data` holds what the reader may know of it; what it may not know is left out."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    sequence: str
    data: dict[str, Any]
