"""The development issuer's sign-in page: a developer picks an organisation and a role, in Danish or English."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from shared.contract.organisations import OrganisationKind
from shared.identity.actor import Assurance, Role

_TEXTS: Final = {
    "da": {
        "title": "Log ind i Havn",
        "notice": "Kun til udvikling: her vælger du selv, hvem du er.",
        "organisation": "Organisation",
        "role": "Rolle",
        "assurance": "Sikringsniveau (NSIS)",
        "continue": "Fortsæt",
        "other_language": "In English",
    },
    "en": {
        "title": "Sign in to Havn",
        "notice": "For development only: here you choose who you are.",
        "organisation": "Organisation",
        "role": "Role",
        "assurance": "Level of assurance (NSIS)",
        "continue": "Continue",
        "other_language": "På dansk",
    },
}
_DANISH: Final[Mapping[str, str]] = {
    Role.CASEWORKER: "sagsbehandler",
    Role.DECIDER: "afgørelsestager",
    Role.LAWYER: "jurist",
    Role.HEALTH: "sundhedsperson",
    Role.FACILITY_MANAGER: "leder af botilbud",
    Role.STATISTICIAN: "statistiker",
    Role.DASHBOARD: "overblik",
    Role.AUDITOR: "revisor",
    Role.ADMIN: "administrator",
    Role.SYSTEM: "system",
    Assurance.LOW: "lav",
    Assurance.SUBSTANTIAL: "betydelig",
    Assurance.HIGH: "høj",
    OrganisationKind.NATIONAL_CENTRE: "nationalt center",
    OrganisationKind.IMMIGRATION_AUTHORITY: "udlændingemyndighed",
    OrganisationKind.POLICE: "politi",
    OrganisationKind.PROSECUTION: "anklagemyndighed",
    OrganisationKind.NGO: "ngo",
    OrganisationKind.MUNICIPALITY: "kommuner",
    OrganisationKind.HEALTH: "sundhed",
    OrganisationKind.LABOUR: "arbejdsmarked",
    OrganisationKind.SUPERVISION: "tilsyn",
    OrganisationKind.RETURN_ORGANISATION: "hjemsendelse",
    OrganisationKind.OTHER: "andre",
}
_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem;color:#14213d}"
    "label{display:block;margin:1rem 0 .25rem}select,button{font:inherit;width:100%;padding:.5rem}"
    "button{margin:1.5rem 0 1rem;background:#14213d;color:#fff;border:0;border-radius:.25rem}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def sign_in_page(
    *,
    action: str,
    language: str,
    request: Mapping[str, str],
    organisations: Mapping[str, OrganisationKind],
    redirect_origin: str,
) -> HTMLResponse:
    """The page, which sends `request` on unchanged with the choice; every language but `en` is Danish."""
    lang = "en" if language == "en" else "da"
    text = {name: escape(words) for name, words in _TEXTS[lang].items()}
    other = {"da": "en", "en": "da"}[lang]
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in request.items()
    )
    switch = escape(f"{action}?{urlencode(dict(request) | {'lang': other})}")
    html = f"""<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{text["title"]}</title>
<style>{_STYLE}</style></head>
<body><main><h1>{text["title"]}</h1><p>{text["notice"]}</p>
<form method="post" action="{escape(action)}">{hidden}
<label for="org">{text["organisation"]}</label><select id="org" name="org">{_grouped(organisations, lang)}</select>
<label for="role">{text["role"]}</label><select id="role" name="role">{_options(Role, Role.CASEWORKER, lang)}</select>
<label for="nsis_loa">{text["assurance"]}</label>
<select id="nsis_loa" name="nsis_loa">{_options(Assurance, Assurance.SUBSTANTIAL, lang)}</select>
<button type="submit">{text["continue"]}</button></form>
<p><a hreflang="{other}" lang="{other}" href="{switch}">{text["other_language"]}</a></p></main></body></html>
"""
    # form-action names the client too: browsers hold the redirect after the form to it.
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self' {redirect_origin}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"content-security-policy": policy, "cache-control": "no-store"})


def _grouped(organisations: Mapping[str, OrganisationKind], lang: str) -> str:
    groups = []
    for kind in OrganisationKind:
        members = [organisation_id for organisation_id, its_kind in organisations.items() if its_kind is kind]
        if members:
            options = "".join(f"<option>{escape(organisation_id)}</option>" for organisation_id in members)
            groups.append(f'<optgroup label="{escape(_word(kind, lang))}">{options}</optgroup>')
    return "".join(groups)


def _options(values: Iterable[Role] | Iterable[Assurance], chosen: str, lang: str) -> str:
    return "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(_word(value, lang))}</option>'
        for value in values
    )


def _word(value: str, lang: str) -> str:
    return _DANISH.get(value, value) if lang == "da" else value.replace("_", " ")
