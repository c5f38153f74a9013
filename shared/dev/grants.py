"""What the development issuer gives to whom: the organisation, roles and scopes that a token will speak of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.contract.organisations import HAVN, OrganisationKind, Scope, UnknownOrganisation, kind_of, scopes_of
from shared.dev.oauth import OAuthError, Parameters, invalid_client
from shared.identity.actor import Assurance, Role

PAGES_CLIENT: Final = "pages"
"""The public client that people sign in through."""

_SERVICE: Final = re.compile(r"havn-[a-z]{1,32}")
_SUBJECT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Grant:
    """Whose token it will be, and what it will allow."""

    client_id: str
    subject: str
    org: str
    roles: tuple[Role, ...]
    scopes: frozenset[Scope]
    assurance: Assurance


def organisation_of(client_id: str) -> str:
    """The organisation of a client: itself, or `havn` for one of its services. Raises invalid_client for others."""
    if _SERVICE.fullmatch(client_id):
        return HAVN
    try:
        kind = kind_of(client_id)
    except UnknownOrganisation:
        raise invalid_client() from None
    if kind is OrganisationKind.SYSTEM:
        raise invalid_client()
    return client_id


def client_grant(
    client_id: str,
    *,
    roles: Iterable[Role] | None,
    scopes: Iterable[Scope] | None,
    assurance: Assurance,
    subject: str | None = None,
) -> Grant:
    """What a client gets that asks on its own behalf."""
    organisation = organisation_of(client_id)
    usual = Role.SYSTEM if organisation == HAVN else Role.CASEWORKER
    chosen = (usual,) if roles is None else tuple(sorted(set(roles)))
    if organisation == HAVN and chosen != (Role.SYSTEM,):
        raise OAuthError("invalid_request", "A service of Havn has the role system and no other.")
    if organisation == HAVN and subject is not None:
        raise OAuthError("invalid_request", "A service of Havn acts as itself.")
    most = scopes_of(kind_of(organisation))
    granted = most if scopes is None else frozenset(scopes)
    if not granted or not granted <= most:
        raise OAuthError("invalid_scope", "The organisation's kind may not have all of these scopes.")
    return Grant(
        client_id=client_id,
        subject=subject or client_id,
        org=organisation,
        roles=chosen,
        scopes=granted,
        assurance=assurance,
    )


def person_grant(asked: Parameters) -> Grant:
    """What the person gets who has picked an organisation and a role: of the scopes asked for, those allowed."""
    organisation, role = asked.required("org"), role_named(asked.required("role"))
    if organisation_of(organisation) == HAVN:
        raise OAuthError("access_denied", "Nobody signs in as Havn itself.")
    most = scopes_of(kind_of(organisation))
    scopes = havn_scopes(asked.one("scope"))
    granted = most if not scopes else most & scopes
    if not granted:
        raise OAuthError("invalid_scope", "The organisation's kind may have none of these scopes.")
    return Grant(
        client_id=PAGES_CLIENT,
        subject=f"{organisation}.{role}",
        org=organisation,
        roles=(role,),
        scopes=granted,
        assurance=assurance_named(asked.one("nsis_loa")),
    )


def havn_scopes(text: str | None) -> frozenset[Scope] | None:
    """The scopes of Havn that are asked for; None when the parameter is left out."""
    if text is None:
        return None
    try:
        return frozenset(Scope(word) for word in text.split() if word != "openid")
    except ValueError:
        raise OAuthError("invalid_scope", "One of the scopes does not exist.") from None


def subject_named(name: str | None) -> str | None:
    """Who acts for the client, where what takes two people is tried out."""
    if name is not None and not _SUBJECT.fullmatch(name):
        raise OAuthError("invalid_request", "A subject is 1 to 64 letters, digits, dots, hyphens or underscores.")
    return name


def role_named(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise OAuthError("invalid_request", "There is no such role.") from None


def assurance_named(level: str | None) -> Assurance:
    try:
        return Assurance(level or Assurance.SUBSTANTIAL)
    except ValueError:
        raise OAuthError("invalid_request", "The nsis_loa is low, substantial or high.") from None
