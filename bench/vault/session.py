"""One run of the suite: a PostgreSQL when the first work asks for it, and the works one after another."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import facts
from bench.figures import Figure
from bench.vault import audit, consents, imports, search
from bench.vault.place import Vault
from bench.workbench import Workbench
from limen.integration.edge import logs

Work = Callable[[Vault], Iterator[Figure]]
WORKS: dict[str, Work] = {
    "consent_check": consents.measure,
    search.SEARCH: search.measure,
    audit.AUDIT: audit.measure,
    imports.IMPORT: imports.measure,
}
"""Every work, by the name that ``--only`` takes."""


@dataclass(slots=True)
class VaultSession:
    """What is measured, and what was found out on the way."""

    bench: Workbench
    wanted: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def run(self) -> tuple[list[Figure], dict[str, Any]]:
        """Measure everything that is wanted and return the figures and the facts."""
        noise, vault = facts.Noise.begin(), Vault(self.bench)
        figures: list[Figure] = []
        with Path(os.devnull).open("w") as nowhere:
            logs.configure(nowhere)  # written as the served process writes them, and read by nobody
            for name, work in WORKS.items():
                if name in self.wanted:
                    self.bench.say(name)
                    vault.renew()
                    figures += work(vault)
        return figures, {
            "environment": facts.environment(self.bench),
            "durability": vault.durability,
            "floors": {},
            "noise": noise.facts(self.bench.others_busy),
            "notes": self.notes,
        }
