"""The endpoints of the identification service, a file for each subject: translate, call the domain, return."""

from services.identification.api import cases, clarification, decisions, routing
from shared.service import service_router

router = service_router()
for subject in (routing, cases, clarification, decisions):
    router.include_router(subject.router)
