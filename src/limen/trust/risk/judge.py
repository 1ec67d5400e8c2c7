"""The judge of one tenant: looks up what an assessment needs, asks the model, and remembers what came to a session."""

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from limen.identity.tenants.notices import NoticeSettings
from limen.identity.tenants.risk import Action, RiskSettings, limits_of
from limen.kernel.errors import Corrupted
from limen.kernel.ids import CustomerId
from limen.kernel.masked import Masked
from limen.trust.risk.assess import assess
from limen.trust.risk.counts import EPOCH
from limen.trust.risk.decide import AWAY, Decision, decide
from limen.trust.risk.history import History
from limen.trust.risk.keys import Epoch, Epochs
from limen.trust.risk.lookup import OF_ALL, Lookup
from limen.trust.risk.population import shown_in, usual_of
from limen.trust.risk.records import Assessment, Sighting
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


class Kept(Masked, msgspec.Struct, frozen=True):
    """A customer's history as it was read: sealed, and open; None where it cannot be opened. And for what that was."""

    customer_id: CustomerId
    sealed: bytes
    history: History | None
    seen: Sighting

    def __repr__(self) -> str:
        """Show nothing personal."""
        return f"Kept({self.customer_id!r})"


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

    async def scored(
        self, unit: RiskUnit, customer_id: CustomerId, vault: Seals, seen: Sighting
    ) -> tuple[Kept, Assessment]:
        """Return what the customer showed before, and what the model says.

        The history comes with the counters that are asked for whoever it is; only what is new to the customer takes a
        second look-up, of what they usually show, and the first attack.
        """
        look = Lookup(self.epochs, seen.at)
        sealed, counts = await unit.risk.look_up(customer_id, look.names((*OF_ALL, *shown_in(seen))))
        look.take(counts)
        kept = _kept(customer_id, vault, sealed, seen)
        history = kept.history
        if history is None:
            return kept, AWAY
        if more := look.names(usual_of(seen, history)):
            look.take(await unit.risk.counted(more))
        return kept, assess(seen, history, look.population())

    async def suspect(self, unit: RiskUnit, seen: Sighting, shown: int = 1) -> None:
        """Count what a sign-in shows that is asked for more, as an attacker's; -1 once it was answered."""
        present, _ = self.epochs
        await unit.risk.count(present.attack(seen, shown), (present.number + 2) * EPOCH)

    async def remember(  # noqa: PLR0913 - whose, of what, and what is known of it
        self,
        unit: RiskUnit,
        customer_id: CustomerId,
        vault: Seals,
        seen: Sighting,
        *,
        kept: Kept | None = None,
        tells: bool = True,
    ) -> tuple[str, ...]:
        """Add a sign-in to its customer's history and to the tenant's counters, in the commit of its session.

        *kept* is the history where the same request has read it; it is read anew where another sign-in came between.

        Returns:
            Of what the customer is to be told, the gravest first; nothing where somebody else *tells* them.
        """
        read = kept if kept is not None and kept.customer_id == customer_id else None
        while True:
            before = read or _kept(customer_id, vault, await unit.risk.history(customer_id), seen)
            history = before.history or History()  # what cannot be read begins anew
            told = to_be_told(seen, history, self.notices) if tells else ()
            sealed = vault.seal(FIELD, customer_id, msgspec.json.encode(history.after(seen, is_told=bool(told))))
            if await unit.risk.remember(customer_id, sealed, seen.at, over=before.sealed):
                break
            read = None
        present, _ = self.epochs
        await unit.risk.count(present.counts(seen, history), (present.number + 2) * EPOCH)
        return told


def _kept(customer_id: CustomerId, vault: Seals, sealed: bytes, seen: Sighting) -> Kept:
    try:
        return Kept(customer_id, sealed, open_history(vault, customer_id, sealed), seen)
    except (Corrupted, msgspec.DecodeError):
        return Kept(customer_id, sealed, None, seen)
