"""Where an address is: a protocol for geography, and what stands in where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Final, Protocol

from limen.trust.limits import address_key
from limen.trust.risk.records import ADDRESS, NETWORK, Place

_V4_BITS: Final = 16
_V6_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of where an address is: levels of origin and their values, a place, and what stands there."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    place: Place | None = field(default=None, repr=False)
    anonymiser: bool = False
    hosting: bool = False
    carrier: bool = False


class Geography(Protocol):
    """Knows where addresses are."""

    def of(self, address: str) -> Whereabouts:
        """Return what is known of *address*; nothing of what is no address."""
        ...

    def country(self, network: str) -> str:
        """Return the country of a network or an address (ISO 3166-1 alpha-2); empty where it is not known."""
        ...


class Prefixes:
    """The stance without geography: the prefix of an address stands for its network, and no country is known.

    Providers have blocks of their own, so a /16 of IPv4 and a /32 of IPv6 tell home from elsewhere, if less well. What
    rests on places (travel) says nothing.
    """

    def of(self, address: str) -> Whereabouts:
        """Return the address, counted as its subscriber, and its prefix."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return Whereabouts()
        mapped = parsed.ipv4_mapped if parsed.version == 6 else None
        bits = _V6_BITS if parsed.version == 6 and mapped is None else _V4_BITS
        network = ip_network((mapped or parsed, bits), strict=False)
        return Whereabouts({ADDRESS: address_key(address), NETWORK: str(network)})

    def country(self, network: str) -> str:  # noqa: ARG002
        """Know none."""
        return ""


BY_PREFIX: Final = Prefixes()
