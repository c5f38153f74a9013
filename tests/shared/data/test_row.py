"""New rows of the services' tables: what is given, the defaults of the rest, and nothing that counts as a change."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Integer
from sqlalchemy.orm import registry
from sqlalchemy.orm.attributes import instance_state
from sqlmodel import Field

from services.accommodation.case.models import KnownCase
from services.referrals.models import ReferralSubject, StatusChange
from shared.data.row import Row


def test_a_row_is_what_was_given_and_the_defaults_of_the_rest() -> None:
    referral = UUID(int=1)
    row = ReferralSubject(referral_id=referral, position=3)
    assert (row.referral_id, row.position, row.erased_at) == (referral, 3, None)
    assert row.id.version == 4


def test_a_default_that_is_made_is_made_for_each_row() -> None:
    first, second = (ReferralSubject(referral_id=UUID(int=1), position=0) for _ in range(2))
    assert first.id != second.id
    known, other = (KnownCase(case_id=UUID(int=at)) for at in (1, 2))
    known.positive_decisions.append(UUID(int=9))
    assert other.positive_decisions == []


def test_what_is_no_column_is_passed_over() -> None:
    given = {"referral_id": UUID(int=1), "position": 0, "nickname": "Nok"}
    assert "nickname" not in ReferralSubject(**given).model_dump()


def test_a_new_row_has_changed_nothing_and_a_change_of_it_is_seen() -> None:
    row = ReferralSubject(referral_id=UUID(int=1), position=0)
    assert not instance_state(row).committed_state
    row.erased_at = datetime(2026, 3, 2, tzinfo=UTC)
    assert set(instance_state(row).committed_state) == {"erased_at"}


def test_what_was_not_given_and_has_no_default_is_not_sent() -> None:
    row = StatusChange(referral_id=UUID(int=1))  # type: ignore[call-arg]
    assert "org" not in row.__dict__
    assert row.recipient is None


def test_a_default_that_one_row_could_change_for_all_is_refused() -> None:
    class Table(Row, registry=registry()):
        pass

    class Shared(Table, table=True):
        id: int = Field(primary_key=True, sa_type=Integer)
        names: dict[str, str] = Field(default={}, sa_type=Integer)

    with pytest.raises(TypeError, match="unhashable"):
        Shared(id=1)
