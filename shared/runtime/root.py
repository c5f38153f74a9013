"""What an address answers beside its services: `/asyncapi.json`, open to everybody, and a page at `/` where it has one."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response

from shared.http.wire import speaks_http
from shared.runtime.asyncapi import asyncapi
from shared.runtime.published import written


def root_app(welcome: APIRouter | None = None) -> FastAPI:
    """The web application for all paths that belong to no service; what is not there is 404, as everywhere."""
    app = FastAPI(title="Havn", openapi_url=None)
    speaks_http(app, service="root")

    @app.get("/asyncapi.json")
    async def events() -> Response:
        return Response(written(asyncapi()), media_type="application/json", headers={"cache-control": "max-age=300"})

    if welcome:
        app.include_router(welcome)
    return app
