"""First answers and the audit are kept their time (docs/rules.md, retention-6), in every service's database."""

import pytest

from services.everything import SERVICES
from tests.world import World

NAMES = [service.name for service in SERVICES]
LINE = (
    "INSERT INTO audit (at, org, actor, operation, outcome, object_ids, fields, trace_id)"
    " VALUES ($1::text::timestamptz, 'cmm', 'x', $1, 'allowed', '{}', '{}', '')"
)
ANSWER = (
    "INSERT INTO idempotency (org, key_hash, request_hash, answer, created_at)"
    " VALUES ('cmm', $1::text::bytea, '', '', $1::text::timestamptz)"
)


async def kept(havn: World, name: str) -> list[str]:
    return [
        row["operation"] for row in await havn.sql(name, "SELECT operation FROM audit WHERE actor = 'x' ORDER BY at")
    ]


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_seen_is_on_record_for_five_years(havn: World, name: str) -> None:
    for at in ("2021-03-01T23:59:59+01:00", "2021-03-02T00:00:00+01:00", "2024-01-01T00:00:00Z"):
        await havn.sql(name, LINE, at)
    await havn.set_clock("2026-03-02T09:30:00+01:00")
    assert await kept(havn, name) == ["2021-03-02T00:00:00+01:00", "2024-01-01T00:00:00Z"]


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_the_clock_says_no_line_of_the_last_year_is_deleted(havn: World, name: str) -> None:
    (row,) = await havn.sql(name, "SELECT (now() - interval '364 days')::text AS at")
    await havn.sql(name, LINE, row["at"])
    await havn.set_clock("2099-03-02T09:30:00+01:00")
    assert await kept(havn, name) == [row["at"]]


@pytest.mark.parametrize("name", NAMES)
async def test_a_first_answer_is_kept_for_thirty_days(havn: World, name: str) -> None:
    for at in ("2026-01-31T09:29:59+01:00", "2026-01-31T09:30:00+01:00"):
        await havn.sql(name, ANSWER, at)
    await havn.set_clock("2026-03-02T09:30:00+01:00")
    rows = await havn.sql(name, "SELECT convert_from(key_hash, 'utf8') AS at FROM idempotency WHERE org = 'cmm'")
    assert [row["at"] for row in rows] == ["2026-01-31T09:30:00+01:00"]
