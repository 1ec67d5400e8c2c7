"""Every door of the house, in one list.

Hot doors first: framework-free, found by exact path below a tenant's prefix. What is no hot door goes to the mounts:
the administration API below ``/api/v1``, and the pages at everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from limen.access.decoupled.backchannel import backchannel_authentication
from limen.access.decoupled.device import device_authorization
from limen.access.http import Door
from limen.access.oauth.discovery import (
    OAUTH_METADATA,
    OPENID_CONFIGURATION,
    ReadyDesks,
    discovery_door,
    inserted_prefix,
    jwks_door,
)
from limen.access.oauth.par import push
from limen.access.passkeys.doors import ENDPOINTS, RELATED, endpoints_door, related_door
from limen.access.registering.doors import (
    BELOW,
    REGISTER,
    RegistrationParts,
    configuration_door,
    register_door,
)
from limen.access.tokens.desk import Desks
from limen.access.tokens.doors import client_door, introspection, revocation, token
from limen.access.tokens.proving import FOR_PUSHED, FOR_TOKENS
from limen.access.tokens.resource_metadata import ELSEWHERE, WELL_KNOWN, registered_door, resource_door
from limen.access.tokens.unproven import bounded
from limen.access.tokens.userinfo import userinfo_door
from limen.identity.consents.unsubscribe import PATH as UNSUBSCRIBE
from limen.integration.edge.asgi import AsgiApp, Receive, Scope, Send
from limen.integration.edge.throttle import Rule
from limen.trust.limits import Limit, RateLimiter

API = "/api/v1"


def tenant_doors(desks: Desks, limiter: RateLimiter, meter: RateLimiter, ready: ReadyDesks) -> Mapping[str, Door]:
    """Return the hot doors of every tenant, by the path below its prefix.

    *limiter* bounds what is stored for who proves nothing; *meter* counts proofs that failed.
    """
    metadata, keys = discovery_door(desks, ready), jwks_door(desks, ready)
    discovery = Door("discovery", metadata, cross_origin=True, at_once=metadata.at_once)
    resource = Door("resource_metadata", resource_door(desks), cross_origin=True)
    return {
        "/token": Door("token", client_door(desks, meter, token, "token", FOR_TOKENS), ("POST",), cross_origin=True),
        "/par": Door(
            "par", client_door(desks, meter, bounded(limiter, push), "par", FOR_PUSHED), ("POST",), cross_origin=True
        ),
        "/introspect": Door("introspect", client_door(desks, meter, introspection, "introspect"), ("POST",)),
        "/revoke": Door("revoke", client_door(desks, meter, revocation, "revoke"), ("POST",), cross_origin=True),
        "/device_authorization": Door(
            "device_authorization",
            client_door(desks, meter, bounded(limiter, device_authorization), "device_authorization"),
            ("POST",),
            cross_origin=True,
        ),
        "/bc-authorize": Door(
            "backchannel_authentication",
            client_door(desks, meter, backchannel_authentication, "backchannel_authentication"),
            ("POST",),
        ),
        "/userinfo": Door("userinfo", userinfo_door(desks), ("GET", "POST"), cross_origin=True),
        "/jwks": Door("jwks", keys, cross_origin=True, at_once=keys.at_once),
        WELL_KNOWN: resource,
        ELSEWHERE: Door("resource_metadata", registered_door(desks), cross_origin=True),
        OPENID_CONFIGURATION: discovery,
        OAUTH_METADATA: discovery,
    }


def registration_doors(parts: RegistrationParts) -> Mapping[str, Door]:
    """Return the doors of clients that register themselves; the second is that of every path below it."""
    manage = Door("registration", configuration_door(parts), ("GET", "PUT", "DELETE"), cross_origin=True)
    return {REGISTER: Door("register", register_door(parts), ("POST",), cross_origin=True), BELOW: manage}


def house_doors(metrics: Door, live: Door, ready: Door, desks: Desks) -> Mapping[str, Door]:
    """Return the hot doors that speak for the whole host, by path."""
    return {
        "/metrics": metrics,
        "/health/live": live,
        "/health/ready": ready,
        RELATED: Door("passkey_origins", related_door(desks)),
        ENDPOINTS: Door("passkey_endpoints", endpoints_door(desks)),
    }


_RESOURCES = WELL_KNOWN + "/"
_NAMED = (BELOW, "/.well-known/")


class HotTable:
    """Finds the hot door of a request: asked for each, so that it is two look-ups."""

    __slots__ = ("_house", "_tenant")

    def __init__(self, tenant: Mapping[str, Door], house: Mapping[str, Door]) -> None:
        """Join both tables."""
        self._tenant = dict(tenant)
        self._house = {**tenant, **house}

    def __call__(self, prefix: str, path: str) -> Door | None:
        """Return the door at *path* below the tenant's *prefix*."""
        door = (self._tenant if prefix else self._house).get(path)
        return self._named(prefix, path) if door is None and path.startswith(_NAMED) else door

    def _named(self, prefix: str, path: str) -> Door | None:
        """Return the door of a path with a name at its end: a client's (RFC 7592 §2), a resource's (RFC 9728 §3.1)."""
        if path.startswith(BELOW):
            return self._tenant.get(BELOW)
        if path.startswith(_RESOURCES):
            return self._tenant.get(WELL_KNOWN)
        # RFC 8414 §3.1: the tenant stands behind the path
        return None if prefix or inserted_prefix(path) is None else self._tenant[OAUTH_METADATA]


@dataclass(frozen=True, slots=True)
class Mounts:
    """The applications behind the hot doors."""

    api: AsgiApp
    pages: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the application that its path belongs to."""
        below = scope["path"][len(scope.get("root_path", "")) :]
        app = self.api if below == API or below.startswith(API + "/") else self.pages
        await app(scope, receive, send)


_BEGINNINGS = frozenset({"/authorize", "/sign-in", "/sign-up", "/recover", "/account", "/device", "/approve"})
"""Pages that may begin a journey: for whoever has no cookie that is a browser, a journey and a key to write."""


def _withdraws(method: str, path: str) -> bool:
    return method == "POST" and path.startswith(UNSUBSCRIBE)


def edge_rules(api: Limit, journeys: Limit, pages: Limit) -> Sequence[Rule]:
    """Return what is limited per address before it reaches a mount; static files cost nothing and count nothing.

    Nor do withdrawals by mail: a mail provider sends those of all its customers from a few addresses.
    """
    return (
        Rule(api, lambda _method, path: path.startswith(API)),
        Rule(journeys, lambda _method, path: path in _BEGINNINGS),
        Rule(pages, lambda method, path: not path.startswith("/static/") and not _withdraws(method, path)),
    )
