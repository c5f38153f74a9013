"""For development only: the clock that can be set, and the issuer. None of it exists in production."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from shared.contract.types import Answer, Body, Moment
from shared.dev.issuer import DevelopmentOnly
from shared.http.problems import render_errors
from shared.kernel.clock import DevelopmentClock
from shared.runtime.platform import Platform
from shared.runtime.service import Worker


class ClockSetting(Body):
    """The moment to stop the domain's clock at; null lets it run."""

    now: Moment | None


class ClockReading(Answer):
    now: Moment


def development_app(platform: Platform, workers: Sequence[Worker]) -> FastAPI:
    """`/dev/clock`, `/oidc`, and a page of links at `/`."""
    app = FastAPI(title="Havn development", openapi_url=None)
    render_errors(app)
    clock = platform.clock
    if platform.dev_issuer is None or not isinstance(clock, DevelopmentClock):
        raise DevelopmentOnly("The settable clock and the development issuer do not exist in production.")
    app.include_router(platform.dev_issuer.router)

    @app.get("/dev/clock")
    async def read_clock() -> ClockReading:
        return ClockReading(now=clock.now())

    @app.put("/dev/clock")
    async def set_clock(setting: ClockSetting) -> ClockReading:
        """Set what the domain takes for now; what is due by then is done before the answer."""
        clock.set(setting.now)
        for worker in workers:
            await worker.sweep()
        return ClockReading(now=clock.now())

    @app.get("/")
    async def index() -> dict[str, Any]:
        return {
            "docs": [f"/{worker.consumer.service}/docs" for worker in workers],
            "issuer": "/oidc/.well-known/openid-configuration",
            "clock": "/dev/clock",
        }

    return app
