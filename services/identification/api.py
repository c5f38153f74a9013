"""All endpoints of the identification service; each package has its own in `api.py`."""

from services.identification.absence import api as absence
from services.identification.access_requests import api as access_requests
from services.identification.authority import api as authority
from services.identification.children import api as children
from services.identification.clarification import api as clarification
from services.identification.consents import api as consents
from services.identification.criminal import api as criminal
from services.identification.custody import api as custody
from services.identification.deadlines import api as deadlines
from services.identification.decisions import api as decisions
from services.identification.erasure import api as erasure
from services.identification.evidence import api as evidence
from services.identification.finding import api as finding
from services.identification.indicators import api as indicators
from services.identification.links import api as links
from services.identification.merging import api as merging
from services.identification.opening import api as opening
from services.identification.overview import api as overview
from services.identification.parties import api as parties
from services.identification.periods import api as periods
from services.identification.person import api as person
from services.identification.retention import api as retention
from services.identification.rights import api as rights
from services.identification.risk import api as risk
from services.identification.routing import api as routing
from services.identification.support import api as support
from shared.runtime.service import service_router

packages = (
    routing,
    authority,
    overview,
    person,
    finding,
    merging,
    parties,
    links,
    children,
    opening,
    clarification,
    rights,
    indicators,
    risk,
    evidence,
    consents,
    access_requests,
    custody,
    deadlines,
    decisions,
    periods,
    support,
    criminal,
    absence,
    retention,
    erasure,
)
router = service_router(*(package.router for package in packages))
