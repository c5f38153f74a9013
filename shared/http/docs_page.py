"""The page of a service's API (Swagger UI), all of it from us: it works offline, and nobody else learns who looks (ADR 13)."""

from collections.abc import Awaitable, Callable
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

_SWAGGER: Final = ("swagger-ui.css", "swagger-ui-bundle.js")
_A_DAY: Final = "max-age=86400"
# A file of its own and no inline script, so that the policy can refuse those. The validator would be asked at swagger.io.
_START: Final = """SwaggerUIBundle({
  url: document.body.dataset.openapi, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  showExtensions: true, showCommonExtensions: true,
})
"""


def docs_page(base: str, *, title: str, origin: str) -> APIRouter:
    """`{base}/docs` and its files, of the document at `{base}/openapi.json`; `origin` is where the token issuer is found."""
    router = APIRouter(prefix=f"{base}/docs", include_in_schema=False)

    @router.get("")
    async def page() -> Response:
        return HTMLResponse(_page(base, title), headers=_headers(origin))

    @router.get("/start.js")
    async def start() -> Response:
        return Response(_START, media_type="text/javascript", headers={"cache-control": _A_DAY})

    for name in _SWAGGER:
        router.get(f"/{name}")(_serving(name))
    return router


def _serving(name: str) -> Callable[[], Awaitable[Response]]:
    with as_file(files("fastapi_offline") / "static" / name) as found:
        path = Path(found)

    async def serve() -> Response:
        return FileResponse(path, headers={"cache-control": _A_DAY})

    return serve


def _page(base: str, title: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{base}/docs/swagger-ui.css"></head>
<body data-openapi="{base}/openapi.json"><main id="swagger-ui"></main>
<script src="{base}/docs/swagger-ui-bundle.js"></script><script src="{base}/docs/start.js"></script></body></html>
"""


def _headers(origin: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {origin}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"content-security-policy": policy, "cache-control": "no-store", "x-content-type-options": "nosniff"}
