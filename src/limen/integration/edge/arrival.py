"""What the edge establishes about a request once, before anybody acts on it.

A header is a claim of whoever sent it. ``X-Forwarded-For`` and its kind are believed only from the addresses of our own
proxies, and only the one header that those proxies are known to write: a proxy that sets ``X-Forwarded-For`` passes a
client's ``Forwarded`` through untouched (RFC 7239 §8.1).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal

import msgspec

from limen.access.http import Headers
from limen.integration.edge.request_id import RequestIds
from limen.kernel.masked import Masked

ForwardedHeader = Literal["x-forwarded-for", "forwarded"]

PROXY_HEADERS: Final = frozenset(
    {
        "client-cert",
        "client-cert-chain",
        "forwarded",
        "ssl-client-cert",
        "x-client-cert",
        "x-forwarded-client-cert",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-real-ip",
        "x-request-id",
        "x-ssl-cert",
        "x-ssl-client-cert",
        "x-ssl-client-s-dn",
        "x-ssl-client-verify",
    }
)
"""Headers that only a proxy of ours may speak in; nobody behind the edge sees them (RFC 9440 §3 for certificates)."""

_ELEMENT: Final = re.compile(r'(for|proto)=("?)([^";,]*)\2', re.IGNORECASE)
_MAX_HOPS: Final = 32


class Arrival(Masked, msgspec.Struct, frozen=True, gc=False):
    """One request's facts. ``address`` is personal data and not part of the ``repr``.

    Attributes:
        request_id: for logs and audit.
        address: the client's address, empty where there is none.
        scheme: ``http`` or ``https``, as the client spoke it.
        prefix: the tenant's path prefix: ``""`` or ``"/t/{slug}"``.
        is_trusted: whether the peer is one of our proxies.
    """

    request_id: str
    address: str
    scheme: str
    prefix: str
    is_trusted: bool

    def __repr__(self) -> str:
        """Name the arrival without the address."""
        return f"Arrival({self.request_id}, {self.scheme}, prefix={self.prefix!r})"


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A request before its body is read; ``path`` is below the tenant's prefix.

    ``read`` returns the body, None if it is longer than the given limit; it raises ``ConnectionError`` if the client
    left.
    """

    method: str
    path: str
    query: str
    headers: Headers
    arrival: Arrival
    read: Callable[[int], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Whose headers are believed, and which.

    Attributes:
        networks: addresses of our proxies (CIDR); none by default.
        header: the one forwarding header that they write.
        certificate_headers: those in which they hand on a client certificate (RFC 8705), and that it was verified.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    header: ForwardedHeader = "x-forwarded-for"
    certificate_headers: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        networks: Iterable[str],
        header: ForwardedHeader = "x-forwarded-for",
        certificate_headers: Iterable[str] = (),
    ) -> "TrustedProxies":
        """Return the proxies of textual *networks*.

        Raises:
            ValueError: one of them is no network.
        """
        headers = frozenset(name.lower() for name in certificate_headers if name)
        return cls(tuple(ip_network(network) for network in networks), header, headers)

    def includes(self, address: str) -> bool:
        """Tell whether *address* is one of our proxies."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:  # a socket that listens on both
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self.networks)


class Arrivals:
    """Makes an :class:`Arrival` of each request."""

    __slots__ = ("_from_others", "_from_ours", "_ids", "_proxies")

    def __init__(self, ids: RequestIds, proxies: TrustedProxies) -> None:
        """Take identifiers from *ids* and believe *proxies*."""
        self._ids = ids
        self._proxies = proxies
        self._from_others = PROXY_HEADERS | proxies.certificate_headers  # however they are called
        self._from_ours = PROXY_HEADERS - proxies.certificate_headers

    def of(self, peer: str, scheme: str, prefix: str, headers: Headers) -> Arrival:
        """Return what is known of a request from the socket's *peer* address, under the tenant *prefix*."""
        if not self._proxies.networks or not self._proxies.includes(peer):
            return Arrival(self._ids.next(), peer, scheme, prefix, is_trusted=False)
        address, proto = self._forwarded(peer, headers)
        request_id = self._ids.accept(headers.get("x-request-id"))
        return Arrival(request_id, address, proto or scheme, prefix, is_trusted=True)

    def visible(self, headers: Headers, arrival: Arrival) -> Headers:
        """Return *headers* without those in which only a proxy may speak."""
        return _Visible(headers, self._hidden(arrival))

    def visible_pairs(self, headers: Iterable[tuple[bytes, bytes]], arrival: Arrival) -> list[tuple[bytes, bytes]]:
        """Return the ASGI *headers* without those in which only a proxy may speak."""
        hidden = self._hidden(arrival)
        return [pair for pair in headers if pair[0].decode("latin-1") not in hidden]

    def _hidden(self, arrival: Arrival) -> frozenset[str]:
        return self._from_ours if arrival.is_trusted else self._from_others

    def _forwarded(self, peer: str, headers: Headers) -> tuple[str, str]:
        lines = headers.get_all(self._proxies.header)
        if self._proxies.header == "forwarded":
            hops, proto = _parse_forwarded(lines)
        else:
            hops = [hop.strip() for hop in ",".join(lines).split(",")]
            proto = (headers.get("x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
        return self._client(peer, hops), proto if proto in {"http", "https"} else ""

    def _client(self, peer: str, hops: Sequence[str]) -> str:
        # From the right: each proxy of ours vouches for the hop it wrote; the first that is not ours is the client.
        client = peer
        for hop in reversed(hops[-_MAX_HOPS:]):
            address = _address(hop)
            if not address:
                break
            client = address
            if not self._proxies.includes(address):
                break
        return client


class _Visible:
    """Headers seen through the filter."""

    __slots__ = ("_headers", "_hidden")

    def __init__(self, headers: Headers, hidden: frozenset[str]) -> None:
        self._headers = headers
        self._hidden = hidden

    def get(self, key: str, default: str | None = None) -> str | None:
        if key in self._hidden:
            return default
        return self._headers.get(key, default)

    def get_all(self, key: str) -> Sequence[str]:
        if key in self._hidden:
            return ()
        return self._headers.get_all(key)


_FORWARDING: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def was_forwarded(headers: Headers) -> bool:
    """Tell whether a request says that it came by way of a proxy, ours or not; whoever says so is not from here."""
    behind = headers._headers if isinstance(headers, _Visible) else headers  # noqa: SLF001 - our own filter
    return any(behind.get(name) is not None for name in _FORWARDING)


def arrival_of(scope: Mapping[str, Any]) -> Arrival:
    """Return the arrival that the server put into an ASGI *scope*.

    Raises:
        KeyError: the scope did not come through ``limen.app.server``.
    """
    arrival: Arrival = scope["state"]["arrival"]
    return arrival


def _parse_forwarded(lines: Sequence[str]) -> tuple[list[str], str]:
    """Return the ``for`` of each element and the last ``proto`` (RFC 7239 §4)."""
    hops: list[str] = []
    proto = ""
    for element in ",".join(lines).split(","):
        found = {name.lower(): value for name, _, value in _ELEMENT.findall(element)}
        hops.append(found.get("for", ""))
        proto = found.get("proto", "").lower()
    return hops, proto


def _address(hop: str) -> str:
    """Return the address in *hop* without port and brackets, or nothing (``unknown``, ``_hidden``)."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
