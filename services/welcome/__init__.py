"""The page at `/`: what Havn is, in Danish and English, and the way on for each who comes by."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from shared.kernel.settings import Settings

LANGUAGES: Final = ("da", "en")
"""The first is for whoever asks for none of them."""
ASYNCAPI: Final = "/asyncapi.json"
ISSUER: Final = "/oidc/.well-known/openid-configuration"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "vary": "accept, accept-language",
    "x-content-type-options": "nosniff",
}
_REFERRAL: Final = {
    "kind": "identification",
    "channel": "police_operation",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "reason": "Passports held.",
    "subjects": [{"reference": "P01", "stated_age": 24, "citizenships": ["THA"]}],
}
_WAYS: Final[Mapping[str, tuple[str, str, str, Mapping[str, Any] | None]]] = {
    "police": ("referrals", "politi-oestjylland", "/referrals/v1/referrals", _REFERRAL),
    "shelter": ("accommodation", "reden", "/accommodation/v1/facilities", None),
    "municipality": ("identification", "kommune-0751", "/identification/v1/cases", None),
    "dashboard": ("stats", "cmm --role statistician", "/stats/v1/victims?by=year,gender", None),
}
"""For each: the service, who asks it in the example, the path, and what is sent."""


def welcome_page(services: Sequence[str], settings: Settings) -> APIRouter:
    """`/` and its stylesheet. In production there is no development issuer, no page of an API to try it out, and its document is
    at the port for operations."""
    router = APIRouter(include_in_schema=False)
    is_development = not settings.is_production
    links = {"docs": [f"/{service}/docs" for service in services if is_development]}
    links["openapi"] = [f"/{service}/openapi.json" for service in services if is_development]
    others = {"asyncapi": ASYNCAPI} | ({"issuer": ISSUER, "clock": "/dev/clock"} if is_development else {})

    @router.get("/")
    async def page(request: Request) -> Response:
        if _prefers_json(request.headers.get("accept", "")):
            return JSONResponse(links | others, headers=_HEADERS)
        language = language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        text = page_in(language, settings.origin, is_development=is_development)
        return HTMLResponse(text, headers=_HEADERS | {"content-language": language})

    @router.get("/welcome.css")
    async def style() -> Response:
        return Response(_file("style.css"), media_type="text/css", headers={"cache-control": "max-age=86400"})

    return router


def language_of(asked: str | None, accepted: str) -> str:
    """The one of our languages that is asked for by name, or else that the browser would rather have."""
    if asked in LANGUAGES:
        return asked
    weights: dict[str, float] = {}
    for each in accepted.lower().split(","):
        name, _, rest = each.strip().partition(";")
        weights.setdefault(name.partition("-")[0], _weight(rest))
    best = max(LANGUAGES, key=lambda language: weights.get(language, 0.0))
    return best if weights.get(best) else LANGUAGES[0]


def _weight(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q="))
    except ValueError:
        return 0.0 if parameters.strip() else 1.0


def _prefers_json(accepted: str) -> bool:
    return "application/json" in accepted and "text/html" not in accepted


@cache
def page_in(language: str, origin: str, *, is_development: bool) -> str:
    """The page in one of our languages, of a Havn that is reached at `origin`."""
    words: dict[str, Any] = json.loads(_file(f"{language}.json"))
    other = next(each for each in LANGUAGES if each != language)
    shown = {name: escape(text) for name, text in words.items() if isinstance(text, str)}
    return Template(_file("page.html")).substitute(
        shown,
        language=language,
        other=other,
        promises=_items(escape(each) for each in words["promises"]),
        ways="\n".join(_way(name, words, origin, is_development=is_development) for name in _WAYS),
        token=escape(words["token_development" if is_development else "token_production"]),
        more=_items(_more(words, is_development=is_development)),
    )


def _way(name: str, words: Mapping[str, Any], origin: str, *, is_development: bool) -> str:
    service, _, _, _ = _WAYS[name]
    title, text = (escape(each) for each in words["ways"][name])
    documents = [(f"/{service}/docs", words["docs"]), (f"/{service}/openapi.json", "OpenAPI")]
    links = " ".join(_link(*each) for each in documents) if is_development else ""
    example = escape(command(name, origin, is_development=is_development))
    return f"""<li class="way" id="{name}">
<div>
<h3>{title}</h3>
<p>{text}</p>
<p class="links">{links}</p>
</div>
<pre><code>{example}</code></pre>
</li>"""


def command(name: str, origin: str, *, is_development: bool) -> str:
    """What one types to try this way on."""
    _, organisation, path, sent = _WAYS[name]
    token = f"$(havn token {organisation})" if is_development else "$TOKEN"
    lines = [f"curl -s '{origin}{path}'", f'-H "Authorization: Bearer {token}"']
    if sent is not None:
        lines += ["-H 'Content-Type: application/json'", f"-H 'Idempotency-Key: {name}-1'", f"-d '{json.dumps(sent)}'"]
    return " \\\n  ".join(lines)


def _more(words: Mapping[str, Any], *, is_development: bool) -> Iterable[str]:
    yield f"{_link(ASYNCAPI, 'AsyncAPI')}: {escape(words['asyncapi'])}"
    if is_development:
        yield f"{_link(ISSUER, words['issuer_name'])}: {escape(words['issuer'])}"
        yield f"<code>havn demo</code>: {escape(words['demo'])}"


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"<li>{line}</li>" for line in lines)


def _file(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")
