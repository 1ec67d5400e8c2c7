"""Countries, networks, cities, browsers: what customers and attackers draw from, alike."""

import math
import random
from dataclasses import dataclass
from functools import cached_property

from bench.risk.parameters import Parameters
from limen.trust.risk.records import Place

HOSTING = 8
_CITIES = 12
_MOBILE = (
    ("ios-safari", 0.45),
    ("android-chrome", 0.42),
    ("samsung", 0.09),
    ("ios-chrome", 0.03),
    ("android-ff", 0.01),
)
_DESKTOP = (
    ("win-chrome", 0.45),
    ("win-edge", 0.18),
    ("mac-safari", 0.14),
    ("mac-chrome", 0.12),
    ("win-ff", 0.07),
    ("linux-ff", 0.02),
    ("linux-chrome", 0.02),
)
_TABLET = (("ipad-safari", 0.7), ("tablet-chrome", 0.3))
_LAGS = (0.7, 0.2, 0.07, 0.03)
_MODELS = 40


def pick(chance: random.Random, shares) -> int:
    """Return an index by *shares*."""
    return chance.choices(range(len(shares)), shares)[0]


@dataclass(frozen=True, slots=True)
class Kind:
    """A device as its user agent shows it: family, model, and how many versions behind it is."""

    family: str
    model: int
    lag: int

    def string(self, day: float) -> str:
        """Return the user agent on a day: browsers have a new version every month, systems every half year."""
        month, half = max(0, int(day // 30) - self.lag), max(0, int(day // 180) - self.lag)
        chrome, safari, ios, firefox = 120 + month, 17 + half, 17 + half, 121 + month
        webkit, apple = "AppleWebKit/537.36 (KHTML, like Gecko)", f"CPU iPhone OS {ios}_1 like Mac OS X"
        mac = "Macintosh; Intel Mac OS X 10_15_7"
        return {
            "ios-safari": f"Mozilla/5.0 (iPhone; {apple}) Version/{ios}.1 Mobile/15E Safari",
            "ios-chrome": f"Mozilla/5.0 (iPhone; {apple}) CriOS/{chrome}.0 Mobile/15E Safari",
            "android-chrome": f"Mozilla/5.0 (Linux; Android {13 + half}; M{self.model}) Chrome/{chrome}.0 Mobile",
            "android-ff": f"Mozilla/5.0 (Android {13 + half}; Mobile; rv:{firefox}.0) Gecko Firefox/{firefox}.0",
            "samsung": f"Mozilla/5.0 (Linux; Android {13 + half}; S{self.model}) SamsungBrowser/{22 + half}.0 Mobile",
            "win-chrome": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/{chrome}.0.0.0 Safari/537.36",
            "win-edge": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/{chrome}.0.0.0 Edg/{chrome}.0",
            "win-ff": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{firefox}.0) Gecko Firefox/{firefox}.0",
            "mac-safari": f"Mozilla/5.0 ({mac}) {webkit} Version/{safari}.1 Safari/605.1",
            "mac-chrome": f"Mozilla/5.0 ({mac}) {webkit} Chrome/{chrome}.0.0.0 Safari/537.36",
            "linux-ff": f"Mozilla/5.0 (X11; Linux x86_64; rv:{firefox}.0) Gecko Firefox/{firefox}.0",
            "linux-chrome": f"Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/{chrome}.0.0.0 Safari/537.36",
            "ipad-safari": f"Mozilla/5.0 (iPad; CPU OS {ios}_1 like Mac OS X) Version/{ios}.1 Mobile/15E Safari",
            "tablet-chrome": f"Mozilla/5.0 (Linux; Android {13 + half}; T{self.model % 8}) {webkit} Chrome/{chrome}.0",
        }[self.family]


@dataclass(frozen=True, slots=True)
class Network:
    """A network: its number, its country, where it is, and whether it is a data centre's."""

    number: str
    country: str
    place: Place
    is_hosting: bool = False


class World:
    """What is drawn from."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        chance = random.Random(parameters.seed ^ 0xC0FFEE)
        self.countries = ["C0", *(f"C{index}" for index in range(1, parameters.countries + 1))]
        self.centres = [Place(62.0, 10.0)]
        self.centres += [
            Place(math.degrees(math.asin(chance.uniform(-0.7, 0.95))), chance.uniform(-180, 180))
            for _ in range(parameters.countries)
        ]

    @cached_property
    def foreign(self) -> list[float]:
        """Return the shares of the other countries (Zipf)."""
        return [1 / rank for rank in range(1, self.parameters.countries + 1)]

    def country(self, chance: random.Random) -> int:
        """Return another country than the service's."""
        return 1 + pick(chance, self.foreign)

    def city(self, chance: random.Random, country: int) -> Place:
        """Return a city: a few degrees from the country's centre."""
        index, centre = chance.randrange(_CITIES), self.centres[country]
        return Place(centre.latitude + index % 4 * 1.5 - 2, centre.longitude + index // 4 * 2.0 - 2)

    def fixed(self, chance: random.Random, country: int, place: Place) -> Network:
        """Return a line's network, by market share."""
        return Network(f"AS{country}-{pick(chance, self.parameters.networks)}", self.countries[country], place)

    def carrier(self, chance: random.Random, country: int, place: Place) -> Network:
        """Return a mobile carrier's, by market share."""
        return Network(f"AS{country}-M{pick(chance, self.parameters.carriers)}", self.countries[country], place)

    def hosting(self, chance: random.Random, country: int) -> Network:
        """Return a data centre's, where VPNs come out."""
        number = f"AS{country}-H{chance.randrange(HOSTING)}"
        return Network(number, self.countries[country], self.centres[country], is_hosting=True)

    def device(self, chance: random.Random) -> Kind:
        """Return a device as customers have them."""
        table = (_MOBILE, _DESKTOP, _TABLET)[pick(chance, self.parameters.classes)]
        family = table[pick(chance, [share for _, share in table])][0]
        model = pick(chance, [1 / rank for rank in range(1, _MODELS + 1)])
        return Kind(family, model, pick(chance, _LAGS))

    def address(self, chance: random.Random, network: Network) -> str:
        """Return an address: of a carrier or data centre one of a few, else one of millions."""
        shared = network.is_hosting or "-M" in network.number
        most = self.parameters.carrier_addresses if shared else 4_000_000
        return f"{network.number}/{chance.randrange(most)}"
