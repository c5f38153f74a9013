"""What the alerts ask for is counted when it happens: a token refused, an access without its line, connections in use."""

import re

from shared.identity.actor import Actor
from shared.observability.metrics import exposition
from tests.world import World


def measured(name: str) -> float:
    """The sum of a metric over its labels."""
    lines = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", exposition().decode(), re.MULTILINE)
    return sum(map(float, lines))


async def test_a_token_that_is_refused_is_counted_by_its_reason(havn: World) -> None:
    before = measured("havn_tokens_refused_total")
    answer = await havn.client.get("/referrals/v1/referrals", headers={"authorization": "Bearer a.b.c"})
    assert answer.status_code == 401
    assert measured("havn_tokens_refused_total") == before + 1
    assert b'havn_tokens_refused_total{reason="malformed"}' in exposition()


async def test_an_access_that_cannot_be_written_down_is_counted_and_shows_nothing(havn: World) -> None:
    before = measured("havn_audit_failures_total")
    await havn.sql("referrals", "ALTER TABLE audit RENAME TO audit_away")
    try:
        answer = await havn.partner("reden").get("/referrals/v1/referrals/00000000-0000-4000-8000-000000000000")
    finally:
        await havn.sql("referrals", "ALTER TABLE audit_away RENAME TO audit")
    assert answer.status_code >= 500
    assert measured("havn_audit_failures_total") > before


async def test_connections_in_use_are_said_with_how_many_there_may_be(havn: World) -> None:
    database = havn.application.databases["referrals"]
    async with database.transaction(Actor.system("referrals")):
        answer = await havn.client.get("/referrals/metrics")
        assert database.connections >= 1
    lines = answer.text.splitlines()
    assert f'havn_database_connections_most{{service="referrals"}} {database.most_connections:.1f}' in lines
    used = next(line for line in lines if line.startswith('havn_database_connections{service="referrals"}'))
    assert 1 <= float(used.split()[-1]) <= database.most_connections
