"""A try, and what the guard says of it."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network


class Bar(IntEnum):
    """What a try has to take before its password is compared; each includes the ones before."""

    NONE = 0
    PROOF = 1
    WAIT = 2
    BLOCK = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that somebody wants compared.

    Attributes:
        address: where it comes from.
        account: what stands for the submitted address of mail, whether anybody owns it or not.
        password: its bytes as they were typed; only twenty bits of a keyed hash of the hour are ever counted.
        is_known: the device is one that the account's owner has signed in from.
        device: the browser, by its cookie.
    """

    address: str = field(repr=False)
    account: str = field(repr=False)
    password: bytes = field(repr=False)
    is_known: bool = False
    device: str = field(default="", repr=False)

    @property
    def network(self) -> str:
        """Return the network of the address."""
        return network_of(self.address)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says.

    Attributes:
        bar: what has to be taken.
        reasons: why, as words of ours; the first is the one that decided.
        work: hashes that the proof takes at the most.
        retry_after: seconds to wait, where that is what is asked.
        is_doubted: a right password alone is not enough.
        is_attack: the whole tenant is under attack.
    """

    bar: Bar = Bar.NONE
    reasons: tuple[str, ...] = ()
    work: int = 0
    retry_after: int = 0
    is_doubted: bool = False
    is_attack: bool = False


FREE = Verdict()


@lru_cache(maxsize=1024)
def is_local(address: str) -> bool:
    """Tell whether *address* is this machine's own: nobody's in particular, and so not counted.

    Behind a proxy that is not named in the settings everybody seems to be here; nobody must be kept out for that.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """Return the network an address is counted in: its /24 (IPv4) or /48 (IPv6); what is no address is its own."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped if mapped is not None else parsed
    return str(ip_network((int(parsed), 24 if isinstance(parsed, IPv4Address) else 48), strict=False))
