"""`havn demo` says what is true of the Havn that it is played against, however full that is."""

from io import StringIO

import pytest
from rich.console import Console

from services.demo.play import _story as tell
from tests.accommodation.housing import Housing
from tests.journeys.sc01 import Story
from tests.world import World


async def played(havn: World, identifier: str) -> str:
    """What is printed when the story is told once more, with another P01."""
    story = Story(havn)
    story.identifier = identifier
    out = Console(file=StringIO(), width=200, color_system=None)
    await tell(story, out)
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


async def test_on_an_empty_havn_the_shelter_is_all_there_is(havn: World) -> None:
    said = await played(havn, "7405981AB2")
    assert "Both places of the shelter are taken, and no other facility has one for P02." in said
    assert ": 2, both from this raid" in said
    rows = await havn.sql(
        "accommodation",
        "SELECT f.kind, f.municipality, count(*) FILTER (WHERE p.kind = 'peak') AS peaks, count(*) AS places"
        " FROM facility f JOIN place p ON p.facility_id = f.id GROUP BY f.id",
    )
    assert sorted((row["kind"], row["municipality"], row["places"], row["peaks"]) for row in rows) == [
        ("asylum_centre", "0851", 3, 0),
        ("childrens_centre", "0265", 2, 0),
        ("crisis_centre", "0101", 9, 2),
        ("crisis_centre", "0751", 2, 0),
        ("hostel_110", "0607", 3, 0),
        ("mens_crisis_centre", "0461", 2, 0),
        ("safe_flat", "0751", 1, 0),
    ]
    assert "P01 has arrived at the shelter; CMM pays." in said
    assert "P03 has arrived at the shelter; US pays." in said


@pytest.mark.parametrize(("places", "told"), [(1, "one place"), (3, "3 places")])
async def test_on_a_filled_havn_it_tells_its_own_from_what_was_there(havn: World, places: int, told: str) -> None:
    await havn.set_clock("2026-03-01T10:00:00+01:00")
    other = await Housing(havn).shelter(places, "amiami", region="1082")
    first = await played(havn, "7405981AB2")
    assert f"Both places of the shelter are taken; elsewhere {told} would do for P02." in first
    second = await played(havn, "7405982AB2")
    # What the first story has opened would do as well: seven ordinary places of reden-k, the safe flat, three of the hostel.
    assert f"elsewhere {places + 11} places would do for P02" in second, "the story takes no place of another facility"
    assert ": 4, of whom 2 were counted before this raid" in second
    stays = await havn.sql(
        "accommodation", "SELECT 1 FROM stay WHERE place_id = ANY($1::uuid[])", list(other.place_ids)
    )
    assert stays == []
