"""A service's feed of events, as its tests ask for it."""

from typing import Any

from tests.world import World


async def feed_of(path: str, havn: World, org: str, role: str = "caseworker", **asked: Any) -> list[dict[str, Any]]:
    """The events that somebody of the organisation is shown there."""
    page = await havn.partner(org, role).get(path, **asked)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]
    return items


def kinds(items: list[dict[str, Any]]) -> list[str]:
    """What they are, in order: `case-opened`."""
    return [item["type"].split(".")[3] for item in items]
