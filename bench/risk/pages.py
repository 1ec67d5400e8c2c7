"""What pages tell, of customers and of attackers; by a chance of its own, so that all other traffic stays as it was.

Nothing of this is published beside sign-ins that could be calibrated to, so that all of it is assumed:

- Browsers look alike where model, country and setting are; a phone has few settings, a computer many. A customer's
  known device looks otherwise now and then (another screen), and always where its time zone is another.
- An attacker's device looks like one of anybody's, in the victim's zone for half of them. Whoever targets somebody
  takes the trouble to look like them in part (:data:`CAREFUL`).
- The handshake takes light's way in glass, half as long again, to the service's country, and what the lines add. Behind
  a proxy or a VPN it goes by way of the exit. Attackers sit in another country, two of three; those from abroad, and
  those with stolen cookies, hide nothing of where they are.
- People keep to a pace and to a password manager; attackers paste, or let a machine type.
- Not every page tells: some people have no script, and tools of attackers often none.
- Tries before the right one happen at the same browser, and are not counted at one that the account's owner is known
  by. Of attackers, one of five keeps the cookie from try to try.
"""

import math
import random
from typing import Final

from msgspec.structs import replace

from bench.risk.parameters import Parameters
from bench.risk.world import Network, World, pick
from limen.trust.risk.counts import epoch_of
from limen.trust.risk.manner import ROUND_TRIPS
from limen.trust.risk.records import CLASS, POINTER, PRINT, ROUND_TRIP, TYPING, Place, Sighting
from limen.trust.risk.signals.velocity import kilometres

CAREFUL: Final = {"targeted": 0.3, "very_targeted": 0.6, "thief": 0.5}
"""Of attackers of a kind, who look like the victim's browser."""
_TELLS, _ATTACKERS_TELL = 0.97, 0.7
_CONNECTS: Final = 0.8
"""Of pages, which open a connection."""
_HOME_ABROAD: Final = 2 / 3
_KEEPS_COOKIE: Final = 0.2
_MACHINE: Final = 0.4
_LOOKS_OTHERWISE: Final = 0.04
_SETTINGS: Final = {"desktop": 60, "mobile": 4, "tablet": 3}
_PACES: Final = ("fast", "brisk", "usual", "slow")
_STEPS: Final = (10, 25, 50, 100, 200, 400)
_LINE_MS: Final = {"fixed": 9.0, "carrier": 28.0, "hosting": 1.0}


class Pages:
    """Adds what a page tells to sightings."""

    def __init__(self, parameters: Parameters, world: World) -> None:
        self.world, self.seed = world, parameters.seed
        self.chance = random.Random(parameters.seed ^ 0x9A6E)
        self.looks: dict[int, tuple[object, str]] = {}
        self.cookies: set[str | None] = set()
        self.people: dict[int, tuple[float, int]] = {}

    def of_customer(self, seen: Sighting, who, device, network: Network) -> Sighting:
        """Return *seen* with what a customer's page tells."""
        chance = self.chance
        if seen.device not in self.cookies:
            seen = replace(seen, failures=replace(seen.failures, device=seen.failures.account))
            self.cookies.add(seen.device)
        if chance.random() >= _TELLS:
            return seen
        is_through = network.is_hosting
        zone = self.world.countries[who.country] if is_through else network.country
        look = self._look(device, seen) + "+" * (chance.random() < _LOOKS_OTHERWISE)
        told = {PRINT: f"{epoch_of(seen.at)}.{look}.{zone}", **self._manner(who.number, seen)}
        home = who.lines[0].place if is_through else network.place
        return self._told(seen, told, self._milliseconds(home, network, is_through=is_through))

    def of_attacker(self, seen: Sighting, kind: str, victim, network: Network) -> Sighting:
        """Return *seen* with what an attacker's page tells, if it tells anything."""
        chance = self.chance
        if kind in {"naive", "vpn", "abroad"} and chance.random() < _KEEPS_COOKIE:
            seen = replace(seen, failures=replace(seen.failures, device=chance.randint(5, 50)))
        if chance.random() >= _ATTACKERS_TELL:
            return seen
        if chance.random() < CAREFUL.get(kind, 0.0):
            look, zone = self._look(victim.devices[0], seen), victim.lines[0].country
        else:
            look = self._fresh(seen)
            zone = (
                victim.lines[0].country if chance.random() < 0.5 else self.world.countries[self.world.country(chance)]
            )
        told = {PRINT: f"{epoch_of(seen.at)}.{look}.{zone}", **self._attackers_manner(seen)}
        hides = kind not in {"abroad", "thief"} or network.is_hosting
        country = self.world.country(chance) if chance.random() < _HOME_ABROAD else 0
        home = self.world.city(chance, country) if hides else network.place
        return self._told(seen, told, self._milliseconds(home, network, is_through=hides))

    def _told(self, seen: Sighting, told: dict[str, str], milliseconds: float) -> Sighting:
        if self.chance.random() < _CONNECTS:
            step = next((index for index, most in enumerate(_STEPS) if milliseconds <= most), len(_STEPS))
            told = {**told, ROUND_TRIP: ROUND_TRIPS[step]}
        return replace(seen, values={**seen.values, **told})

    def _look(self, device, seen: Sighting) -> str:
        if id(device) not in self.looks:
            self.looks[id(device)] = device, self._fresh(seen, device.kind)  # kept, so that no other gets its number
        return self.looks[id(device)][1]

    def _fresh(self, seen: Sighting, kind=None) -> str:
        of = seen.values.get(CLASS, "desktop")
        settings = [1 / rank for rank in range(1, _SETTINGS.get(of, 4) + 1)]
        kind = kind or self.world.device(self.chance)
        model = 0 if of == "desktop" else kind.model
        return f"{of}.{model}.{pick(self.chance, settings)}"

    def _manner(self, number: int, seen: Sighting) -> dict[str, str]:
        chance = self.chance
        if number not in self.people:
            self.people[number] = chance.betavariate(1.5, 1.5), pick(chance, (0.1, 0.3, 0.4, 0.2))
        manages, pace = self.people[number]
        if chance.random() < 0.25:
            pace = max(0, min(len(_PACES) - 1, pace + chance.choice((-1, 1))))
        typing = "none" if chance.random() < manages else _PACES[pace]
        return {TYPING: typing, POINTER: self._pointer(seen.values.get(CLASS, "desktop"))}

    def _pointer(self, of: str) -> str:
        if of != "desktop":
            return "touch" if self.chance.random() < 0.97 else "none"
        return "mouse" if self.chance.random() < 0.8 else "none"

    def _attackers_manner(self, seen: Sighting) -> dict[str, str]:
        chance = self.chance
        if chance.random() < _MACHINE:
            return {TYPING: chance.choice(("even", "none")), POINTER: chance.choice(("jump", "none"))}
        typing = "none" if chance.random() < 0.6 else _PACES[pick(chance, (0.1, 0.3, 0.4, 0.2))]
        of = seen.values.get(CLASS, "desktop") if chance.random() < 0.5 else "desktop"
        return {TYPING: typing, POINTER: self._pointer(of)}

    def _milliseconds(self, home: Place, network: Network, *, is_through: bool) -> float:
        way = kilometres(network.place, self.world.centres[0])
        kind = "hosting" if network.is_hosting else "carrier" if "-M" in network.number else "fixed"
        lines = _LINE_MS[kind]
        if is_through:
            way += kilometres(home, network.place)
            lines += _LINE_MS["fixed"]
        return (lines + way * 0.015) * math.exp(self.chance.gauss(0.0, 0.25))
