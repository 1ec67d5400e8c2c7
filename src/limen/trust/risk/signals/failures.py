"""Attempts in vain before the right one: at the account, from the address, from its network, and at the browser.

Many share a network, so that it takes many to say something, and says little. A browser is one person's, as a rule:
many tries at one, by its cookie, wherever they came from, are one who tries accounts; who throws cookies away has none.
"""

from functools import lru_cache
from typing import Final

from limen.trust.risk.history import History
from limen.trust.risk.population import Population
from limen.trust.risk.records import Failures, Finding, Sighting
from limen.trust.risk.signals.signal import Signal
from limen.trust.risk.signals.stairs import Stairs

_ACCOUNT: Final = Stairs.of((0, 0.9), (1, 1.0), (3, 1.5), (6, 3.0), (20, 6.0))
_ADDRESS: Final = Stairs.of((0, 1.0), (5, 1.5), (20, 4.0), (100, 8.0))
_NETWORK: Final = Stairs.of((0, 1.0), (40, 1.3), (200, 2.0))
_DEVICE: Final = Stairs.of((0, 1.0), (4, 1.5), (10, 4.0), (30, 8.0))
"""From how many on, and how much likelier they are before an attacker's sign-in than before a customer's."""


def _speaks(seen: Sighting, _: History, __: Population) -> Finding | None:
    return _of(seen.failures)


@lru_cache(1_024)  # most sign-ins have none
def _of(failures: Failures) -> Finding:
    account = _ACCOUNT.log(failures.account)
    address = _ADDRESS.log(failures.address)
    network = _NETWORK.log(failures.network)
    device = _DEVICE.log(failures.device)
    found = {
        "risk.reason.failures_account": account,
        "risk.reason.failures_device": device,
        "risk.reason.failures_address": address,
        "risk.reason.failures_network": network,
    }
    gravest = max(found, key=found.__getitem__)
    # The tries of one browser are those of its address, too: they count once.
    return Finding("failures", account + max(address, device) + network, gravest)


SIGNAL = Signal("failures", _speaks)
