"""Organisations: which ids exist, of what kind they are, and what a kind may have at most."""

import pytest

from shared.contract.organisations import (
    EVERY_PARTNER,
    OrganisationKind,
    Scope,
    UnknownOrganisation,
    is_family_pattern,
    kind_of,
    scopes_of,
)
from shared.identity.actor import Actor, Assurance, Role

Kind = OrganisationKind


@pytest.mark.parametrize(
    ("org_id", "kind"),
    [
        ("cmm", Kind.NATIONAL_CENTRE),
        ("us", Kind.IMMIGRATION_AUTHORITY),
        ("politi-oestjylland", Kind.POLICE),
        ("politi-midt-og-vestsjaelland", Kind.POLICE),
        ("politi-nsk", Kind.POLICE),
        ("anklagemyndigheden", Kind.PROSECUTION),
        ("reden", Kind.NGO),
        ("amiami", Kind.NGO),
        ("hopenow", Kind.NGO),
        ("newlives", Kind.NGO),
        ("frelsens-haer", Kind.NGO),
        ("lgbt-asyl", Kind.NGO),
        ("roede-kors", Kind.NGO),
        ("kommune-0101", Kind.MUNICIPALITY),
        ("kommune-0751", Kind.MUNICIPALITY),
        ("sygehus-rigshospitalet", Kind.HEALTH),
        ("3f", Kind.LABOUR),
        ("arbejdstilsynet", Kind.LABOUR),
        ("skattestyrelsen", Kind.LABOUR),
        ("familieretshuset", Kind.OTHER),
        ("socialtilsyn-nord", Kind.SUPERVISION),
        ("iom", Kind.RETURN_ORGANISATION),
        ("havn", Kind.SYSTEM),
    ],
)
def test_an_organisation_of_the_contract_has_its_kind(org_id: str, kind: OrganisationKind) -> None:
    assert kind_of(org_id) is kind


@pytest.mark.parametrize(
    "org_id",
    [
        "",
        "CMM",
        "cmm ",
        "kommune",
        "kommune-",
        "kommune-751",
        "kommune-07510",
        "kommune-abcd",
        "kommune-٠٧٥١",
        "kommune-0751\n",
        "politi",
        "politi-",
        "politi--fyn",
        "politi-fyn-",
        "politi-Fyn",
        "politi-*",
        "politi-fyn\n",
        "politi-" + "a" * 60,
        "sygehus-",
        "socialtilsyn-",
        "reden-k",
        "havn-referrals",
        "ministeriet",
        "-",
        "us-",
        "-fyn",
    ],
)
def test_any_other_id_is_unknown(org_id: str) -> None:
    with pytest.raises(UnknownOrganisation):
        kind_of(org_id)


def test_every_kind_has_the_scopes_it_needs_and_no_others() -> None:
    referrals = {"referrals:read", "referrals:write"}
    accommodation = {"accommodation:read", "accommodation:write"}
    everyone = referrals | {"cases:read", "stats:read", "events:read"}
    deciding = {"cases:write", "cases:decide"}
    duty = {"cases:duty"}
    assert {kind: set(scopes_of(kind)) for kind in Kind} == {
        Kind.NATIONAL_CENTRE: set(Scope),
        Kind.IMMIGRATION_AUTHORITY: everyone | accommodation | deciding | duty,
        Kind.POLICE: everyone | accommodation | duty,
        Kind.PROSECUTION: everyone | deciding,
        Kind.NGO: everyone | accommodation,
        Kind.MUNICIPALITY: everyone | accommodation | duty,
        Kind.RETURN_ORGANISATION: everyone | accommodation,
        Kind.SUPERVISION: everyone | accommodation,
        Kind.OTHER: everyone | accommodation | duty,
        Kind.HEALTH: everyone,
        Kind.LABOUR: everyone,
        Kind.SYSTEM: {"referrals:read", "cases:read", "accommodation:read"},
    }


def test_only_the_national_centre_audits_releases_sees_exact_counts_and_administers() -> None:
    kept = {Scope.AUDIT_READ, Scope.STATS_RELEASE, Scope.STATS_EXACT, Scope.ADMIN}
    assert [kind for kind in Kind if kept & scopes_of(kind)] == [Kind.NATIONAL_CENTRE]


def test_the_police_never_decide() -> None:
    assert Scope.CASES_DECIDE not in scopes_of(Kind.POLICE)


def test_the_patterns_of_all_partners_leave_out_havn_itself() -> None:
    assert "havn" not in EVERY_PARTNER
    assert {"cmm", "3f", "politi-*", "kommune-*", "sygehus-*", "socialtilsyn-*"} <= set(EVERY_PARTNER)


@pytest.mark.parametrize("pattern", ["*", "-*", "havn-*", "reden-*", "politi*", "politi-fyn-*", "politi-"])
def test_only_whole_families_have_a_pattern(pattern: str) -> None:
    assert not is_family_pattern(pattern)


def test_levels_of_assurance_are_ordered() -> None:
    low, substantial, high = Assurance.LOW, Assurance.SUBSTANTIAL, Assurance.HIGH
    assert high.at_least(substantial)
    assert substantial.at_least(low)
    assert low.at_least(low)
    assert not low.at_least(substantial)
    assert not substantial.at_least(high)


def test_a_service_of_havn_acts_as_havn_with_no_more_than_it_needs() -> None:
    actor = Actor.system("referrals")
    assert (actor.org, actor.kind, actor.client_id) == ("havn", Kind.SYSTEM, "havn-referrals")
    assert actor.roles == {Role.SYSTEM}
    assert actor.scopes == scopes_of(Kind.SYSTEM)


def test_an_actor_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Actor.system("stats").org = "cmm"  # type: ignore[misc]
