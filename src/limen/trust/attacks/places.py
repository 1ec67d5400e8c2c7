"""Where an attack comes from, in words that may leave the house."""

from limen.trust.attacks.alerts import Spot, busiest, spot
from limen.trust.attacks.guard import AttackGuard
from limen.trust.risk.records import NETWORK
from limen.trust.risk.whereabouts import Geography


async def places(guard: AttackGuard, geography: Geography) -> tuple[Spot, ...]:
    """Return the networks with the most failures in ten minutes."""
    counted = await guard.tallies.networks(guard.counters)
    return busiest([spot(name, _asn(geography, name), count) for name, count in counted])


def _asn(geography: Geography, network: str) -> str:
    """Return the autonomous system of a network; empty where only its prefix stands in for one."""
    found = geography.of(network.partition("/")[0]).values.get(NETWORK, "")
    return found if found.startswith("AS") else ""
