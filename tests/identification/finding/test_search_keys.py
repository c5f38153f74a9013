"""By which keyed hashes a person can be found: nobody without the key can say whose they are, and placeholders give none."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from services.identification.case.schemas import CasePerson
from services.identification.finding import search
from services.identification.finding.likeness import Likeness
from services.identification.finding.schemas import MatchedOn
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import Vault
from tests.shared.data.test_sealed import ring_of

NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
"""In Denmark it is the third by then."""
VAULT, OTHER = Vault(ring_of("1")), Vault(replace(ring_of("1"), root=b"x" * 32))
CPR, PASSPORT = {"type": "cpr", "value": "740598-1234"}, {"type": "passport", "value": "TH4471902"}


def tokens(vault: Vault = VAULT, now: datetime = NOW, **said: Any) -> set[int]:
    return search.tokens_of(vault, CasePerson.model_validate(said), now=now)


def hashes(*identifiers: dict[str, Any]) -> list[bytes]:
    person = CasePerson.model_validate({"identifiers": identifiers})
    return search.hashes_of(cast("UnitOfWork", SimpleNamespace(vault=VAULT)), person)


def test_the_same_name_has_the_same_tokens_however_it_is_spelt_and_others_have_others() -> None:
    assert tokens(given_name="Sørine", family_name="Kjær") == tokens(given_name="Soerine", family_name="Kjaer") != set()
    assert not tokens(given_name="Malee") & tokens(given_name="Ngozi")


def test_an_alias_and_a_birth_date_have_tokens_of_their_own() -> None:
    assert tokens(aliases=["Malee"]) == tokens(given_name="Malee")
    assert len(tokens(birth_date="2001-05-17")) == 1
    assert tokens(birth_date="2001-05-17") == tokens(stated_birth_date="2001-05-17") != tokens(birth_date="2001-05-18")
    assert tokens(given_name="Malee") | tokens(birth_date="2001-05-17") < tokens(
        given_name="Malee", birth_date="2001-05-17"
    )


def test_what_stands_for_something_unknown_has_none() -> None:
    assert tokens(given_name="Ukendt", family_name="N.N.", birth_date="1900-01-01") == tokens() == set()


def test_an_age_tells_the_years_of_birth_as_of_the_danish_day() -> None:
    """On new year's eve it is next year in Denmark an hour before it is one by UTC."""
    aged = {"given_name": "Malee", "stated_age": 24}
    assert tokens(**aged) != tokens(given_name="Malee")
    assert tokens(now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC), **aged) == tokens(
        now=datetime(2027, 6, 1, 12, tzinfo=UTC), **aged
    )


def test_nothing_says_whose_they_are_without_the_key() -> None:
    assert not tokens(given_name="Malee", birth_date="2001-05-17") & tokens(
        OTHER, given_name="Malee", birth_date="2001-05-17"
    )
    assert all(-(2**63) <= token < 2**63 for token in tokens(given_name="Malee", family_name="Suwan"))
    assert min(tokens(given_name="Malee", family_name="Suwan")) < 0, "all of the eight bytes are used"
    assert max(abs(token) for token in tokens(given_name="Malee", family_name="Suwan")) > 2**56


def test_a_number_is_hashed_within_its_register_however_it_is_written() -> None:
    assert hashes(CPR) == hashes(CPR | {"value": "7405981234"}) == hashes(CPR | {"type": "replacement_cpr"})
    assert hashes(PASSPORT) == hashes(PASSPORT | {"issuing_country": "THA"}), "whose country's it is, is compared later"
    assert hashes(PASSPORT) == hashes(PASSPORT | {"type": "other"}), "whether it is a passport, not everybody knows"
    assert not set(hashes(PASSPORT)) & set(hashes(PASSPORT | {"type": "foreigner_number"}))
    assert hashes(CPR, PASSPORT) == hashes(PASSPORT, CPR, PASSPORT) == sorted(hashes(CPR) + hashes(PASSPORT))
    assert hashes(PASSPORT | {"value": "ukendt"}) == hashes() == []


def test_an_answer_says_how_alike_and_in_what() -> None:
    alike = Likeness(0.72, (MatchedOn.GIVEN_NAME, MatchedOn.FAMILY_NAME))
    assert search.in_words(alike) == {"score": 0.72, "matched_on": [MatchedOn.GIVEN_NAME, MatchedOn.FAMILY_NAME]}
