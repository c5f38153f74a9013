"""Nobody's flood is everybody's, no reading keeps a referral out, and nobody finds a case by trying."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from services.demo.raid import REFERRAL
from shared.data.limits import StoredCounts
from shared.http import limits
from shared.http.limits import Limits, LimitsInDatabase, LimitsInProcess
from shared.kernel.settings import Settings, read_rate
from tests.shared.lone_service import LoneService
from tests.world import Partner, World

PATH = "/referrals/v1/referrals"


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def granted(counts: Limits, times: int, *, client: str = "a", pool: str = limits.REQUESTS) -> int:
    """How many of so many requests are not refused."""
    found = [await counts.take(client, pool) for _ in range(times)]
    return sum(each is None or not each.is_refused for each in found)


async def test_a_burst_is_taken_and_then_as_many_as_the_rate_has_room_for() -> None:
    watch = Watch()
    counts = LimitsInProcess((10.0, 20), None, now=watch)
    assert await granted(counts, 50) == 20
    watch.seconds += 1
    assert await granted(counts, 50) == 10
    watch.seconds += 3600
    assert await granted(counts, 50) == 20
    assert await granted(counts, 5, client="b") == 5
    assert await granted(counts, 5, pool=limits.SUBMISSIONS) == 5


async def test_what_is_left_is_said_and_when_to_come_back() -> None:
    counts = LimitsInProcess((2.0, 3), None, now=Watch())
    found = [await counts.take("a", limits.REQUESTS) for _ in range(4)]
    assert [each.remaining for each in found if each] == [2, 1, 0, 0]
    assert found[0]
    assert found[0].headers == {"ratelimit": '"requests";r=2;t=1', "ratelimit-policy": '"requests";q=3'}
    assert found[3]
    assert found[3].headers == {
        "ratelimit": '"requests";r=0;t=1',
        "ratelimit-policy": '"requests";q=3',
        "retry-after": "1",
    }


def test_refusals_of_a_client_leave_one_after_another_and_none_waits_for_ever() -> None:
    limits._last_refusal.clear()
    held = [limits._seconds_to_hold("a", 100.0) for _ in range(100)]
    assert held[:3] == pytest.approx([0.5, 0.6, 0.7])
    assert max(held) == pytest.approx(5.0)
    assert limits._seconds_to_hold("b", 100.0) == pytest.approx(0.5)
    assert limits._seconds_to_hold("a", 200.0) == pytest.approx(0.5)


async def test_clients_that_have_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_CLIENTS", 10)
    watch = Watch()
    counts = LimitsInProcess((10.0, 20), None, now=watch)
    for number in range(30):
        watch.seconds += 1
        await counts.take(str(number), limits.REQUESTS)
    assert len(counts._full_at) < 15


async def misses(counts: Limits, *asked: str) -> list[bool]:
    """Which of these are refused."""
    found = [await counts.miss("a", each.encode()) for each in asked]
    return [bool(each and each.is_refused) for each in found]


async def test_other_ids_have_a_budget_and_the_same_id_again_costs_nothing() -> None:
    watch = Watch()
    counts = LimitsInProcess(None, 2, now=watch)
    assert await misses(counts, "1", "1", "2", "1", "2", "3", "4", "2") == [False] * 5 + [True, True, False]
    assert await counts.miss("b", b"3") is not None
    watch.seconds += 1800
    refused = await counts.miss("a", b"3")
    assert refused
    assert refused.headers["retry-after"] == "1800"
    watch.seconds += 1800
    assert await misses(counts, "3", "4", "5") == [False, False, True]


async def test_without_a_setting_development_counts_nothing_and_production_does() -> None:
    assert (Settings().rate, Settings().misses_an_hour) == (None, None)
    counts = limits.limits_in_process(Settings())
    assert await counts.take("a", limits.REQUESTS) is None
    assert await counts.miss("a", b"1") is None
    given = Settings(rate_limit="5/7", miss_budget=3)
    assert (given.rate, given.misses_an_hour) == ((5.0, 7), 3)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50/200", (50.0, 200)),
        ("50", (50.0, 200)),
        ("0.5/2", (0.5, 2)),
        ("5/s", (5.0, 20)),
        ("none", None),
        ("0", None),
    ],
)
def test_a_rate_is_read(text: str, rate: tuple[float, int] | None) -> None:
    assert read_rate(text) == rate


# Of several processes


@pytest.fixture
async def several(lone: LoneService) -> AsyncIterator[tuple[StoredCounts, StoredCounts]]:
    """Two processes' counts in one database."""
    await lone.sql("DELETE FROM client_rate")
    await lone.sql("DELETE FROM client_miss")
    made = StoredCounts(lone.runtime), StoredCounts(lone.runtime)
    yield made
    for counts in made:
        await counts.close()


async def test_processes_count_together(several: tuple[StoredCounts, StoredCounts]) -> None:
    one, other = (LimitsInDatabase(counts, (0.01, 20), 5) for counts in several)
    found = await asyncio.gather(*(granted(each, 30) for each in (one, other)))
    assert sum(found) == 20
    assert await granted(other, 3, client="b") == 3
    assert await granted(one, 3, pool=limits.SUBMISSIONS) == 3
    refused = await other.take("a", limits.REQUESTS)
    assert refused is not None
    assert refused.is_refused
    assert 90 < refused.seconds <= 100


async def test_processes_count_as_one_alone_would(several: tuple[StoredCounts, StoredCounts]) -> None:
    stored, alone = LimitsInDatabase(several[0], (0.01, 3), 2), LimitsInProcess((0.01, 3), 2)
    for _ in range(5):
        one, other = await stored.take("a", limits.REQUESTS), await alone.take("a", limits.REQUESTS)
        assert one
        assert other
        assert (one.remaining, one.is_refused) == (other.remaining, other.is_refused)
        assert one.seconds == pytest.approx(other.seconds, abs=5)
    for asked in (b"1", b"1", b"2", b"3", b"1"):
        one, other = await stored.miss("a", asked), await alone.miss("a", asked)
        assert one
        assert other
        assert (one.remaining, one.is_refused) == (other.remaining, other.is_refused)
        assert one.seconds == pytest.approx(other.seconds, abs=5)


async def test_who_asks_for_many_ids_at_once_has_one_budget(several: tuple[StoredCounts, StoredCounts]) -> None:
    both = [LimitsInDatabase(counts, None, 5) for counts in several]
    found = await asyncio.gather(*(both[number % 2].miss("a", str(number).encode()) for number in range(20)))
    assert sum(each is not None and not each.is_refused for each in found) == 5


async def test_misses_of_the_hour_before_are_forgotten(
    several: tuple[StoredCounts, StoredCounts], lone: LoneService
) -> None:
    counts = LimitsInDatabase(several[0], None, 2)
    assert await misses(counts, "1", "2", "3") == [False, False, True]
    await lone.sql("UPDATE client_miss SET at = at - interval '1 hour' WHERE asked = $1", b"1")
    assert await misses(counts, "3", "4") == [False, True]


async def test_a_flood_that_was_refused_does_not_reach_the_database(
    several: tuple[StoredCounts, StoredCounts], lone: LoneService
) -> None:
    counts = LimitsInDatabase(several[0], (0.01, 1), None)
    assert await granted(counts, 2) == 1
    await lone.sql("DELETE FROM client_rate")  # what is not asked cannot tell that there is room again
    assert await granted(counts, 5) == 0


async def test_a_database_that_is_away_refuses_nobody() -> None:
    from sqlalchemy import make_url

    away = LimitsInDatabase(StoredCounts(make_url("postgresql+asyncpg://a@127.0.0.1:9/b")), (1.0, 1), 1)
    assert await granted(away, 3) == 3
    assert await away.miss("a", b"1") is None
    await away.close()


async def test_a_partner_sees_nothing_of_what_others_asked(
    several: tuple[StoredCounts, StoredCounts], lone: LoneService
) -> None:
    counts = LimitsInDatabase(several[0], (1.0, 5), 5)
    await counts.take("cmm a", limits.REQUESTS)
    await counts.miss("cmm a", b"1")
    for table in ("client_rate", "client_miss"):
        assert len(await lone.sql_as_runtime(f"SELECT FROM {table}")) == 1
        assert await lone.sql_as_runtime(f"SELECT FROM {table}", org="cmm") == []


# Over HTTP


@pytest.fixture
async def limited(havn: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A Havn whose referrals service takes three requests at once, and one other id an hour."""
    monkeypatch.setattr(limits, "HELD_SECONDS", 0.0)
    monkeypatch.setattr(limits, "APART_SECONDS", 0.0)
    state = havn.application.asgi.apps["referrals"].state  # type: ignore[attr-defined]
    monkeypatch.setitem(state._state, "limits", LimitsInProcess((0.01, 3), 1))
    return havn


def named(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_who_asks_too_often_is_refused_and_everybody_else_served(limited: World) -> None:
    police, other = limited.partner("politi-oestjylland"), limited.partner("politi-fyn")
    answers = [await police.get(PATH) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert named(answers[3]) == (429, "RateExceeded")
    assert int(answers[3].headers["retry-after"]) > 0
    assert (await other.get(PATH)).status_code == 200


async def test_reading_never_keeps_a_referral_from_being_posted(limited: World) -> None:
    police = limited.partner("politi-oestjylland")
    while (await police.get(PATH)).status_code == 200:
        pass
    assert (await police.post(PATH, REFERRAL)).status_code == 201
    made = [(await police.post(PATH, REFERRAL)).status_code for _ in range(4)]
    assert made == [201, 201, 429, 429]
    assert len(await limited.sql("referrals", "SELECT FROM referral")) == 3


async def test_a_refusal_for_its_rate_writes_nothing_down(limited: World) -> None:
    police = limited.partner("politi-oestjylland")
    for _ in range(3):
        await police.get(PATH)
    before = await limited.sql("referrals", "SELECT FROM audit")
    assert (await police.get(PATH)).status_code == 429
    assert len(await limited.sql("referrals", "SELECT FROM audit")) == len(before)


async def test_our_own_services_wait_for_nobody(limited: World) -> None:
    token = limited.development.service_token("havn-identification")
    ours = Partner(limited.client, token)
    assert {(await ours.get(PATH)).status_code for _ in range(6)} == {200}
    assert {(await ours.get(f"{PATH}/{uuid4()}", purpose="support")).status_code for _ in range(3)} == {404}


@pytest.fixture
async def guessed(havn: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A Havn whose referrals service has no rate, and lets a client ask for two other ids an hour."""
    state = havn.application.asgi.apps["referrals"].state  # type: ignore[attr-defined]
    monkeypatch.setitem(state._state, "limits", LimitsInProcess(None, 2))
    return havn


async def test_a_used_up_budget_refuses_only_where_the_answer_would_be_404(guessed: World) -> None:
    police = guessed.partner("politi-oestjylland")
    own = f"{PATH}/{(await police.post(PATH, REFERRAL)).json()['referral_id']}"
    first, second, third = (f"{PATH}/{uuid4()}" for _ in range(3))

    async def read(path: str) -> tuple[int, str]:
        answer = await police.get(path, purpose="identification")
        return (200, "") if answer.status_code == 200 else named(answer)

    missing, refused = (404, "NotFound"), (429, "TooManyMisses")
    assert [await read(path) for path in (first, first.upper().replace(PATH.upper(), PATH), second)] == [missing] * 3
    assert await read(third) == refused
    assert await read(first) == missing
    assert (await read(own))[0] == 200
    assert (await police.get(PATH)).status_code == 200
    assert named(await police.post(f"{third}/withdraw", {"reason": "x"}))[0] in (422, 429)
    other = await guessed.partner("politi-fyn").get(third, purpose="identification")
    assert named(other) == missing


async def test_what_exists_and_what_does_not_cost_the_same(guessed: World) -> None:
    theirs = (await guessed.partner("politi-fyn").post(PATH, REFERRAL)).json()["referral_id"]
    reden = guessed.partner("reden")
    answers = [await reden.get(f"{PATH}/{each}", purpose="support") for each in (theirs, uuid4(), uuid4(), theirs)]
    assert [answer.status_code for answer in answers] == [404, 404, 429, 404]
    assert int(answers[2].headers["retry-after"]) > 3000
    assert answers[2].headers["ratelimit"].startswith('"misses";r=0;t=')


async def test_a_refused_guess_is_audited_as_the_404_that_it_would_be(guessed: World) -> None:
    reden = guessed.partner("reden")
    asked = [uuid4() for _ in range(4)]
    for each in asked:
        await reden.get(f"{PATH}/{each}", purpose="support")
    rows = await guessed.sql("referrals", "SELECT subject_id FROM audit WHERE org = 'reden' ORDER BY position")
    assert [row["subject_id"] for row in rows] == asked


async def test_a_path_that_nobody_serves_costs_nothing(guessed: World) -> None:
    reden = guessed.partner("reden")
    for _ in range(5):
        answer = await reden.get(f"/referrals/v1/referals/{uuid4()}")
        assert named(answer) == (404, "NoSuchPath")
    assert named(await reden.get(f"{PATH}/{uuid4()}", purpose="support")) == (404, "NotFound")


async def test_ids_in_a_body_are_guesses_too(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    state = havn.application.asgi.apps["accommodation"].state  # type: ignore[attr-defined]
    monkeypatch.setitem(state._state, "limits", LimitsInProcess(None, 2))
    reden = havn.partner("reden")
    body = {"from_on": "2026-03-05", "to_on": "2026-03-09", "needs": {"gender": "woman"}}
    found = [
        await reden.post("/accommodation/v1/placement-requests", body | {"case_id": str(uuid4())}) for _ in range(3)
    ]
    assert [answer.status_code for answer in found] == [404, 404, 429]
