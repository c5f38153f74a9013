"""Two subjects of one referral are never the same person: its sender has counted them (docs/rules.md, identity-4)."""

import pytest

from tests.identification.builders import CMM_DECIDES, open_case, open_cases
from tests.identification.questions.test_questions import MALEE, NUMBER, as_met, look
from tests.world import World


async def test_two_subjects_of_one_referral_are_never_the_same(havn: World) -> None:
    """Their sender has counted them (docs/rules.md, identity-4)."""
    first, second = await open_cases(havn, MALEE | NUMBER, MALEE | NUMBER)
    assert first.id != second.id
    assert await as_met(first).questions() == await as_met(second).questions() == []


@pytest.mark.parametrize("by_hand", [False, True])
async def test_nor_by_a_third_case_that_is_one_with_either(havn: World, *, by_hand: bool) -> None:
    first, second = map(as_met, await open_cases(havn, CMM_DECIDES | NUMBER, CMM_DECIDES | NUMBER))
    third = as_met(await open_case(havn, CMM_DECIDES | NUMBER, sender="hopenow"))
    assert await third.asked_about() == {first.id, second.id}
    merged = await (third.merge(first) if by_hand else third.answer(first, "same"))
    assert merged.status_code == 200, merged.text
    assert await first.questions() == await second.questions() == []
    await look(havn, first)
    await look(havn, second)
    assert await first.questions() == await second.questions() == []
    await second.decide()
    if by_hand:
        assert (await third.unmerge()).status_code == 200
        assert await third.asked_about() == {first.id, second.id}, "as before"
