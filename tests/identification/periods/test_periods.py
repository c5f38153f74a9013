"""Thirty days, at most one hundred and twenty, counted from the decision."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.models import Case
from services.identification.periods.lengths import (
    TERMS,
    AlertDays,
    ExtensionBeforeEnd,
    LegalStatus,
    PastTheCap,
    Period,
    PeriodDates,
    PeriodKindUnclear,
    PeriodTerms,
    alert_days,
    departure_deadline,
    departure_deadline_suspended,
    extension,
    is_suspended,
    kind_of_period,
    period_from,
)
from services.identification.periods.models import GrantedPeriod
from shared.contract.codes import Authority, PeriodKind, ResidenceBasis
from shared.rules.decision_tables import NoTableInForce, TableInvalid, load

DECIDED_ON = date(2026, 3, 9)
decision_days = st.dates(date(2021, 1, 1), date(2100, 1, 1))


def period(kind: PeriodKind = PeriodKind.REFLECTION) -> Period:
    starts_on, ends_on, cap_on = period_from(DECIDED_ON)
    return Period(kind=kind, starts_on=starts_on, ends_on=ends_on, cap_on=cap_on)


@pytest.mark.parametrize(
    ("story", "decided_on", "ends_on", "cap_on"),
    [
        ("SC01", date(2026, 3, 9), date(2026, 4, 8), date(2026, 7, 7)),
        ("SC02", date(2026, 2, 3), date(2026, 3, 5), date(2026, 6, 3)),
        ("SC03", date(2026, 5, 18), date(2026, 6, 17), date(2026, 9, 15)),
        ("SC04", date(2026, 3, 30), date(2026, 4, 29), date(2026, 7, 28)),
        ("SC06", date(2026, 7, 1), date(2026, 7, 31), date(2026, 10, 29)),
        ("SC07", date(2026, 5, 4), date(2026, 6, 3), date(2026, 9, 1)),
        ("SC10", date(2026, 8, 10), date(2026, 9, 9), date(2026, 12, 8)),
        ("leap day within", date(2028, 2, 1), date(2028, 3, 2), date(2028, 5, 31)),
    ],
)
@pytest.mark.row(73)
def test_the_periods_of_the_stories_end_on_the_days_told(
    story: str, decided_on: date, ends_on: date, cap_on: date
) -> None:
    assert period_from(decided_on) == PeriodDates(decided_on, ends_on, cap_on), story


@given(decision_days)
def test_a_period_is_30_days_and_never_more_than_120(decided_on: date) -> None:
    dates = period_from(decided_on)
    assert dates.starts_on == decided_on
    assert (dates.ends_on - dates.starts_on).days == 30
    assert (dates.cap_on - dates.starts_on).days == 120


def test_the_lengths_and_whether_the_first_day_counts_are_terms_not_code() -> None:
    terms = PeriodTerms(
        version="t", valid_from=date(2030, 1, 1), days=90, cap_days=180, first_day_counts=True, alert_days_before_cap=7
    )
    assert period_from(date(2030, 1, 1), terms) == (date(2030, 1, 1), date(2030, 3, 31), date(2030, 6, 29))


def test_a_cap_shorter_than_the_period_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "periods-2030.json"
    content = {"version": "t", "valid_from": "2030-01-01", "days": 30, "cap_days": 20, "alert_days_before_cap": 7}
    broken.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TableInvalid, match="cap_days must be at least days"):
        load(broken, PeriodTerms)


def test_a_decision_of_a_day_without_terms_gets_no_guessed_period() -> None:
    with pytest.raises(NoTableInForce):
        period_from(date(2020, 12, 31))


@pytest.mark.parametrize("basis", ResidenceBasis)
def test_us_gives_reflection_and_cmm_restitution_but_to_who_has_no_legal_stay(basis: ResidenceBasis) -> None:
    """As after an appeal that was referred back to CMM, when the visa has run out meanwhile."""
    status = LegalStatus(basis)
    assert kind_of_period(Authority.US, status, decided_on=DECIDED_ON) is PeriodKind.REFLECTION
    without = basis in (ResidenceBasis.NO_LEGAL_STAY, ResidenceBasis.ASYLUM_SEEKER)
    by_centre = PeriodKind.REFLECTION if without else PeriodKind.RESTITUTION
    assert kind_of_period(Authority.CMM, status, decided_on=DECIDED_ON) is by_centre


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (LegalStatus(ResidenceBasis.NO_LEGAL_STAY), PeriodKind.REFLECTION),
        (LegalStatus(ResidenceBasis.ASYLUM_SEEKER), PeriodKind.REFLECTION),
        (LegalStatus(ResidenceBasis.RESIDENCE_PERMIT, asylum_pending=True), PeriodKind.REFLECTION),
        (LegalStatus(ResidenceBasis.DUBLIN, asylum_pending=True), PeriodKind.REFLECTION),
        (LegalStatus(ResidenceBasis.VISA, residence_valid_until=date(2026, 3, 8)), PeriodKind.REFLECTION),
        (LegalStatus(ResidenceBasis.VISA, residence_valid_until=date(2026, 3, 9)), PeriodKind.RESTITUTION),
        (LegalStatus(ResidenceBasis.VISA_FREE), PeriodKind.RESTITUTION),
        (LegalStatus(ResidenceBasis.DANISH_CITIZEN), PeriodKind.RESTITUTION),
        (LegalStatus(ResidenceBasis.EU_RIGHT_OF_RESIDENCE), PeriodKind.RESTITUTION),
        (LegalStatus(ResidenceBasis.RESIDENCE_PERMIT), PeriodKind.RESTITUTION),
    ],
)
def test_after_a_judgment_the_legal_status_tells_which_period_it_is(status: LegalStatus, kind: PeriodKind) -> None:
    assert kind_of_period(Authority.COURT, status, decided_on=DECIDED_ON) is kind


@pytest.mark.parametrize("basis", ["dublin", "temporary_protection_ua", "unknown"])
def test_after_a_judgment_an_unclear_status_is_not_guessed(basis: str) -> None:
    with pytest.raises(PeriodKindUnclear):
        kind_of_period(Authority.COURT, LegalStatus(ResidenceBasis(basis)), decided_on=DECIDED_ON)


def test_a_case_that_awaits_a_lawyer_gets_no_period() -> None:
    with pytest.raises(PeriodKindUnclear):
        kind_of_period(Authority.NEEDS_REVIEW, LegalStatus(ResidenceBasis.VISA), decided_on=DECIDED_ON)


def test_an_asylum_case_suspends_the_departure_deadline_of_a_reflection_period_only() -> None:
    assert departure_deadline_suspended(PeriodKind.REFLECTION, may_stay=True)
    assert not departure_deadline_suspended(PeriodKind.REFLECTION, may_stay=False)
    assert not departure_deadline_suspended(PeriodKind.RESTITUTION, may_stay=True)


def test_only_a_reflection_period_that_is_not_suspended_has_a_departure_deadline() -> None:
    assert departure_deadline(period(), is_suspended=False) == date(2026, 4, 8)
    assert departure_deadline(period(), is_suspended=True) is None
    assert departure_deadline(period(PeriodKind.RESTITUTION), is_suspended=False) is None


def test_an_extension_moves_the_end_and_leaves_start_and_cap() -> None:
    longer = extension(period(), until=date(2026, 5, 8), on=date(2026, 4, 1))
    assert (longer.starts_on, longer.ends_on, longer.cap_on) == (DECIDED_ON, date(2026, 5, 8), date(2026, 7, 7))


def test_the_cap_is_the_last_day_and_counts_from_the_start_not_from_the_end() -> None:
    assert extension(period(), until=date(2026, 7, 7), on=date(2026, 4, 1)).ends_on == date(2026, 7, 7)
    with pytest.raises(PastTheCap) as refused:
        extension(period(), until=date(2026, 7, 8), on=date(2026, 4, 1))
    assert refused.value.status == 409
    assert "2026-07-07" in refused.value.detail


@pytest.mark.parametrize("until", [date(2026, 4, 8), date(2026, 4, 1)])
def test_an_extension_that_does_not_extend_is_refused(until: date) -> None:
    with pytest.raises(ExtensionBeforeEnd) as refused:
        extension(period(), until=until, on=date(2026, 4, 1))
    assert refused.value.status == 422


def test_a_period_is_extended_until_its_cap_also_once_it_has_ended_but_not_into_the_past() -> None:
    for on in (date(2026, 4, 8), date(2026, 4, 9), date(2026, 5, 1)):
        assert extension(period(), until=date(2026, 5, 1), on=on).ends_on == date(2026, 5, 1)
    with pytest.raises(ExtensionBeforeEnd, match="must not be over already: name 2026-05-02 or a later day"):
        extension(period(), until=date(2026, 5, 1), on=date(2026, 5, 2))
    with pytest.raises(PastTheCap):
        extension(period(), until=date(2026, 7, 8), on=date(2026, 7, 8))


@given(decision_days, st.lists(st.integers(1, 60), max_size=6))
def test_no_chain_of_extensions_gets_past_the_cap(decided_on: date, steps: list[int]) -> None:
    starts_on, ends_on, cap_on = period_from(decided_on)
    current = Period(kind=PeriodKind.REFLECTION, starts_on=starts_on, ends_on=ends_on, cap_on=cap_on)
    for step in steps:
        until = current.ends_on + timedelta(days=step)
        if until > cap_on:
            with pytest.raises(PastTheCap):
                extension(current, until=until, on=current.ends_on)
        else:
            current = extension(current, until=until, on=current.ends_on)
    assert (current.ends_on - starts_on).days <= 120


def test_warnings_fall_on_days_20_25_and_30_and_14_days_before_the_cap() -> None:
    assert alert_days(period(), TERMS.on(DECIDED_ON)) == AlertDays(
        of_end=(date(2026, 3, 29), date(2026, 4, 3), date(2026, 4, 8)), of_cap=(date(2026, 6, 23),)
    )


def test_an_extended_period_is_warned_of_again_before_its_new_end() -> None:
    longer = replace(period(), ends_on=date(2026, 5, 8))
    again = (date(2026, 4, 28), date(2026, 5, 3), date(2026, 5, 8))
    before = alert_days(period(), TERMS.on(DECIDED_ON))
    assert alert_days(longer, TERMS.on(DECIDED_ON)) == AlertDays(before.of_end + again, before.of_cap)


def test_no_warning_lies_beyond_the_end_of_a_period() -> None:
    late = TERMS.on(DECIDED_ON).model_copy(update={"alert_days": (20, 31)})
    assert alert_days(period(), late).of_end == (date(2026, 3, 29),)


def test_what_is_refused_says_what_to_do() -> None:
    with pytest.raises(ExtensionBeforeEnd, match="must end after 2026-04-08, when the period ends now"):
        extension(period(), until=date(2026, 4, 8), on=date(2026, 4, 1))
    with pytest.raises(PastTheCap, match="may last until 2026-07-07 at most") as refused:
        extension(period(), until=date(2026, 7, 8), on=date(2026, 4, 1))
    assert refused.value.extra == {"cap_on": "2026-07-07"}
    with pytest.raises(PeriodKindUnclear, match="A lawyer must settle which authority decides"):
        kind_of_period(Authority.NEEDS_REVIEW, LegalStatus(ResidenceBasis.VISA), decided_on=DECIDED_ON)
    with pytest.raises(PeriodKindUnclear, match="Record the person's legal status at the decision"):
        kind_of_period(Authority.COURT, LegalStatus(ResidenceBasis.UNKNOWN), decided_on=DECIDED_ON)
    with pytest.raises(NoTableInForce, match="periods is in force on 2020-12-31"):
        TERMS.on(date(2020, 12, 31))


@pytest.mark.parametrize(
    ("kind", "basis", "asylum_pending", "suspended"),
    [
        (PeriodKind.REFLECTION, ResidenceBasis.NO_LEGAL_STAY, False, False),
        (PeriodKind.REFLECTION, ResidenceBasis.NO_LEGAL_STAY, True, True),
        (PeriodKind.REFLECTION, ResidenceBasis.ASYLUM_SEEKER, False, True),
        (PeriodKind.RESTITUTION, ResidenceBasis.VISA, True, False),
        (PeriodKind.RESTITUTION, ResidenceBasis.ASYLUM_SEEKER, True, False),
    ],
)
def test_it_is_the_asylum_case_of_today_that_suspends(
    kind: PeriodKind, basis: ResidenceBasis, asylum_pending: bool, suspended: bool
) -> None:
    case = Case(residence_basis=basis, asylum_pending=asylum_pending, citizenships=["THA"])
    assert is_suspended(case, GrantedPeriod(kind=kind, ends_on=date(2026, 4, 8))) is suspended


@pytest.mark.parametrize(
    ("known", "suspended"),
    [
        ({"residence_basis": ResidenceBasis.RESIDENCE_PERMIT}, True),
        ({"residence_basis": ResidenceBasis.RESIDENCE_PERMIT, "residence_valid_until": date(2026, 4, 8)}, True),
        ({"residence_basis": ResidenceBasis.RESIDENCE_PERMIT, "residence_valid_until": date(2026, 4, 7)}, False),
        ({"residence_basis": ResidenceBasis.RESIDENCE_PERMIT, "unpermitted_work": True}, False),
        ({"residence_basis": ResidenceBasis.EU_RIGHT_OF_RESIDENCE}, True),
        ({"residence_basis": ResidenceBasis.VISA}, False),
        ({"residence_basis": ResidenceBasis.NO_LEGAL_STAY, "citizenships": ["THA", "DNK"]}, True),
    ],
)
def test_who_was_given_a_stay_that_lasts_beyond_the_period_need_not_leave(
    known: dict[str, Any], suspended: bool
) -> None:
    case = Case(**({"asylum_pending": False, "citizenships": ["THA"]} | known))
    assert is_suspended(case, GrantedPeriod(kind=PeriodKind.REFLECTION, ends_on=date(2026, 4, 8))) is suspended
