"""Customers: each with lines, devices and a rhythm; and their sign-ins over a year."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.risk.pages import Pages
from bench.risk.parameters import Parameters
from bench.risk.world import Kind, Network, World, pick
from limen.kernel.clock import DAY, HOUR
from limen.trust.risk.agents import agent_values
from limen.trust.risk.records import ADDRESS, COUNTRY, NETWORK, Failures, Sighting, Standing

BEGIN = 20_000 * DAY
_ANONYMISERS = 0.6
"""Of VPN exits, how many are on a list."""


@dataclass(slots=True)
class Device:
    """A device and its cookie."""

    kind: Kind
    cookie: str


@dataclass(slots=True)
class Customer:
    """One customer."""

    number: int
    country: int
    lines: list[Network]
    weights: list[float]
    addresses: list[str]
    devices: list[Device]
    device_weights: list[float]
    peak: float
    spread: float
    weekend: float
    uses_vpn: bool
    is_breached: bool
    times: list[int] = field(default_factory=list)
    cookies: int = 0

    def new_cookie(self) -> str:
        """Return a cookie that nobody has."""
        self.cookies += 1
        return f"{self.number}.{self.cookies}"


def sighting(network: Network, address: str, agent: str, at: int, cookie: str, **more) -> Sighting:
    """Return what a sign-in shows."""
    origin = {ADDRESS: address, NETWORK: network.number, COUNTRY: network.country}
    return Sighting(at, {**origin, **agent_values(agent)}, cookie, network.place, **more)


def exit_standing(chance: random.Random, network: Network) -> Standing:
    """Return what is known against an address of *network*."""
    if not network.is_hosting:
        return Standing()
    return Standing(anonymiser=chance.random() < _ANONYMISERS, hosting=True)


def failures(chance: random.Random, shares: tuple[float, float, float]) -> Failures:
    """Return how often somebody typed something else first."""
    return Failures(account=(0, chance.randint(1, 2), chance.randint(3, 5))[pick(chance, shares)])


class Traffic:
    """All sign-ins of a set, in the order of time."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters, self.world = parameters, World(parameters)
        self.chance, self.pages = random.Random(parameters.seed), Pages(parameters, self.world)
        self.customers = [self._customer(number) for number in range(parameters.customers)]

    def _customer(self, number: int) -> Customer:
        p, chance, world = self.parameters, self.chance, self.world
        country = world.country(chance) if chance.random() < p.abroad else 0
        city = world.city(chance, country)
        lines = [
            world.fixed(chance, country, city),
            world.carrier(chance, country, world.city(chance, country)),
            world.fixed(chance, country, city),
        ]
        weights = [share * chance.gammavariate(2.0, 0.5) + 1e-6 for share in p.places]
        if chance.random() > 0.3:
            weights[2] = 0.0
        customer = Customer(
            number,
            country,
            lines,
            weights,
            [world.address(chance, line) for line in lines],
            [],
            [0.8, 0.2],
            chance.gauss(18.0, 4.0),
            chance.uniform(2.0, 5.0),
            chance.betavariate(2.0, 5.0),
            chance.random() < p.vpn_customers,
            chance.random() < p.breached,
        )
        for _ in range(2 if chance.random() < p.two_devices else 1):
            customer.devices.append(Device(world.device(chance), customer.new_cookie()))
        count = max(1, round(p.logins_median * math.exp(chance.gauss(0.0, p.logins_sigma))))
        customer.times = sorted(self.moment(customer) for _ in range(min(count, 400)))
        return customer

    def moment(self, customer: Customer) -> int:
        """Return an instant that fits the customer's rhythm."""
        chance = self.chance
        wants_weekend = chance.random() < customer.weekend
        while True:
            day = chance.randrange(self.parameters.days)
            if ((BEGIN // DAY + day + 3) % 7 >= 5) == wants_weekend:
                break
        hour = (customer.peak + chance.gauss(0.0, customer.spread)) % 24
        return BEGIN + day * DAY + int(hour * HOUR)

    def sign_ins(self) -> Iterator[tuple[Customer, int, Sighting]]:
        """Yield each customer's sign-ins: who, the how manieth (from 1), and what it shows."""
        order = sorted((at, one.number, index) for one in self.customers for index, at in enumerate(one.times, 1))
        for at, number, index in order:
            customer = self.customers[number]
            yield customer, index, self._sign_in(customer, at, is_first=index == 1)

    def _sign_in(self, customer: Customer, at: int, *, is_first: bool) -> Sighting:
        p, chance = self.parameters, self.chance
        network, address = self._line(customer)
        device = self._device(customer, is_first=is_first)
        agent = device.kind.string((at - BEGIN) / DAY)
        seen = sighting(
            network,
            address,
            agent,
            at,
            device.cookie,
            standing=exit_standing(chance, network),
            failures=failures(chance, p.failures),
            breached=customer.is_breached,
        )
        return self.pages.of_customer(seen, customer, device, network)

    def _line(self, customer: Customer) -> tuple[Network, str]:
        p, chance, world = self.parameters, self.chance, self.world
        if customer.uses_vpn and chance.random() < 0.5:
            network = world.hosting(chance, customer.country)
            return network, world.address(chance, network)
        luck = chance.random()
        if luck < p.travels:
            country = world.country(chance)
            network = world.carrier(chance, country, world.city(chance, country))
            return network, world.address(chance, network)
        if luck < p.travels + p.elsewhere:
            network = world.fixed(chance, customer.country, world.city(chance, customer.country))
            return network, world.address(chance, network)
        index = pick(chance, customer.weights)
        line = customer.lines[index]
        renews = 1.0 if index == 1 else p.home_renews
        if chance.random() < renews:
            customer.addresses[index] = world.address(chance, line)
        return line, customer.addresses[index]

    def _device(self, customer: Customer, *, is_first: bool) -> Device:
        p, chance = self.parameters, self.chance
        index = pick(chance, customer.device_weights[: len(customer.devices)])
        if is_first:
            return customer.devices[0]
        if chance.random() < p.new_device:
            fresh = Device(self.world.device(chance), customer.new_cookie())
            if chance.random() < 0.5:
                customer.devices[index] = fresh
            return fresh
        device = customer.devices[index]
        if chance.random() < p.cookie_lost:
            device.cookie = customer.new_cookie()
        return device
