"""Rate limits at the edge, and their headers (draft-ietf-httpapi-ratelimit-headers-10).

What is limited here is the address. What is limited per submitted identifier is asked by the use case that reads it,
with the same limiter; :func:`limit_headers` renders either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from limen.integration.edge.arrival import arrival_of
from limen.integration.edge.asgi import AsgiApp, Message, Receive, Scope, Send, add_missing
from limen.integration.edge.refusals import RefusalPages, no_pages, refusal
from limen.trust.limits import Decision, Limit, RateLimiter, address_key


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit for some requests.

    Attributes:
        limit: how many; its name is shown in the headers and keeps rules apart.
        applies: told method and path below the tenant's prefix, whether the rule counts.
    """

    limit: Limit
    applies: Callable[[str, str], bool]


def limit_headers(limit: Limit, decision: Decision) -> tuple[tuple[str, str], ...]:
    """Return ``RateLimit`` and ``RateLimit-Policy``, and ``Retry-After`` where it was refused; none where it is off."""
    if limit.is_off:
        return ()
    headers = (
        ("ratelimit-policy", f'"{limit.name}";q={limit.count};w={limit.seconds}'),
        ("ratelimit", f'"{limit.name}";r={decision.remaining};t={decision.reset_seconds}'),
    )
    return headers if decision.allowed else (*headers, ("retry-after", str(max(1, decision.reset_seconds))))


def rule_of(rules: Sequence[Rule], method: str, path: str) -> Rule | None:
    """Return the first of *rules* that applies."""
    return next((rule for rule in rules if rule.applies(method, path)), None)


async def counted(limiter: RateLimiter, rule: Rule, address: str) -> Decision:
    """Count a request from *address* by *rule*."""
    return await limiter.hit(f"{rule.limit.name}:address:{address_key(address)}", rule.limit)


class AddressThrottle:
    """Middleware that counts requests per address: the first rule that applies; 429 when it is exceeded."""

    def __init__(
        self, app: AsgiApp, limiter: RateLimiter, rules: Sequence[Rule], pages: RefusalPages = no_pages
    ) -> None:
        """Guard *app* by *rules*; people are answered with one of *pages*."""
        self._pages = pages
        self._app = app
        self._limiter = limiter
        self._rules = tuple(rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with headers added to the answer."""
        rule = self._rule(scope)
        if rule is None or rule.limit.is_off:
            await self._app(scope, receive, send)
            return
        decision = await counted(self._limiter, rule, arrival_of(scope).address)
        headers = [(name.encode(), value.encode()) for name, value in limit_headers(rule.limit, decision)]
        if not decision.allowed:
            await refusal(429, "too_many_requests", headers, self._pages)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = list(message.get("headers", ()))
                add_missing(found, headers)
                message = {**message, "headers": found}
            await send(message)

        await self._app(scope, receive, marked)

    def _rule(self, scope: Scope) -> Rule | None:
        if scope["type"] != "http":
            return None
        return rule_of(self._rules, scope["method"], scope["path"][len(scope.get("root_path", "")) :])
