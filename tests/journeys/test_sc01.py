from tests.journeys.sc01 import Story
from tests.world import World


async def test_sc01_from_the_raid_to_the_decisions(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    cmm = havn.partner("cmm")
    routings = {name: (await cmm.get(story.case(name))).json()["routing"] for name in story.cases}
    assert {name: routing["rule"] for name, routing in routings.items()} == {"P01": "R7", "P02": "R7", "P03": "R6"}
    await story.settle()
    await story.interview()
    await story.decide()
    granted = await story.grant()
    assert granted["P01"]["kind"] == "restitution"
    assert (granted["P01"]["ends_on"], granted["P01"]["cap_on"]) == ("2026-04-08", "2026-07-07")
    assert granted["P03"]["kind"] == "reflection"
    assert granted["P03"]["ends_on"] == "2026-04-08"
