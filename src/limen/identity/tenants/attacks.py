"""What a tenant does about passwords that are tried: by many, on many, from anywhere."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

Mode = Literal["on", "shadow", "off"]
MOST: Final = 1_000_000
_HARDEST: Final = 10_000_000

_Count = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MOST})]
_Percent = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": 100})]
_Work = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1_000, "maximum": _HARDEST})]


class AttackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From which numbers on tries from devices that are not known are slowed, made to work, doubted and refused.

    A device that the account's owner has signed in from is exempt: no stranger's tries keep an owner out. Failures are
    of passwords that were really compared; what was refused before costs little and counts as tried.

    Attributes:
        mode: ``shadow`` counts and records what would have been done, and does nothing of it.
        bar: ``raised`` treats unknown devices as in an attack, until it is lowered by hand.
        challenge: what tries take that are challenged: a proof of work, or the widget of the CAPTCHA vendor that the
            operator named, where there is one.
        captcha_away: what holds where that vendor does not answer: a proof of ``work``, ``open`` for nothing at all, or
            ``closed``.
        address_proof: failures from one address in ten minutes, from which on each try takes a proof of work.
        address_block: from which on no password is compared for a quarter of an hour.
        network_proof: the same for a network (an IPv4 /24, an IPv6 /48) that looks like nobody's home.
        network_block: from which on that network is refused.
        account_proof: failures of strangers for one address of mail in an hour, from which on tries take a proof, come
            further and further apart, and a right password alone is not enough.
        device_proof: failures at one browser (by its cookie) in an hour, whatever the accounts and addresses, from
            which on each try there takes a proof of work.
        device_block: from which on no password is compared there.
        spray_proof: accounts on which one password failed in an hour, from which on it is doubted.
        spray_block: from which on that password is compared for nobody.
        attack_failures: failures from unknown devices in a minute, or in ten, from which on their share counts.
        slow_failures: in a day.
        attack_percent: the share of failures among tries from unknown devices that is an attack on the tenant: then
            unknown devices take a proof of work, and a right password from a place that is new too is not enough.
        work: the hashes that a proof takes at the most; half of them on average. An attack asks for four times as many.
    """

    mode: Mode = "on"
    bar: Literal["auto", "raised"] = "auto"
    challenge: Literal["proof_of_work", "captcha"] = "proof_of_work"
    captcha_away: Literal["work", "open", "closed"] = "work"
    address_proof: _Count = 5
    address_block: _Count = 20
    network_proof: _Count = 40
    network_block: _Count = 200
    account_proof: _Count = 5
    device_proof: _Count = 20
    device_block: _Count = 100
    spray_proof: _Count = 10
    spray_block: _Count = 50
    attack_failures: _Count = 20
    slow_failures: _Count = 60
    attack_percent: _Percent = 70
    work: _Work = 50_000


COUNTS: Final = (
    "address_proof",
    "address_block",
    "network_proof",
    "network_block",
    "account_proof",
    "device_proof",
    "device_block",
    "spray_proof",
    "spray_block",
    "attack_failures",
    "slow_failures",
)
_PAIRS: Final = tuple((f"{of}_proof", f"{of}_block") for of in ("address", "network", "device", "spray"))


def problems_of(settings: AttackSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    for name in COUNTS:
        if not 1 <= getattr(settings, name) <= MOST:
            yield f"{field}.{name}", "number.out_of_bounds"
    if not 1 <= settings.attack_percent <= 100:
        yield f"{field}.attack_percent", "number.out_of_bounds"
    if not 1_000 <= settings.work <= _HARDEST:
        yield f"{field}.work", "number.out_of_bounds"
    for first, second in _PAIRS:
        if getattr(settings, first) > getattr(settings, second):
            yield f"{field}.{first}", "attacks.proof_beyond_block"
