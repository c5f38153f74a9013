"""The stats service, put together."""

from services import stats
from services.stats import api, consumers, models
from shared.data import kept
from shared.runtime.service import Service

service = Service(
    name="stats",
    description=stats.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
    sweeps=(kept.forget_old,),
    is_made_of_events=True,
)
