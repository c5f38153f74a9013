"""The referrals service, put together."""

from services import referrals
from services.referrals import api, consumers, models
from shared.data import kept
from shared.runtime.service import Service

service = Service(
    name="referrals",
    description=referrals.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
    sweeps=(kept.forget_old,),
)
