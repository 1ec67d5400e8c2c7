"""The traffic's parameters and seeds. Those of the reporting set were committed before anything was tuned.

Published by Wiefling et al. (TOPS 2022, doi 10.1145/3546069) and the description of their data set, and kept to here:
31.3 million sign-ins of 3.3 million customers (9.5 each), in a little more than a year, at a service of one country,
with sign-ins from more than two hundred; the levels of origin and agent and their weights. The raw data set is not
redistributable here, so everything else is assumed: it stands below, each with its name.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameters:
    """What traffic is made of. Shares are of sign-ins unless they say otherwise.

    Attributes:
        seed: of the generator: the same seed makes the same traffic.
        customers: how many.
        days: how long.
        logins_median, logins_sigma: of the log-normal number of sign-ins of one customer; the mean is 9.5.
        abroad: of customers, who live in another country than the service's.
        countries: how many others there are, the next always rarer (Zipf).
        networks: of a country, by market share.
        carriers: of a country: mobile networks, by market share.
        carrier_addresses: behind which a carrier's customers are.
        places: home line, carrier and work: how a customer's sign-ins are spread, on average.
        home_renews: a home line has another address than at the sign-in before.
        elsewhere: from another network of the country: friends, hotels.
        travels: from another country.
        vpn_customers: of customers, who use a VPN; then at half of their sign-ins.
        new_device: from a device that was never seen; half of them stay.
        cookie_lost: from a known device without its cookie.
        two_devices: of customers, who have a second device.
        classes: mobile, desktop, tablet.
        failures: of customers: none, one or two, three to five before the right one.
        breached: of customers, whose password is in a breach.
        attempts: attacks of each kind for each customer's sign-in that is scored.
        background: attacks, naive and from abroad, that the tenant turned away and counted, for each sign-in.
    """

    seed: int
    customers: int = 8_000
    days: int = 370
    logins_median: float = 4.0
    logins_sigma: float = 1.315
    abroad: float = 0.07
    countries: int = 60
    networks: tuple[float, ...] = (0.36, 0.22, 0.13, 0.09, 0.06, 0.05, 0.03, 0.02, 0.02, 0.01, 0.01)
    carriers: tuple[float, ...] = (0.48, 0.32, 0.2)
    carrier_addresses: int = 300
    places: tuple[float, float, float] = (0.55, 0.35, 0.1)
    home_renews: float = 0.08
    elsewhere: float = 0.03
    travels: float = 0.01
    vpn_customers: float = 0.04
    new_device: float = 0.05
    cookie_lost: float = 0.03
    two_devices: float = 0.45
    classes: tuple[float, float, float] = (0.6, 0.36, 0.04)
    failures: tuple[float, float, float] = (0.85, 0.12, 0.03)
    breached: float = 0.06
    attempts: float = 0.12
    background: float = 0.02


REPORTING = Parameters(seed=20_221_107)
"""The set that is reported; its seed is the day on which the paper appeared."""
TUNING = Parameters(seed=1_009, customers=4_000)
"""The set on which the added signals were weighed and the calibration was fitted."""

TPRS = (0.999, 0.995, 0.99, 0.98, 0.97)
AFTER = (12, 39)
PAPER = {
    ("naive", 39): (6, 2, 1, 1, 1),
    ("vpn", 39): (8, 3, 2, 2, 1),
    ("targeted", 39): (9, 4, 3, 2, 1),
    ("naive", 12): (7, 3, 2, 1),
}
"""Median re-authentications at :data:`TPRS`, as Wiefling et al. report them; after 12 the last is not given."""
