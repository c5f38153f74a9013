"""What the statistics count at the end of a journey."""

from typing import Any

from tests.world import World


async def counted(havn: World, by: str) -> list[dict[str, Any]]:
    """The exact counts by these dimensions, as CMM's statistician sees them; without the status of each."""
    statistician = havn.partner("cmm", "statistician")
    answer = await statistician.get("/stats/v1/victims", by=by, audience="internal")
    assert answer.status_code == 200, answer.text
    return [{key: value for key, value in row.items() if key != "status"} for row in answer.json()["rows"]]
