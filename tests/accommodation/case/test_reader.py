"""For whom a statement is made once: all who are alike in what it differs by, whichever organisation they are of."""

from services.accommodation.case.visibility import Reader
from services.accommodation.deadlines import queries as deadlines
from services.accommodation.facilities import queries as facilities
from services.accommodation.stays import queries as stays
from shared.contract.organisations import kind_of, scopes_of
from shared.contract.roles import Assurance, Role
from shared.data.statements import prepared
from shared.identity.actor import Actor


def reader(org: str, role: Role = Role.CASEWORKER) -> Reader:
    kind = kind_of(org)
    return Reader.of(Actor(org, kind, f"s-{org}", f"c-{org}", frozenset({role}), scopes_of(kind), Assurance.HIGH))


def test_organisations_that_are_alike_ask_with_one_statement() -> None:
    one, other = reader("reden"), reader("hopenow")
    assert stays.placement(one) is stays.placement(other)
    assert facilities.facility(one) is facilities.facility(other)
    assert deadlines.running(one, None, goes_on=False) is deadlines.running(other, None, goes_on=False)


def test_it_says_of_no_organisation_whose_it_is() -> None:
    for org in ("reden", "us", "cmm"):
        plan, own = prepared(stays.placement(reader(org))[1])
        kept = {bind.key: bind.effective_value for bind in own if not bind.required}
        assert org not in kept.values()
        assert "org" in {bind.key for bind in plan.binds}


def test_another_kind_role_or_region_has_another_one() -> None:
    asking = [
        reader("reden"),
        reader("reden", Role.HEALTH),
        reader("us"),
        reader("cmm"),
        reader("socialtilsyn-nord"),
        reader("socialtilsyn-syd"),
    ]
    assert len({id(facilities.facility(each)) for each in asking}) == len(asking)
