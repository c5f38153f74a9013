"""The identification service, put together."""

from services import identification
from services.identification import api, consumers, models
from services.identification.domain import changes, clocks, drafts, legal_status, on_call, retention
from shared.runtime.service import Service

changes.follow(clocks.wind)

service = Service(
    name="identification",
    description=identification.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
    sweeps=(
        legal_status.take_effect,
        drafts.sweep,
        clocks.wind_the_unwound,
        clocks.fire_due,
        on_call.alert_again,
        clocks.count_passed,
        retention.run,
    ),
    raises_alerts=True,
)
