"""Attackers, who all have the right password. They draw networks and browsers from what customers have.

*naive*: a network and a browser as any customer's. *vpn*: a network as of any customer in the victim's country.
*targeted*: that, in the victim's town, and with the victim's browser and system. *very targeted*: on the victim's own
network, with the very user agent, at the victim's hours. Two that Wiefling et al. do not have: *abroad*, from the other
countries, and *thief*: malware took the cookie and the user agent, the network is one abroad.
"""

import random
from dataclasses import dataclass

from bench.risk.traffic import BEGIN, Customer, Traffic, exit_standing, failures, sighting
from bench.risk.world import Kind, Network
from limen.kernel.clock import DAY
from limen.trust.risk.records import Sighting

ATTACKERS = ("naive", "vpn", "targeted", "very_targeted", "abroad", "thief")
_HOSTED = {"naive": 0.1, "vpn": 0.2, "targeted": 0.1, "very_targeted": 0.0, "abroad": 0.2, "thief": 0.2}
_BREACHED = {"naive": 0.4, "vpn": 0.4, "targeted": 0.1, "very_targeted": 0.06, "abroad": 0.4, "thief": 0.06}
_FAILURES = dict.fromkeys(("naive", "vpn", "abroad"), (0.7, 0.2, 0.1))
_LIKE_CUSTOMERS = (0.85, 0.12, 0.03)
_LATEST = 0.7


@dataclass(frozen=True, slots=True)
class Attackers:
    """Makes attacks on customers of *traffic*, by a chance of its own: traffic is the same with and without them."""

    traffic: Traffic
    chance: random.Random

    def attack(self, kind: str, victim: Customer, now: int) -> Sighting:
        """Return what an attacker of *kind* shows who has the victim's password, at some time of the day of *now*."""
        chance = self.chance
        network, at = self._network(kind, victim), self._moment(kind, victim, now)
        seen = sighting(
            network,
            self.traffic.world.address(chance, network),
            self._agent(kind, victim, at),
            at,
            victim.devices[0].cookie if kind == "thief" else f"x{chance.getrandbits(60)}",
            standing=exit_standing(chance, network),
            failures=failures(chance, _FAILURES.get(kind, _LIKE_CUSTOMERS)),
            breached=chance.random() < _BREACHED[kind],
        )
        return self.traffic.pages.of_attacker(seen, kind, victim, network)

    def _network(self, kind: str, victim: Customer) -> Network:
        world, chance = self.traffic.world, self.chance
        country = victim.country
        if kind in {"abroad", "thief"}:
            country = world.country(chance)
        elif kind == "naive":
            country = chance.choice(self.traffic.customers).country
        if chance.random() < _HOSTED[kind]:
            return world.hosting(chance, country)
        if kind == "very_targeted":
            return victim.lines[0]
        place = victim.lines[0].place if kind == "targeted" else world.city(chance, country)
        line = world.carrier if chance.random() < self.traffic.parameters.places[1] else world.fixed
        return line(chance, country, place)

    def _agent(self, kind: str, victim: Customer, at: int) -> str:
        day = (at - BEGIN) / DAY
        if kind in {"very_targeted", "thief"}:
            return victim.devices[0].kind.string(day)
        if kind == "targeted":
            own, other = victim.devices[0].kind, self.traffic.world.device(self.chance)
            lag = own.lag if self.chance.random() < _LATEST else other.lag
            return Kind(own.family, other.model, lag).string(day)
        return self.traffic.world.device(self.chance).string(day)

    def _moment(self, kind: str, victim: Customer, now: int) -> int:
        """Return an instant of the same day: anybody's hour, or the victim's. Never before the last sign-in."""
        whose = victim if kind == "very_targeted" else self.chance.choice(self.traffic.customers)
        hour = (whose.peak + self.chance.gauss(0.0, whose.spread)) % 24
        return max(now, now // DAY * DAY + int(hour * 3_600_000_000))
