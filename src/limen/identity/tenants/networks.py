"""Networks that a tenant lets in or keeps out, whatever else is known of them."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated, Final

import msgspec

_MOST: Final = 1_000
_Networks = Annotated[tuple[str, ...], msgspec.Meta(extra_json_schema={"maxItems": _MOST})]


class NetworkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Networks by CIDR. What is allowed wins over everything that is blocked, by hand or by a feed.

    Attributes:
        allowed: never refused or challenged because of where they are; what they do still counts.
        blocked: refused at sign-in, sign-up and recovery, known devices too.
        feeds: whether the operator's feeds of addresses count here.
    """

    allowed: _Networks = ()
    blocked: _Networks = ()
    feeds: bool = True


def problems_of(settings: NetworkSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    for name in ("allowed", "blocked"):
        networks: tuple[str, ...] = getattr(settings, name)
        if len(networks) > _MOST:
            yield f"{field}.{name}", "list.too_long"
        for index, text in enumerate(networks[:_MOST]):
            if not is_network(text):
                yield f"{field}.{name}.{index}", "network.invalid"


def is_network(text: str) -> bool:
    """Tell whether *text* is an address or a network that is not everything."""
    try:
        return ip_network(text).prefixlen > 0
    except ValueError:
        return False
