"""Rate limits: how often something may be tried.

Owns the protocol :class:`RateLimiter` and its records. Leaves counting to ``storage.cache`` (in process, or in Valkey)
and headers to ``integration.edge``. Who limits a submitted identifier does so whether or not anybody owns it, so that
a limit tells nothing about accounts.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from limen.trust.limits.records import UNLIMITED, Asked, Decision, Limit, RateLimiter

__all__ = ["UNLIMITED", "Asked", "Decision", "Limit", "RateLimiter", "address_key"]


@lru_cache(maxsize=1024)  # one request asks ten times
def address_key(address: str) -> str:
    """Return what an address is counted under: itself, or the /64 of an IPv6 address, which is one subscriber.

    An IPv4 address written as IPv6 counts as the IPv4 address; what is no address counts as itself.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
