"""Which works are measured together, and where their figures go."""

from dataclasses import dataclass

from bench.vault.session import WORKS as VAULT_WORKS
from bench.works import clients, footprint, memory, rates, sign_in


@dataclass(frozen=True, slots=True)
class Suite:
    """Works that make one table and one file."""

    rates: tuple[rates.Work, ...]
    others: tuple[str, ...]
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that ``--only`` takes."""
        return (*(work.name for work in self.rates), *self.others)


SUITES = {
    "core": Suite(
        rates.WORKS,
        (sign_in.PASSWORD_SIGN_IN, sign_in.LIGHT_IN_STORM, footprint.IDLE_MEMORY, footprint.SECOND_START),
        "bench.json",
    ),
    "oauth": Suite(rates.OAUTH_WORKS, (memory.MEMORY, clients.CLIENT_COST), "bench-oauth.json"),
    "vault": Suite((), tuple(VAULT_WORKS), "vault.json"),
}
WORKS = tuple(work for suite in SUITES.values() for work in suite.rates)
"""Every work that is measured against the peer."""


def suite_of(name: str) -> Suite:
    """Return the suite that a work belongs to."""
    return next(suite for suite in SUITES.values() if name in suite.names)
