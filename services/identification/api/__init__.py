"""The endpoints of the identification service, a file for each subject: translate, call the domain, return."""

from services.identification.api import (
    absence,
    appeals,
    cases,
    children,
    clarification,
    closing,
    consents,
    criminal,
    deadlines,
    decisions,
    drafts,
    legal_status,
    person,
    returns,
    routing,
    support,
)
from shared.service import service_router

router = service_router()
for subject in (
    routing,
    cases,
    person,
    legal_status,
    children,
    drafts,
    clarification,
    consents,
    deadlines,
    decisions,
    appeals,
    support,
    returns,
    criminal,
    absence,
    closing,
):
    router.include_router(subject.router)
