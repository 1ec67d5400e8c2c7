"""One tenant's resource servers and detail types as its desk holds them: what they mean for a token, looked up once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from limen.access.resources.detail_types import DetailType
from limen.access.resources.records import DetailTypeDocument, ResourceDocument

_REMEMBERED: Final = 4_096


class TokenShape(msgspec.Struct, frozen=True):
    """How an access token for certain resource servers is made.

    Attributes:
        is_opaque: whether only introspection may read it.
        alg: what a JWT is signed with; empty for what the client chose.
        lifetime: seconds; 0 for the tenant's.
        foreign: scopes that belong to other resource servers, and stay out of it.
        detail_types: the types of ``authorization_details`` of which it may speak; None for all.
    """

    is_opaque: bool = False
    alg: str = ""
    lifetime: int = 0
    foreign: frozenset[str] = frozenset()
    detail_types: frozenset[str] | None = None


PLAIN: Final = TokenShape()
"""For resource servers of which nothing is registered."""


class Resources:
    """What is registered. Replaced as a whole, with its desk, when any of it changes."""

    __slots__ = ("_shapes", "servers", "types")

    def __init__(self, servers: Iterable[ResourceDocument] = (), types: Iterable[DetailTypeDocument] = ()) -> None:
        """Hold *servers* and *types*."""
        self.servers: Mapping[str, ResourceDocument] = {server.identifier: server for server in servers}
        self.types: Mapping[str, DetailType] = {one.type: DetailType(one) for one in types}
        self._shapes: dict[tuple[str, ...], TokenShape] = {}

    def shape(self, audiences: tuple[str, ...]) -> TokenShape:
        """Return how a token for *audiences* is made: opaque if one of them wants that, as short as the shortest."""
        if not self.servers:
            return PLAIN
        found = self._shapes.get(audiences)
        if found is None:
            if len(self._shapes) >= _REMEMBERED:
                self._shapes.clear()
            found = self._shapes[audiences] = self._shape(audiences)
        return found

    def may_introspect(self, client_id: str, audiences: Sequence[str]) -> bool:
        """Tell whether the client is named by a resource server among *audiences*."""
        servers = (self.servers.get(name) for name in audiences)
        return any(server is not None and client_id in server.introspection_clients for server in servers)

    def in_words(self, details: Iterable[Mapping[str, Any]], locale: str) -> tuple[str, ...]:
        """Return *details* as the consent page says them; of a type that went meanwhile, nothing but its name."""
        return tuple(
            self.types[detail["type"]].in_words(detail, locale) if detail["type"] in self.types else detail["type"]
            for detail in details
        )

    def algorithms(self) -> frozenset[str]:
        """Return the algorithms that some resource server wants."""
        return frozenset(server.token_signing_alg for server in self.servers.values()) - {""}

    def _shape(self, audiences: tuple[str, ...]) -> TokenShape:
        meant = [self.servers[name] for name in audiences if name in self.servers]
        own = {scope for server in meant for scope in server.scopes}
        named = {scope for server in self.servers.values() for scope in server.scopes}
        lifetimes = [server.token_lifetime for server in meant if server.token_lifetime]
        is_any_free = len(meant) < len(audiences) or any(not one.authorization_details_types for one in meant)
        return TokenShape(
            is_opaque=any(server.token_format == "opaque" for server in meant),
            alg=next((server.token_signing_alg for server in meant if server.token_signing_alg), ""),
            lifetime=min(lifetimes, default=0),
            foreign=frozenset(named - own),
            detail_types=None
            if is_any_free
            else frozenset(kind for server in meant for kind in server.authorization_details_types),
        )
