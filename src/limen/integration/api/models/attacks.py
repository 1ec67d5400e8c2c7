"""How a tenant stands, as an operator sees it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from pydantic import Field

from limen.integration.api.models.common import Bool, Sent, Shown, Str, moment
from limen.trust.attacks.alerts import Attack
from limen.trust.attacks.live import Live


class MinuteShown(Shown):
    """What happened in one minute."""

    ago: int = Field(description="How many minutes ago it was; 0 is the present one.")
    right: int = Field(description="Right passwords from devices that are not known.")
    wrong: int = Field(description="Wrong ones.")
    worked: int = Field(description="Tries that passed a proof of work.")
    refused: int = Field(description="Tries that were refused for want of one.")
    blocked: int = Field(description="Tries that were put off or blocked.")
    doubted: int = Field(description="Right passwords that were not enough.")
    sign_ups_refused: int


class NetworkShown(Shown):
    """A network with failures in the last ten minutes."""

    network: str
    failures: int
    blocked: bool = Field(description="Whether it is among those that are blocked by hand.")


class FeedShown(Shown):
    """A feed of addresses in force."""

    name: str
    action: str
    kind: str = Field(description="What all its addresses are: `anonymiser`, `hosting`, or empty.")
    ranges: int
    age_seconds: int


class SpotShown(Shown):
    """A network that an attack comes from."""

    network: str = Field(description="IPv4 /24, IPv6 /32.")
    asn: str = Field(description="The autonomous system, such as `AS64500`; empty where geography does not know it.")
    failures: int = Field(description="The most within ten minutes.")


class AttackShown(Shown):
    """An attack that a guard recognised."""

    id: str
    kind: Literal["attack", "spraying", "account", "network", "address", "device"]
    severity: Literal["low", "medium", "high", "critical"]
    began_at: datetime
    seen_at: datetime = Field(description="When a try last had to take more because of it.")
    ended_at: datetime | None = Field(description="When it was found to be over; null while it goes on.")
    networks: list[SpotShown]
    passed: int = Field(description="Right passwords from unknown devices while it went on, in the whole tenant.")
    wrong: int = Field(description="Wrong ones.")
    stopped: int = Field(description="Tries that were refused, put off or blocked before a password was compared.")
    doubted: int = Field(description="Right passwords that were not enough.")


class AttacksShown(Shown):
    """How the tenant stands."""

    state: Literal["calm", "attack", "raised"]
    mode: Literal["on", "shadow", "off"]
    failed: int = Field(description="Failures from unknown devices in the last ten minutes, refused tries included.")
    passed: int = Field(description="Right passwords from unknown devices in the last ten minutes.")
    minutes: list[MinuteShown] = Field(description="The last sixty minutes, the oldest first.")
    networks: list[NetworkShown] = Field(description="Those with the most failures in ten minutes.")
    attacks: list[AttackShown] = Field(description="The last ones, the newest first, over or not.")
    blocked: list[str] = Field(description="The networks that are blocked by hand.")
    feeds: list[FeedShown]


class NetworkSent(Sent):
    """A network, or an address."""

    network: Annotated[Str, Field(min_length=2, max_length=64)]


class BarSent(Sent):
    """Whether unknown devices are treated as in an attack."""

    raised: Bool


def shown(found: Live) -> AttacksShown:
    """Return *found* as it is shown."""
    return AttacksShown.model_construct(
        state=found.state,
        mode=found.mode,
        failed=found.counts.failed,
        passed=found.counts.passed,
        minutes=[MinuteShown(ago=minute.ago, **minute.counts) for minute in found.minutes],
        networks=[
            NetworkShown(network=name, failures=count, blocked=name in found.blocked) for name, count in found.networks
        ],
        attacks=[shown_attack(one) for one in found.attacks],
        blocked=list(found.blocked),
        feeds=[
            FeedShown(name=one.name, action=one.action, kind=one.kind, ranges=one.ranges, age_seconds=one.age_seconds)
            for one in found.feeds
        ],
    )


def shown_attack(one: Attack) -> AttackShown:
    """Return an attack as it is shown."""
    return AttackShown.model_construct(
        id=one.id,
        kind=one.kind,
        severity=one.severity.word,
        began_at=moment(one.began_at),
        seen_at=moment(one.seen_at),
        ended_at=None if one.ended_at is None else moment(one.ended_at),
        networks=[SpotShown(network=at.network, asn=at.asn, failures=at.failures) for at in one.networks],
        **msgspec.structs.asdict(one.tries),
    )
