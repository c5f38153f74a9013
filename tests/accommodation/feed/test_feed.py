"""The events of accommodation that a partner may fetch: of what concerns it, from when it does, as far as it may know."""

from datetime import datetime
from typing import Any

import pytest

from services.accommodation.feed import repository
from shared.contract.codes import Authority, ResidenceBasis
from tests.accommodation.case.test_merged_cases import merged, unmerged
from tests.accommodation.case.test_withdrawn_consent import given, withdrawn
from tests.accommodation.housing import NOW, Housing, decision
from tests.identification.builders import name_of
from tests.world import World

EVENTS = "/accommodation/v1/events"
POLICE = "politi-oestjylland"
ALWAYS = {"case_id", "occurred_at"}


@pytest.fixture(autouse=True, params=[500, 0], ids=["of few cases", "of many"])
def how_many_are_few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed of who has to do with many cases is read another way, and is the same."""
    monkeypatch.setattr(repository, "_FEW", request.param)


async def feed(havn: World, org: str, role: str = "caseworker", **asked: Any) -> list[dict[str, Any]]:
    """What the organisation gets of the cases; facilities are the tests' own."""
    page = await havn.partner(org, role).get(EVENTS, **asked)
    assert page.status_code == 200, page.text
    return [item for item in page.json()["items"] if "reference" not in item["data"]]


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [item["type"].split(".")[3] for item in items]


async def test_what_is_recorded_late_says_when_it_became_true(havn: World, housing: Housing) -> None:
    placement_id = await housing.booked(await housing.case(referred_by="hopenow"), (await housing.shelter()).place_id)
    await havn.set_clock("2026-03-11T12:00:00+01:00")
    assert (
        await housing.step(placement_id, "arrive", body={"arrived_at": "2026-03-09T21:30:00+01:00"})
    ).status_code == 200
    for org in ("cmm", "reden"):
        (arrived,) = [item for item in await feed(havn, org) if "arrived" in item["type"]]
        assert (arrived["time"], arrived["data"]["arrived_at"]) == ("2026-03-09T20:30:00Z", "2026-03-09T20:30:00Z")
    (arrived,) = [item for item in await feed(havn, "hopenow") if "arrived" in item["type"]]
    assert (arrived["time"] == "2026-03-09T20:30:00Z") is ("arrived_at" in arrived["data"])


async def test_who_asks_and_who_houses_get_what_concerns_them(havn: World, housing: Housing) -> None:
    shelter, other = await housing.shelter(), await housing.shelter(operator="roede-kors")
    case_id = await housing.case(referred_by="hopenow")
    request_id = await housing.request(case_id, "hopenow")
    declined = (await housing.offer(request_id, other.place_id)).json()["offer_id"]
    assert (await housing.answer(declined, "decline", "roede-kors")).status_code == 200
    accepted = (await housing.offer(request_id, shelter.place_id)).json()["offer_id"]
    placement_id = (await housing.answer(accepted, "accept")).json()["placement_id"]
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    whole = ["placement-requested", "place-offered", "offer-declined", "place-offered", "offer-accepted"]
    of_cmm = await feed(havn, "cmm")
    assert kinds(of_cmm) == [*whole, "person-arrived"]
    assert [item["sequence"] for item in of_cmm] == ["1", "2", "3", "4", "5", "6"]
    assert of_cmm[0]["source"] == "/accommodation"
    assert of_cmm[0]["data"]["row"], "CMM knows who answers for her"
    of_hopenow = await feed(havn, "hopenow")
    assert kinds(of_hopenow) == [*whole, "person-arrived"]
    assert "row" not in of_hopenow[0]["data"], "outcome and legal status follow from it"
    of_reden = await feed(havn, "reden")
    assert kinds(of_reden) == ["place-offered", "offer-accepted", "person-arrived"], "not what was before its offer"
    assert {item["data"].get("offer_id", accepted) for item in of_reden} == {accepted}
    assert kinds(await feed(havn, "roede-kors")) == ["place-offered", "offer-declined"]
    for org in ("politi-fyn", "us", "kommune-0751", "amiami", "socialtilsyn-midt"):
        assert await feed(havn, org) == [], org
    for role in ("statistician", "auditor", "facility_manager", "health", "admin"):
        assert (await havn.partner("cmm", role).get(EVENTS)).status_code == 403


async def test_who_has_referred_the_person_learns_that_they_came_and_went_and_no_more(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.there(case_id, shelter.place_id)
    assert (await housing.step(placement_id, "leave", body={"reason": "A flat of her own."})).status_code == 200
    of_police = await feed(havn, POLICE)
    assert kinds(of_police) == ["person-arrived", "person-left"]
    assert [set(item["data"]) for item in of_police] == [ALWAYS, ALWAYS]


async def test_no_number_that_is_missing_says_that_somebody_was_moved_or_decided_about(
    havn: World, housing: Housing
) -> None:
    read = list[list[tuple[str, str]]]()
    for has_more in (True, False):
        shelter = await housing.shelter(places=2)
        case_id = await housing.case(referred_by="hopenow")
        placement_id = await housing.there(case_id, shelter.place_ids[0])
        if has_more:
            await housing.tell(decision(case_id))
            body = {"reason": "safety", "place_id": shelter.place_ids[1]}
            moved = await housing.step(placement_id, "move", "cmm", body)
            assert moved.status_code == 200, moved.text
            placement_id = moved.json()["placement_id"]
        assert (await housing.step(placement_id, "leave", body={"reason": "A flat of her own."})).status_code == 200
        of_case = [item for item in await feed(havn, "hopenow") if item["subject"] == case_id]
        read.append([(kind, item["sequence"]) for kind, item in zip(kinds(of_case), of_case, strict=True)])
        for org in ("reden", "us", "cmm"):
            numbers = [int(item["sequence"]) for item in await feed(havn, org) if item["subject"] == case_id]
            assert numbers == sorted(set(numbers)), org
    assert read[0] == read[1]
    assert [kind for kind, _ in read[0]] == ["person-arrived", "person-left"]


async def test_us_gets_all_of_a_case_that_it_decides(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    case_id = await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US)
    await housing.there(case_id, shelter.place_id)
    assert kinds(await feed(havn, "us")) == kinds(await feed(havn, "cmm"))
    for place in (shelter.facility_id, shelter.place_id):
        assert place not in str(await feed(havn, "us"))


async def test_a_dashboard_sees_nothing_of_stays(havn: World, housing: Housing) -> None:
    await housing.there(await housing.case(), (await housing.shelter()).place_id)
    assert await feed(havn, POLICE, "dashboard") == []
    assert kinds(await feed(havn, POLICE, "system")) == ["person-arrived"]


@pytest.mark.row(42)
async def test_a_consent_that_is_taken_back_closes_the_feed_and_what_happens_until_it_is_given_again_is_not_made_up_for(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    placement_id = await housing.booked(case_id, shelter.place_id)
    await housing.tell(withdrawn(case_id))
    assert (await housing.step(placement_id, "arrive")).status_code == 200
    assert await feed(havn, POLICE) == []
    housing.move_clock("2026-03-09T14:00:00+01:00")
    await housing.tell(given(case_id))
    assert await feed(havn, POLICE) == []
    assert (await housing.step(placement_id, "leave", body={"reason": "A flat of her own."})).status_code == 200
    assert kinds(await feed(havn, POLICE)) == ["person-left"]


@pytest.mark.row(42)
async def test_what_an_organisation_had_asked_for_is_closed_to_it_too(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter()
    case_id = await housing.case()
    await housing.booked(case_id, shelter.place_id, POLICE)
    assert kinds(await feed(havn, POLICE)) == ["placement-requested", "place-offered", "offer-accepted"]
    await housing.tell(withdrawn(case_id))
    assert await feed(havn, POLICE) == []
    assert kinds(await feed(havn, "reden")) == ["place-offered", "offer-accepted"]


async def test_of_a_move_each_house_learns_of_its_own_placement(havn: World, housing: Housing) -> None:
    old, new = await housing.shelter(), await housing.shelter(operator="roede-kors")
    case_id = await housing.case()
    placement_id = await housing.there(case_id, old.place_id)
    offered = await housing.offer(await housing.request(case_id), new.place_id, instead_of=placement_id)
    assert offered.status_code == 201, offered.text
    offer_id = offered.json()["offer_id"]
    assert (await housing.answer(offer_id, "accept", "roede-kors")).status_code == 200
    moved = await housing.step(placement_id, "move", "cmm", {"reason": "safety", "offer_id": offer_id})
    assert moved.status_code == 200, moved.text
    to_placement_id = moved.json()["placement_id"]

    async def move_of(org: str) -> dict[str, Any]:
        data: dict[str, Any] = next(item["data"] for item in await feed(havn, org) if "person-moved" in item["type"])
        return {name: data[name] for name in ("placement_id", "to_placement_id") if name in data}

    assert await move_of("reden") == {"placement_id": placement_id}
    assert await move_of("roede-kors") == {"to_placement_id": to_placement_id}
    assert await move_of("cmm") == {"placement_id": placement_id, "to_placement_id": to_placement_id}


async def test_of_a_secret_facility_those_alone_learn_who_may_know_of_it(havn: World, housing: Housing) -> None:
    secret, known = await housing.shelter(secret_address=True), await housing.shelter()

    async def facilities(org: str) -> list[str | None]:
        items = (await havn.partner(org).get(EVENTS)).json()["items"]
        return [item["data"]["facility_id"] for item in items if "reference" in item["data"]]

    hidden, shown = {None}, {known.facility_id}
    for org in ("cmm", "reden", "socialtilsyn-midt"):
        assert set(await facilities(org)) == hidden | shown, org
        assert secret.facility_id not in (await havn.partner(org).get(EVENTS)).text
    for org in ("us", POLICE, "roede-kors", "kommune-0751"):
        assert set(await facilities(org)) == shown, org
    assert await facilities("socialtilsyn-nord") == []


MERGED_AT = datetime.fromisoformat("2026-03-09T12:30:00+01:00")


@pytest.mark.row(14)
async def test_who_learns_of_no_merge_is_shown_under_its_own_case_what_comes_of_the_person(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=3)
    first, second = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")
    before = await housing.booked(second, shelter.place_ids[0], to_on="2026-03-10")
    await housing.tell(merged(first, second, at=MERGED_AT))
    housing.move_clock("2026-03-09T13:00:00+01:00")
    assert (await housing.step(before, "arrive")).status_code == 200
    assert await feed(havn, "hopenow") == [], "a stay that was booked before stays unseen"
    assert (await housing.step(before, "leave", body={"reason": "It was full."})).status_code == 200
    housing.move_clock("2026-03-10T10:00:00+01:00")
    again = await housing.there(second, shelter.place_ids[1], from_on="2026-03-10")
    of_hopenow = await feed(havn, "hopenow")
    assert kinds(of_hopenow) == ["person-arrived"]
    assert [(item["subject"], set(item["data"])) for item in of_hopenow] == [(first, ALWAYS)]
    assert int(of_hopenow[0]["sequence"]) > 0
    for said in (second, again):
        assert said not in str(of_hopenow)
    assert kinds(await feed(havn, "politi-fyn")) == ["person-arrived", "person-left", "person-arrived"]
    await housing.tell(unmerged(first, second))
    assert await feed(havn, "hopenow") == []


@pytest.mark.row(14)
async def test_who_reads_the_events_of_a_case_gets_no_number_twice_whatever_was_merged_and_undone(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter(places=4)
    first, second = await housing.case(referred_by="hopenow"), await housing.case(referred_by="politi-fyn")

    async def booked(case_id: str, day: int) -> str:
        return await housing.booked(
            case_id, shelter.place_ids[0], from_on=f"2026-03-{day:02}", to_on=f"2026-03-{day + 1:02}"
        )

    of_first, later = [await booked(first, day) for day in (9, 16)]
    await housing.tell(merged(first, second, at=MERGED_AT))
    housing.move_clock("2026-03-09T13:00:00+01:00")
    of_second = [await booked(second, day) for day in (12, 14, 18)]
    read = dict[str, list[dict[str, Any]]]({"hopenow": [], "politi-fyn": []})

    async def lived(placement_id: str, day: int) -> None:
        housing.move_clock(f"2026-03-{day:02}T14:00:00+01:00")
        for step, body in (("arrive", {}), ("leave", {"reason": "It was full."})):
            assert (await housing.step(placement_id, step, body=body)).status_code == 200
            for org, events in read.items():
                events += await feed(havn, org, after=events[-1]["id"] if events else None)

    await lived(of_first, 9)
    await lived(of_second[0], 12)
    await lived(of_second[1], 14)
    await housing.tell(unmerged(first, second))
    await lived(later, 16)
    await lived(of_second[2], 18)
    assert kinds(read["hopenow"]) == ["person-arrived", "person-left"] * 4
    for org, case_id in (("hopenow", first), ("politi-fyn", second)):
        numbers = [int(item["sequence"]) for item in read[org]]
        assert {item["subject"] for item in read[org]} == {case_id}, org
        assert len(numbers) >= 6, org
        assert numbers == sorted(set(numbers)), org
        again = {item["id"]: item["sequence"] for item in await feed(havn, org)}
        kept = {item["id"]: item["sequence"] for item in read[org] if item["id"] in again}
        assert again == kept, f"{org}: who reads again, reads the same numbers"


@pytest.mark.row(14)
async def test_who_houses_the_person_is_not_shown_by_the_feed_that_it_is_one_whom_it_has_referred(
    havn: World, housing: Housing
) -> None:
    shelter = await housing.shelter()
    first, second = await housing.case(referred_by="reden"), await housing.case(referred_by="politi-fyn")
    await housing.tell(merged(first, second, at=datetime.fromisoformat(NOW)))
    await housing.there(second, shelter.place_id)
    of_reden = await feed(havn, "reden")
    assert {item["subject"] for item in of_reden} == {second}
    assert len({item["id"] for item in of_reden}) == len(of_reden)


async def test_a_reader_goes_on_from_the_last_event_it_has(havn: World, housing: Housing) -> None:
    for place_id in (await housing.shelter(places=3)).place_ids:
        await housing.there(await housing.case(), place_id)
    cmm = havn.partner("cmm")
    whole = (await cmm.get(EVENTS, limit=100)).json()["items"]
    read, after = list[dict[str, Any]](), None
    while True:
        page = (await cmm.get(EVENTS, limit=4, after=after)).json()
        read += page["items"]
        if page["next_cursor"] is None:
            break
        after = page["next_cursor"]
    assert read == whole
    assert await feed(havn, "cmm", after=whole[-1]["id"]) == []
    unknown = await cmm.get(EVENTS, after="00000000-0000-7000-8000-000000000000")
    assert name_of(unknown) == (400, "CursorInvalid")


async def test_row_level_security_shows_each_the_events_of_what_concerns_it(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(secret_address=True)
    first, second = await housing.case(), await housing.case(referred_by="hopenow")
    await housing.booked(first, shelter.place_id)
    await housing.request(second)

    async def seen(org: str) -> set[str]:
        rows = await havn.sql_as_runtime("accommodation", "SELECT DISTINCT key FROM event_history", org=org)
        return {row["key"] for row in rows} & {first, second}

    assert await seen("cmm") == {first, second}
    assert await seen(POLICE) == await seen("reden") == {first}
    assert await seen("hopenow") == {second}
    assert await seen("us") == await seen("politi-fyn") == await seen("") == set()
