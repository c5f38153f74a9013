"""What a consent says, who has it told, and that leave, withdrawal and disclosure hold across merged cases."""

from typing import Any
from uuid import uuid4

import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, US_DECIDES, Opened, name_of, open_case
from tests.identification.consents.test_consents import WITHDRAWALS, consent, is_hidden_from, status, withdraw
from tests.identification.consents.test_disclosures import BY_LAW, REASON, REPORT, disclose, try_disclosing
from tests.identification.life import done
from tests.identification.opening.doors import describe, try_opening
from tests.world import World


async def consents(case: Opened, **asked: Any) -> dict[str, Any]:
    return await done(case.get("/consents", purpose="support", **asked))


async def disclosures(case: Opened, **asked: Any) -> dict[str, Any]:
    return await done(case.get("/disclosures", purpose="support", **asked))


async def merged_pair(havn: World) -> tuple[Opened, Opened]:
    """A case, and the one that it is about to be merged into."""
    old, new = await open_case(havn, CMM_DECIDES, sender="cmm"), await open_case(havn, CMM_DECIDES, sender="cmm")
    return old, new


# ---------------------------------------------------------------- what is said

NOT_THEIRS = [
    ("hopenow", "prosecution", "accommodation, identification, return, support"),
    ("politi-fyn", "support", "accommodation, identification, investigation"),
    ("familieretshuset", "identification", "legal, support"),
    ("us", "health", "accommodation, identification, legal, return, support"),
]


@pytest.mark.parametrize(("recipient", "purpose", "theirs"), NOT_THEIRS)
async def test_a_consent_for_a_purpose_that_its_recipient_may_not_state_is_kept_with_a_warning(
    havn: World, recipient: str, purpose: str, theirs: str
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    said = {"recipient": recipient, "purpose": purpose, "scope": ["status", "person"]}
    (warned,) = (await done(case.post("/consents", said), 201))["warnings"]
    assert (warned["loc"], warned["code"]) == (["body", "purpose"], "purpose_not_theirs")
    assert warned["msg"].endswith(f"It may state: {theirs}.")
    (kept,) = (await consents(case))["items"]
    assert (kept["recipient"], kept["purpose"], kept["is_live"]) == (recipient, purpose, True)
    for stated in ("identification", "support", purpose):
        read = await case.get("/person", by=recipient, purpose=stated)
        assert read.status_code in (403, 404), "it opens nothing of the person for any purpose"


@pytest.mark.parametrize(
    ("recipient", "purpose"),
    [("hopenow", "support"), ("politi-fyn", "investigation"), ("anklagemyndigheden", "prosecution"), ("cmm", "health")],
)
async def test_one_for_a_purpose_of_theirs_has_no_warning(havn: World, recipient: str, purpose: str) -> None:
    case = await open_case(havn, CMM_DECIDES)
    given = await done(case.post("/consents", {"recipient": recipient, "purpose": purpose}), 201)
    assert given["warnings"] == []


@pytest.mark.parametrize(("recipient", "purpose", "theirs"), NOT_THEIRS)
async def test_so_is_a_disclosure_by_law_for_such_a_purpose(
    havn: World, recipient: str, purpose: str, theirs: str
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    made = await disclose(case, recipient, purpose=purpose, fields=["person"], **BY_LAW)
    (warned,) = made["warnings"]
    assert (warned["loc"], warned["code"]) == (["body", "purpose"], "purpose_not_theirs")
    assert warned["msg"].endswith(f"It may state: {theirs}.")
    assert (await disclose(case, "hopenow", **BY_LAW))["warnings"] == []


async def test_so_is_a_consent_in_a_description_of_the_person(havn: World) -> None:
    said = {
        "consents": [{"recipient": "reden", "purpose": "support"}, {"recipient": "politi-fyn", "purpose": "support"}]
    }
    (warned,) = (await done(try_opening(havn, said), 201))["warnings"]
    assert (warned["loc"], warned["code"]) == (["body", "person", "consents", 1, "purpose"], "purpose_not_theirs")
    case = await open_case(havn, CMM_DECIDES)
    (warned,) = (await done(describe(case, said)))["warnings"]
    assert (warned["loc"], warned["code"]) == (["body", "consents", 1, "purpose"], "purpose_not_theirs")


async def test_who_has_referred_the_person_may_state_support_whatever_it_is(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="politi-fyn")
    given = await done(case.post("/consents", {"recipient": "politi-fyn", "purpose": "support"}), 201)
    assert given["warnings"] == []
    for_nothing = await done(case.post("/consents", {"recipient": "politi-fyn", "purpose": "return"}), 201)
    assert "support" in for_nothing["warnings"][0]["msg"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("Outcome", ["outcome", "status"]),
        ("OUTCOME,CONTACT", ["contact", "outcome", "status"]),
        ("outcome please", ["status"]),
        ("not the outcome", ["status"]),
        (",", ["status"]),
    ],
)
async def test_words_are_codes_only_where_every_one_of_them_is(havn: World, words: str, codes: list[str]) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await consent(case, scope=words)
    (kept,) = (await consents(case))["items"]
    assert kept["scope"] == codes
    assert kept["scope_text"] == (words if codes == ["status"] else None), "what is not codes is kept as it was said"


async def test_an_interpreter_is_named_or_only_noted_and_a_consent_without_a_time_is_of_now(havn: World) -> None:
    await havn.set_clock("2026-06-12T10:00:00+02:00")
    case = await open_case(havn, CMM_DECIDES)
    said = {await consent(case, interpreter=said): said for said in ("Ms Kanya", True, False, None)}
    kept = {each["consent_id"]: each for each in (await consents(case))["items"]}
    assert {each: kept[each]["interpreter"] for each in said} == {each: told or False for each, told in said.items()}
    assert {each["given_at"] for each in kept.values()} == {"2026-06-12T08:00:00Z"}


@pytest.mark.parametrize(
    "said",
    [
        {"recipient": "nobody-at-all!"},
        {"purpose": "curiosity"},
        {"scope": ["everything"]},
        {"scope": [7]},
        {"method": "telepathy"},
        {"given_at": "2026-06-12T10:00:00"},
        {"until": "2027-01-01"},
    ],
)
async def test_a_consent_that_cannot_be_read_lets_nobody_know(havn: World, said: dict[str, Any]) -> None:
    case = await open_case(havn, CMM_DECIDES)
    refused = await case.post("/consents", {"recipient": "hopenow", "purpose": "support"} | said)
    assert refused.status_code == 422, refused.text
    assert (await consents(case))["items"] == []
    assert await is_hidden_from(case, "hopenow")
    assert await havn.events("identification", "consent-given") == []


async def test_a_consent_that_came_with_a_referral_opens_the_status_alone_and_says_not_how_it_was_given(
    havn: World,
) -> None:
    case = await open_case(
        havn, CMM_DECIDES | {"given_name": "Malee", "consents": [{"recipient": "hopenow", "purpose": "support"}]}
    )
    await case.decide()
    (kept,) = (await consents(case))["items"]
    assert (kept["scope"], kept["method"]) == (["status"], None)
    told = (await status(case, "hopenow"))[1]
    assert (told["status"], told["outcome"]) == ("decided", None)
    assert (await case.get("/person", by="hopenow", purpose="support")).status_code == 404


async def test_consents_come_in_pages_newest_first(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    made = [await consent(case, purpose=purpose) for purpose in ("support", "legal", "health")]
    first = await consents(case, limit=2)
    second = await consents(case, limit=2, cursor=first["next_cursor"])
    assert [each["consent_id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


async def test_withdrawals_come_in_pages_oldest_first(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    made = [await consent(case, purpose=purpose) for purpose in ("support", "legal", "health")]
    for consent_id in made[::-1]:
        await withdraw(case, consent_id)
    hopenow = havn.partner("hopenow")
    first = await done(hopenow.get(WITHDRAWALS, limit=2))
    second = await done(hopenow.get(WITHDRAWALS, limit=2, cursor=first["next_cursor"]))
    assert [each["consent_id"] for each in first["items"] + second["items"]] == made[::-1]


async def test_a_withdrawal_on_a_stale_copy_or_of_no_consent_takes_nothing_back(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    seen = await case.etag()
    consent_id = await consent(case)
    stale = await case.post(f"/consents/{consent_id}/withdraw", {}, if_match=seen)
    assert name_of(stale) == (412, "Stale")
    assert name_of(await case.post(f"/consents/{uuid4()}/withdraw", {})) == (404, "NotFound")
    assert (await status(case, "hopenow"))[0] == 200
    assert (await consents(case))["items"][0]["is_live"] is True


@pytest.mark.row(42)
async def test_a_consent_of_before_that_is_entered_late_brings_back_nothing_that_was_taken_back(havn: World) -> None:
    await havn.set_clock("2026-06-15T10:00:00+02:00")
    case = await open_case(havn, CMM_DECIDES)
    form = {"recipient": "reden", "purpose": "support", "given_at": "2026-06-02T10:00:00+02:00"}
    given = await case.post("/consents", form)
    assert given.status_code == 201, given.text
    await havn.set_clock("2026-06-16T10:00:00+02:00")
    await withdraw(case, given.json()["consent_id"])
    await havn.set_clock("2026-06-17T10:00:00+02:00")
    assert name_of(await case.post("/consents", form)) == (409, "ConsentGivenBefore")
    assert (await status(case, "reden"))[0] == 404
    other = await case.post("/consents", form | {"purpose": "accommodation"})
    assert other.status_code == 201, "of that purpose the person has taken back nothing"
    anew = await case.post("/consents", form | {"given_at": "2026-06-16T11:00:00+02:00"})
    assert anew.status_code == 201, "they have changed their mind"
    assert (await status(case, "reden"))[0] == 200


async def test_when_the_person_said_so_is_kept_sealed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    quiet, spoken = await consent(case), await consent(case, purpose="legal")
    await withdraw(case, quiet)
    await withdraw(case, spoken, withdrawn_at="1999-12-31T10:00:00+01:00")
    rows = await havn.sql("identification", "SELECT id::text, particulars, consent::text AS row FROM consent")
    assert {row["id"] for row in rows if row["particulars"]} == {spoken}
    assert not any("1999-12" in row["row"] for row in rows)
    assert (await consents(case))["items"][0]["scope_text"] is None


# ---------------------------------------------------------------- what is left to whom after a withdrawal


async def test_a_childs_municipality_that_was_told_by_consent_too_keeps_its_own_clock(havn: World) -> None:
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    case = await open_case(havn, DANISH_GIRL, sender="cmm", municipality="0461")
    consent_id = await consent(case, "kommune-0461")
    assert (await status(case, "kommune-0461"))[0] == 200
    await withdraw(case, consent_id)
    assert (await status(case, "kommune-0461"))[1]["status"] is None, "its task gives it nothing of that"
    home, other = havn.partner("kommune-0461"), havn.partner("kommune-0751")
    (clock,) = (await done(home.get("/identification/v1/deadlines")))["items"]
    assert (clock["kind"], clock["case_id"]) == ("child_notification", case.id)
    await withdraw(case, await consent(case, "kommune-0751"))
    assert (await done(other.get("/identification/v1/deadlines")))["items"] == []
    parts = await havn.sql("identification", "SELECT part FROM case_party WHERE org = 'kommune-0751'")
    assert parts == [], "another municipality has no clock here, and so no part"


async def test_a_referrer_who_was_never_given_a_consent_stays_one_when_a_disclosure_ends(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    made = await disclose(case, "hopenow", fields=["outcome"], **BY_LAW)
    await case.decide()
    assert (await status(case, "hopenow"))[1]["outcome"] == "assessed_trafficked"
    await done(case.post(f"/disclosures/{made['disclosure_id']}/end", None))
    told = (await status(case, "hopenow"))[1]
    assert (told["status"], told["deciding_authority"], told["outcome"]) == ("decided", "CMM", None)


# ---------------------------------------------------------------- disclosures


async def test_of_several_live_consents_the_one_that_covers_the_fields_is_the_basis(havn: World) -> None:
    """A later, narrower consent takes nothing back: only a withdrawal does."""
    case = await open_case(havn, CMM_DECIDES)
    wide = await consent(case, scope=["outcome"])
    narrow = await consent(case)
    await disclose(case, "hopenow", fields=["outcome"])
    await disclose(case, "hopenow", fields=["status"])
    kept = (await disclosures(case))["items"]
    assert [each["consent_id"] for each in kept] == [narrow, wide], "of those that cover it the newest"
    refused = await try_disclosing(case, "hopenow", fields=["person", "status"])
    assert name_of(refused) == (409, "ConsentMissing")
    assert refused.json()["has_consent_for"] == ["outcome", "status"]
    assert "covers all these fields" in refused.json()["detail"]
    await withdraw(case, wide)
    assert name_of(await try_disclosing(case, "hopenow", fields=["outcome"])) == (409, "ConsentMissing")


async def test_a_law_that_is_named_besides_a_consent_is_not_needed_and_not_counted(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    consent_id = await consent(case)
    made = await disclose(case, "hopenow", fields=["status", "status"], note="By letter.", **BY_LAW)
    (kept,) = (await disclosures(case))["items"]
    assert kept == {
        "disclosure_id": made["disclosure_id"],
        "case_id": case.id,
        "recipient": "hopenow",
        "purpose": "support",
        "fields": ["status"],
        "basis": "consent",
        "consent_id": consent_id,
        "legal_basis": None,
        "reason": REASON,
        "note": "By letter.",
        "made_at": kept["made_at"],
        "made_by": "cmm",
        "ended_at": None,
    }
    assert (await done(havn.partner("cmm").get(REPORT, purpose="supervision", basis="law")))["items"] == []
    assert len((await done(havn.partner("cmm").get(REPORT, purpose="supervision")))["items"]) == 1
    await withdraw(case, consent_id)
    assert await is_hidden_from(case, "hopenow"), "what rested on consent ends with it"


async def test_each_half_of_a_law_is_asked_for_by_name_and_nothing_is_kept(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    nameless = await try_disclosing(case, reason=REASON)
    assert name_of(nameless) == (409, "ConsentMissing")
    assert "lets this recipient know for this purpose" in nameless.json()["detail"]
    assert nameless.json()["has_consent_for"] == []
    unreasoned = await try_disclosing(case, legal_basis="court_order")
    assert name_of(unreasoned) == (409, "ReasonMissing")
    assert "`reason`" in unreasoned.json()["detail"]
    for bad in ({"fields": []}, {"fields": ["shoe_size"]}, {"legal_basis": "because"}):
        assert name_of(await try_disclosing(case, **(BY_LAW | bad))) == (422, "InvalidInput")
    assert (await disclosures(case))["items"] == []


async def test_a_disclosure_is_ended_in_its_own_case_only(havn: World) -> None:
    case, other = await open_case(havn, CMM_DECIDES), await open_case(havn, US_DECIDES)
    made = await disclose(case, **BY_LAW)
    for stray in (made["disclosure_id"], uuid4()):
        assert name_of(await other.post(f"/disclosures/{stray}/end", None)) == (404, "NotFound")
    assert (await disclosures(other))["items"] == []
    assert (await status(case, "kommune-0461"))[0] == 200
    await done(case.post(f"/disclosures/{made['disclosure_id']}/end", None))
    assert (await disclosures(case))["items"][0]["ended_at"] is not None, "it stays on record"
    assert (await status(case, "kommune-0461"))[0] == 404


# ---------------------------------------------------------------- two cases of one person


async def test_what_was_allowed_in_a_merged_case_is_allowed_where_it_goes_on_once_cmm_confirms_and_taken_back_there(
    havn: World,
) -> None:
    old, new = await merged_pair(havn)
    consent_id = await consent(old, scope=["outcome"])
    await done(old.post("/merge", {"into": new.id}))
    assert await is_hidden_from(new, "hopenow")
    assert name_of(await try_disclosing(new, "hopenow", fields=["outcome"])) == (409, "ConsentMissing")
    await done(new.post(f"/consents/{consent_id}/confirm", None))
    made = await disclose(new, "hopenow", fields=["outcome"])
    assert [each["consent_id"] for each in (await consents(new))["items"]] == [consent_id]
    assert [each["disclosure_id"] for each in (await disclosures(new))["items"]] == [made["disclosure_id"]]
    await withdraw(new, consent_id)
    told = await havn.events("identification", "consent-withdrawn")
    assert {event["case_id"] for event in told} == {old.id, new.id}, "partners may know the person by either"
    for case in (old, new):
        assert await is_hidden_from(case, "hopenow")
    assert name_of(await try_disclosing(new, "hopenow", fields=["outcome"])) == (409, "ConsentMissing")


async def test_what_was_taken_back_where_the_work_goes_on_no_older_consent_of_a_merged_case_brings_back(
    havn: World,
) -> None:
    old, new = await merged_pair(havn)
    older = await consent(old, given_at="2026-03-02T10:00:00+01:00")
    await withdraw(new, await consent(new))
    await done(old.post("/merge", {"into": new.id}))
    assert name_of(await new.post(f"/consents/{older}/confirm", None)) == (409, "ConsentGivenBefore")
    assert await is_hidden_from(new, "hopenow")


async def test_a_disclosure_of_a_merged_case_is_listed_and_ended_in_the_one_that_goes_on(havn: World) -> None:
    old, new = await merged_pair(havn)
    made = await disclose(old, "hopenow", **BY_LAW)
    await done(old.post("/merge", {"into": new.id}))
    assert (await status(old, "hopenow"))[0] == 200
    assert await is_hidden_from(new, "hopenow"), "a merge gives nobody a part"
    assert [each["disclosure_id"] for each in (await disclosures(new))["items"]] == [made["disclosure_id"]]
    await done(new.post(f"/disclosures/{made['disclosure_id']}/end", None))
    for case in (old, new):
        assert await is_hidden_from(case, "hopenow")
