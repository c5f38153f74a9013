from tests.world import World

REFERRAL = {
    "kind": "identification",
    "channel": "police_operation",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "reason": "Fourteen hours a day, passports held.",
    "subjects": [{"reference": "P01", "stated_age": 24}],
}


async def test_a_partner_submits_a_referral_and_reads_it_back(havn: World) -> None:
    politi = havn.partner("politi-oestjylland")
    submitted = await politi.post("/referrals/v1/referrals", REFERRAL)
    assert submitted.status_code == 201, submitted.text
    referral_id = submitted.json()["referral_id"]
    read = await politi.get(f"/referrals/v1/referrals/{referral_id}", purpose="investigation")
    assert read.status_code == 200, read.text
    assert read.json()["reason"] == REFERRAL["reason"]
