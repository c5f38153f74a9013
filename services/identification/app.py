"""The identification service, put together."""

from services import identification
from services.identification import api, consumers, models
from shared.service import Service

service = Service(
    name="identification",
    description=identification.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
)
