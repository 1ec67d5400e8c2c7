"""Which addresses may be asked (RFC 6890 and the registries it founded).

The list is ours and explicit: what the standard library calls global has changed between its versions, and some of what
it calls global leads into our own network or a cloud's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_NEVER: Final = _networks(
    "0.0.0.0/8",  # "this network": 0.0.0.0 reaches ourselves
    "169.254.0.0/16",  # link-local, and the metadata services of most clouds
    "168.63.129.16/32",  # Azure's, at a public address
    "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
    "100.100.100.200/32",  # Alibaba's
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and the broadcast address
    "::/128",
    "fe80::/10",  # link-local
    "fd00:ec2::254/128",  # Amazon's metadata
    "fd20:ce::254/128",  # Google's
    "ff00::/8",  # multicast
)
"""Not even a setting allows these: nobody's document lies there."""

_PRIVATE: Final = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared by carriers (RFC 6598)
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.2.0/24",  # documentation, as the next two
    "198.51.100.0/24",
    "203.0.113.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",  # benchmarks
    "::1/128",
    "64:ff9b:1::/48",  # a network's own NAT64 (RFC 8215)
    "100::/64",  # discard
    "2001::/23",  # protocol assignments, Teredo among them
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4: an IPv4 address in disguise
    "3fff::/20",  # documentation
    "5f00::/16",  # segment routing
    "fc00::/7",  # unique local
    "fec0::/10",  # site-local, of old
)
_LOOPBACK: Final = _networks("127.0.0.0/8", "::1/128")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses may be asked: public ones, *networks* that the operator names, and loopback if it is allowed."""

    networks: tuple[Network, ...] = ()
    loopback: bool = False

    @classmethod
    def of(cls, networks: Sequence[str], *, loopback: bool = False) -> "AddressPolicy":
        """Return the policy that allows these *networks* (CIDR).

        Raises:
            ValueError: one of them is no network.
        """
        return cls(_networks(*networks), loopback)

    def allows(self, text: str) -> bool:
        """Tell whether the address *text* may be asked; what cannot be read may not."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return not getattr(address, "scope_id", None) and self._allows(address)

    def _allows(self, address: Address) -> bool:
        if _within(address, _NEVER):
            return False
        if self.loopback and _within(address, _LOOPBACK):
            return True
        if _within(address, self.networks):
            return True
        inner = _inner(address)
        if inner is not None:  # it arrives where the inner address is, whatever it is wrapped in
            return self._allows(inner)
        if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
            return False
        return not _within(address, _PRIVATE)


def is_loopback(text: str) -> bool:
    """Tell whether the address *text* is this machine."""
    try:
        return _within(ip_address(text), _LOOPBACK)
    except ValueError:
        return False


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _inner(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address carries and leads to, or None."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    number = int(address)
    carried = IPv4Address(number & 0xFFFF_FFFF)
    if address in _NAT64 or (address in _COMPATIBLE and number > 1):
        return carried
    return carried if (number >> 32) & 0xFFFF_FFFF in _ISATAP else None
