from tests.journeys.sc01 import Story
from tests.world import World


async def test_sc01_from_the_raid_to_the_figure(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    rules = {name: (routing["rule"], routing["authority"]) for name, routing in (await story.routings()).items()}
    assert rules == {"P01": ("R7", "needs_review"), "P02": ("R7", "needs_review"), "P03": ("R6", "US")}

    await story.settle()
    await story.interview()
    await story.decide()
    granted = await story.grant()
    assert granted["P01"]["kind"] == "restitution"
    assert (granted["P01"]["ends_on"], granted["P01"]["cap_on"]) == ("2026-04-08", "2026-07-07")
    assert granted["P03"]["kind"] == "reflection"
    assert granted["P03"]["ends_on"] == "2026-04-08"
    assert granted["P03"]["departure_deadline_suspended"] is False

    await havn.settled()
    shelter = await story.open_shelter()
    for org, name in (("cmm", "P01"), ("us", "P03")):
        placement = await story.place(org, name)
        assert (placement["status"], placement["facility_id"]) == ("arrived", shelter)
    third = await story.request_place("cmm", "P02")
    assert third["matches"]["items"] == []
    assert third["matches"]["excluded"] == {"occupied": 2}

    table = await story.figure()
    counted = [(row["gender"], row["exploitation_form"], row["count"]) for row in table["rows"]]
    assert counted == [("woman", "SEXUAL", 2)]


async def test_sc01_us_pays_for_who_has_no_legal_stay_and_cmm_for_the_visa_holder(havn: World) -> None:
    story = Story(havn)
    await story.play()
    for org, reference, row, payer in (("cmm", "P01", "A1", "CMM"), ("us", "P03", "B3", "US")):
        responsibility = (await story.request_place(org, reference))["responsibility"]
        assert (responsibility["row"], responsibility["payer"]) == (row, payer)


async def test_sc01_is_counted_by_decider_and_by_who_referred(havn: World) -> None:
    story = Story(havn)
    await story.play()
    statistician = havn.partner("cmm", "statistician")
    by_authority = await statistician.get("/stats/v1/victims?by=authority&from=2026&to=2026&audience=internal")
    assert {row["authority"]: row["count"] for row in by_authority.json()["rows"]} == {"CMM": 1, "US": 1}
    flow = (await statistician.get("/stats/v1/flow?from=2026&to=2026")).json()
    assert flow["interviewed"] == 3
    assert [(row["referred_by"], row["count"]) for row in flow["referrals"]] == [("politi-oestjylland", 1)]
