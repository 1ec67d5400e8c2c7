"""What a section of the account page is shown from, and what its forms bring along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from limen.access.account.records import DeletionRequest
from limen.access.factors.records import StoredFactor
from limen.access.http import HotResponse
from limen.access.journeys.context import Account
from limen.access.journeys.facts import live_accounts
from limen.experience.pages.parts import PageUnit
from limen.experience.pages.visit import Visit
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import Instant
from limen.kernel.errors import Fault

_UNREAD: Final = "not read yet"
Shown = Mapping[str, Any]
"""What a section's template is filled with."""


@dataclass(slots=True)
class Look:
    """One look at the account: the sections of a page share its unit, the customer's vault, and what they read.

    Attributes:
        unit: the one reading unit of the page.
        accounts: who is signed in at this browser, newest proof first; the page is the first one's.
        vault: the customer's own.
    """

    visit: Visit
    unit: PageUnit
    accounts: tuple[Account, ...]
    vault: SubjectVault
    _factors: Sequence[StoredFactor] | None = field(default=None, repr=False)
    _deletion: DeletionRequest | str | None = field(default=_UNREAD, repr=False)

    @property
    def account(self) -> Account:
        """Return whose account is shown."""
        return self.accounts[0]

    @property
    def now(self) -> Instant:
        """Return the present instant."""
        return self.visit.journey_parts.clock.now()

    async def deletion(self) -> DeletionRequest | None:
        """Return the customer's request to be deleted, read once for the page's banner and its section."""
        if self._deletion is _UNREAD:
            self._deletion = await self.unit.account.deletion(self.account.customer.id)
        return self._deletion if isinstance(self._deletion, DeletionRequest) else None

    async def factors(self) -> Sequence[StoredFactor]:
        """Return the customer's factors, read once for all sections of a page."""
        if self._factors is None:
            self._factors = await self.unit.factors.of_customer(self.account.customer.id)
        return self._factors


async def look(visit: Visit, unit: PageUnit) -> Look | None:
    """Return a look at the account of the newest session at this browser, which *unit* proves; None where nobody is.

    Raises:
        Fault: a customer's key is gone while the customer is not.
    """
    await visit.prove(unit)
    if visit.browser is None:
        return None
    parts = visit.journey_parts
    accounts = await live_accounts(parts, unit, visit.browser.id)
    if not accounts:
        return None
    vault = await parts.directory.vault_of(accounts[0].customer.id)
    if vault is None:
        msg = "a customer's key went between two looks at it"
        raise Fault(msg)
    return Look(visit, unit, accounts, vault)


@dataclass(frozen=True, slots=True)
class Turn:
    """A form of a section: who sends it, and from which page."""

    visit: Visit
    accounts: tuple[Account, ...]
    vault: SubjectVault
    page: str
    form: Mapping[str, str]

    @property
    def account(self) -> Account:
        """Return whose account is changed."""
        return self.accounts[0]


@dataclass(frozen=True, slots=True)
class Done:
    """It is done: the browser gets the page anew, with *notice* above it (a message key; may be empty).

    ``query`` goes along with it.
    """

    notice: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The form is wrong: the page comes back with what was typed, and why not.

    Attributes:
        section: whose form it was; its ``view`` gets the rest.
        errors: field to message key; "" for the form as a whole.
        retry_after: whole seconds, where it may be tried again then.
    """

    section: str
    values: Mapping[str, Any]
    errors: Mapping[str, str]
    status: int = 400
    retry_after: int = 0


Taken = HotResponse | Done | Again
