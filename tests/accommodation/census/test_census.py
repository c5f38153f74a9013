"""How many beds are taken on a night, by whoever is there."""

from tests.accommodation.housing import Housing
from tests.world import World


async def test_whoever_is_there_is_counted_whatever_the_place_s_own_days_are(havn: World, housing: Housing) -> None:
    """A plan beats no fact: not for who stays on, and not for who was there before the days were changed."""
    shelter, reden = await housing.shelter(2), havn.partner("reden")
    path = f"/accommodation/v1/facilities/{shelter.facility_id}/places/{shelter.place_ids[0]}"

    async def open_on(**days: str) -> None:
        changed = await reden.put(path, {"label": "Room 10", "kind": "ordinary"} | days, if_match="*")
        assert changed.status_code == 200, changed.text

    async def counted(on: str) -> tuple[int, int]:
        items = (await reden.get("/accommodation/v1/occupancy", on=on)).json()["items"]
        (found,) = [each for each in items if each["facility_id"] == shelter.facility_id]
        return found["capacity"], found["occupied"]

    await open_on(available_until="2026-03-12")
    placement_id = await housing.there(await housing.case(), shelter.place_ids[0], to_on="2026-03-12")
    assert await counted("2026-03-10") == (2, 1)
    await havn.set_clock("2026-03-15T12:00:00+01:00")
    assert await counted("2026-03-14") == (2, 1), "she has not left"
    left = await housing.step(placement_id, "leave", body={"left_at": "2026-03-15T11:00:00+01:00", "reason": "Home."})
    assert left.status_code == 200, left.text
    assert await counted("2026-03-15") == (1, 0)
    await open_on(available_from="2026-03-15")
    assert await counted("2026-03-14") == (2, 1), "what was is not otherwise by what will be"
    assert await counted("2026-03-15") == (2, 0)
