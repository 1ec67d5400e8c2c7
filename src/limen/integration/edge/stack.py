"""The order in which a page or an API request passes the edge: one readable list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from limen.integration.edge.access_log import AccessLog
from limen.integration.edge.asgi import AsgiApp
from limen.integration.edge.faults import FaultBarrier
from limen.integration.edge.metrics import Observer
from limen.integration.edge.refusals import RefusalPages, no_pages
from limen.integration.edge.security_headers import SecurityHeaders, TransportSecurity
from limen.integration.edge.shape import ShapeLimiter, ShapeLimits
from limen.integration.edge.throttle import AddressThrottle, Rule
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.trust.limits import RateLimiter


@dataclass(frozen=True, slots=True)
class EdgeParts:
    """What the edge needs. ``rules`` are tried in order; the first that applies counts. ``pages`` are for people."""

    observer: Observer
    clock: Clock
    entropy: Entropy
    limiter: RateLimiter
    rules: Sequence[Rule] = ()
    shape: ShapeLimits = field(default_factory=ShapeLimits)
    transport: TransportSecurity = field(default_factory=TransportSecurity)
    pages: RefusalPages = no_pages


def edge(pages: AsgiApp, parts: EdgeParts) -> AsgiApp:
    """Return *pages* behind the edge: the last line is passed first."""
    app: AsgiApp = AddressThrottle(pages, parts.limiter, parts.rules, parts.pages)
    app = ShapeLimiter(app, parts.shape, pages=parts.pages)
    app = FaultBarrier(app, pages=parts.pages)
    app = SecurityHeaders(app, parts.entropy, parts.transport)
    return AccessLog(app, parts.observer, parts.clock)
