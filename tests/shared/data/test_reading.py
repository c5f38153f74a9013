"""What a GET reads: plain values, one for each row, with all that its class says; and it changes none of them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, inspect, select, update
from sqlalchemy.orm import aliased

from services.accommodation import models as accommodation
from services.accommodation.case.models import KnownCase
from services.identification import models as identification
from services.referrals import models as referrals
from services.stats import models as stats
from shared.data.plain import Plain
from shared.data.plumbing import PlumbingTable
from shared.data.reading import ChangesNothing
from shared.data.row import Row
from shared.data.statements import entity_of
from shared.messaging.inbox import DeadLetter, InboxPosition
from tests.shared.data.test_session import letter, place
from tests.shared.lone_service import ITSELF, LoneService
from tests.world import World

OF_SERVICES = (accommodation, identification, referrals, stats)


def mapped(of: type[Any]) -> Iterator[type[Any]]:
    for kind in of.__subclasses__():
        if inspect(kind, raiseerr=False) is not None:
            yield kind
        yield from mapped(kind)


TABLES = sorted({*mapped(Row), *mapped(PlumbingTable)}, key=lambda kind: (kind.__module__, kind.__name__))


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_a_plain_row_has_all_that_its_class_has(kind: type[Any]) -> None:
    row = entity_of(kind).plain([None] * len(entity_of(kind).attributes))
    own = {
        name
        for base in kind.__mro__
        if base.__module__.startswith(("services", "shared")) and base not in (Row, PlumbingTable)
        for name in vars(base)
        if not name.startswith(("_", "model_", "metadata"))
    }
    assert {name for name in own if not hasattr(type(row), name)} <= {"registry"}
    assert row.__tablename__ == kind.__tablename__
    assert not hasattr(row, "__dict__")


def test_a_plain_row_says_what_the_row_says() -> None:
    given = {"case_id": UUID(int=1), "positive_decisions": [UUID(int=2)]}
    entity = entity_of(KnownCase)
    whole = KnownCase(**given)
    plain: Any = entity.plain([getattr(whole, name, None) for name in entity.attributes])
    assert {name: plain.model_dump()[name] for name in whole.model_dump()} == whole.model_dump()
    assert plain.model_dump(include={"case_id"}) == {"case_id": UUID(int=1)}
    assert plain.model_dump(exclude=set(entity.attributes) - {"case_id"}) == {"case_id": UUID(int=1)}
    assert plain.is_assessed_trafficked is whole.is_assessed_trafficked


async def test_a_row_is_one_value_however_it_is_found_and_nothing_can_be_set_on_it(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add_all([place("a", 1), letter(event_id="1")])
    async with lone.database.transaction(ITSELF, only_reads=True) as work:
        one: Any = await work.session.get(InboxPosition, ("referrals", "a"))
        assert isinstance(one, Plain)
        assert one is await work.session.scalar(select(InboxPosition))
        other = aliased(DeadLetter)
        query = select(InboxPosition, other).outerjoin(other, other.key == InboxPosition.key)
        assert list(await work.session.execute(query)) == [(one, None)]
        with pytest.raises(AttributeError):
            one.last_sequence = 2


async def test_it_reads_anew_what_it_asks_for_anew(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(place("a", 1))
    async with lone.database.transaction(ITSELF, only_reads=True) as work:
        one = await work.session.get_one(InboxPosition, ("referrals", "a"))
        await lone.sql("UPDATE inbox SET last_sequence = 7")
        again = await work.session.scalar(select(InboxPosition))
        anew = await work.session.scalar(select(InboxPosition).execution_options(populate_existing=True))
        assert again is one
        assert anew
        assert (one.last_sequence, anew.last_sequence) == (1, 7)
        assert anew is await work.session.get(InboxPosition, ("referrals", "a"))


async def test_whoever_would_change_a_row_is_refused_and_nothing_is_sent(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF) as work:
        work.session.add(place("a", 1))
    for statement in (delete(InboxPosition), update(InboxPosition).values(last_sequence=2)):
        with pytest.raises(ChangesNothing):
            async with lone.database.transaction(ITSELF, only_reads=True) as work:
                await work.session.execute(statement)
    async with lone.database.transaction(ITSELF, only_reads=True) as work:
        one = await work.session.get_one(InboxPosition, ("referrals", "a"))
        for way in (work.session.put, work.session.delete):
            with pytest.raises(ChangesNothing):
                await way(one)
    assert [tuple(row) for row in await lone.sql("SELECT key, last_sequence FROM inbox")] == [("a", 1)]


async def test_it_may_keep_that_somebody_has_read(lone: LoneService) -> None:
    async with lone.database.transaction(ITSELF, only_reads=True) as work:
        work.session.add(place("a", 1))
    assert [tuple(row) for row in await lone.sql("SELECT key, last_sequence FROM inbox")] == [("a", 1)]


async def test_every_get_reads_so_and_no_other_request(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[tuple[str, bool]] = []
    for database in havn.application.databases.values():
        before = database.transaction

        def noting(*args: Any, before: Any = before, only_reads: bool = False, **kwargs: Any) -> Any:
            kinds.append((args[0].org, only_reads))
            return before(*args, only_reads=only_reads, **kwargs)

        monkeypatch.setattr(database, "transaction", noting)
    police = havn.partner("politi-fyn")
    await police.get("/referrals/v1/referrals")
    await police.request("POST", "/referrals/v1/referrals", json={})
    assert [only_reads for org, only_reads in kinds if org == "politi-fyn"][:1] == [True]
    assert not any(only_reads for org, only_reads in kinds[1:] if org == "politi-fyn")
