"""The judge of one tenant: looks up what an assessment needs, asks the model, and remembers what came to a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from limen.identity.tenants.notices import NoticeSettings
from limen.identity.tenants.risk import Action, RiskSettings, limits_of
from limen.kernel.clock import Instant
from limen.kernel.errors import Corrupted
from limen.kernel.ids import CustomerId
from limen.trust.risk.assess import assess
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.decide import Decision, decide
from limen.trust.risk.history import History
from limen.trust.risk.keys import ATTACKS, CUSTOMERS, EARLIER_WEIGHS, LARGE, RARE, SIGN_INS, Epoch, Epochs
from limen.trust.risk.population import Population, Value, asked_for
from limen.trust.risk.records import LEVELS, Assessment, Sighting
from limen.trust.risk.store import RiskStore
from limen.trust.risk.unfamiliar import to_be_told
from limen.trust.risk.whereabouts import BY_PREFIX, Geography

FIELD: Final = "risk.history"
TOLD: Final = NoticeSettings()
_histories = msgspec.json.Decoder(History)


class Seals(Protocol):
    """What is asked of a customer's vault (``keyring.SubjectVault``)."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        """Return the envelope."""
        ...

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        """Return the plaintext."""
        ...


class RiskUnit(Protocol):
    """What is asked of a unit of work."""

    @property
    def risk(self) -> RiskStore:
        """Return histories and counters."""
        ...


def open_history(vault: Seals, customer_id: CustomerId, sealed: bytes) -> History:
    """Return a customer's history; an empty one where none is stored."""
    return _histories.decode(vault.unseal(FIELD, customer_id, sealed)) if sealed else History()


@dataclass(frozen=True, slots=True)
class RiskJudge:
    """Judges sign-ins of one tenant.

    Attributes:
        settings: what the tenant does about risk.
        epochs: under which keys counters are called, now and before.
        geography: knows where addresses are.
        notices: of which sign-ins customers are told.
    """

    settings: RiskSettings
    epochs: Epochs
    geography: Geography = BY_PREFIX
    notices: NoticeSettings = TOLD

    @property
    def is_off(self) -> bool:
        """Tell whether nothing is scored, and nothing remembered."""
        return self.settings.mode == "off"

    @property
    def is_on(self) -> bool:
        """Tell whether what is decided is done."""
        return self.settings.mode == "on"

    @property
    def present(self) -> Epoch:
        """Return the present epoch."""
        return self.epochs[0]

    def decides(self, found: Assessment, action: Action, client: str) -> Decision:
        """Return what the tenant does about such a risk, or would if it were not in the shadow."""
        return decide(found.probability, limits_of(self.settings, action, client))

    def decides_away(self, action: Action, client: str) -> Decision:
        """Return what the tenant does where the model cannot be asked."""
        reached = frozenset({"challenge"}) if self.settings.when_away == "challenge" else frozenset[str]()
        return Decision(reached, limits_of(self.settings, action, client).level)

    async def history(self, unit: RiskUnit, customer_id: CustomerId, vault: Seals) -> History | None:
        """Return what the customer showed before; None where that cannot be read."""
        sealed = await unit.risk.history(customer_id)
        try:
            return open_history(vault, customer_id, sealed)
        except (Corrupted, msgspec.DecodeError):
            return None

    async def assess(self, unit: RiskUnit, history: History, seen: Sighting) -> Assessment:
        """Return what the model says: one look-up, of as many counters as there are features or fewer."""
        asked = (SIGN_INS, CUSTOMERS, ATTACKS, *asked_for(seen, history))
        names = [[epoch.names(value) for value in asked] for epoch in self.epochs if epoch.is_counted]
        counted = await self._counted(unit, asked, names, seen.at)
        counts: dict[Value, float] = dict.fromkeys(asked, 0.0)
        theirs: dict[Value, float] = dict.fromkeys(asked, 0.0)
        for weight, row in zip((1.0, EARLIER_WEIGHS), names, strict=False):
            for value, (shown, attacked) in zip(asked, row, strict=True):
                counts[value] += weight * counted.get(shown, 0)
                theirs[value] += weight * counted.get(attacked, 0)
        population = Population(counts[SIGN_INS], counts[CUSTOMERS], counts, counts[ATTACKS], theirs)
        return assess(seen, history, population)

    async def _counted(
        self, unit: RiskUnit, asked: Sequence[Value], names: Sequence[Sequence[tuple[bytes, bytes]]], now: Instant
    ) -> Mapping[bytes, int]:
        """Return what is counted under *names*, those of *asked* in each epoch: what is held of a large tenant, too."""
        recent = self.present.recent
        held, rare, shared = recent.held(now), list[bytes](), list[bytes]()
        for row in names:
            for value, (shown, attacked) in zip(asked, row, strict=True):
                of = rare if value[0] in RARE else shared
                of.append(shown)
                if value[0] in LEVELS:
                    of.append(attacked)
        missing = [name for name in shared if name not in held]
        found = await unit.risk.counted([*rare, *missing])
        if names and {**held, **found}.get(names[0][0][0], 0) >= LARGE:
            recent.hold({name: found.get(name, 0) for name in missing})
        return {**held, **found}

    async def suspect(self, unit: RiskUnit, seen: Sighting, shown: int = 1) -> None:
        """Count what a sign-in shows that is asked for more, as an attacker's; -1 once it was answered."""
        present, _ = self.epochs
        await unit.risk.count(present.attack(seen, shown), (present.number + 2) * EPOCH)

    async def remember(
        self, unit: RiskUnit, customer_id: CustomerId, vault: Seals, seen: Sighting, *, tells: bool = True
    ) -> tuple[str, ...]:
        """Add a sign-in to its customer's history and to the tenant's counters, in the commit of its session.

        Returns:
            Of what the customer is to be told, the gravest first; nothing where somebody else *tells* them.
        """
        history = await self.history(unit, customer_id, vault) or History()  # what cannot be read begins anew
        told = to_be_told(seen, history, self.notices) if tells else ()
        sealed = vault.seal(FIELD, customer_id, msgspec.json.encode(history.after(seen, is_told=bool(told))))
        await unit.risk.remember(customer_id, sealed, seen.at)
        present, _ = self.epochs
        await unit.risk.count(present.counts(seen, history), (present.number + 2) * EPOCH)
        return told
