"""May this be done now? Answered from memory, which the change feed keeps current over all workers.

What is held is what a customer decided, not an answer: an answer depends on the hour. While the feed is stale, nothing
held is trusted and the database is asked.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from limen.identity.consents.purposes import Purpose
from limen.identity.consents.question import Access, Answer, Question, Reason, Standing, access_of, accessed, answered
from limen.identity.consents.records import OAUTH
from limen.identity.consents.store import ConsentLedger
from limen.identity.customers.records import CustomerState
from limen.identity.customers.store import CustomerStore
from limen.kernel.clock import Clock
from limen.kernel.ids import CustomerId, TenantId

DECIDED: Final = "consent"
"""The kind of change by which caches hear of a customer's decisions; its key is the customer."""
_SUBJECT: Final = "subject"
_HELD: Final = 20_000


class AskingUnit(Protocol):
    """A reading unit of one tenant."""

    @property
    def consents(self) -> ConsentLedger:
        """Return the decisions."""
        ...

    @property
    def customers(self) -> CustomerStore:
        """Return the customers."""
        ...


Reading = Callable[[TenantId], AbstractAsyncContextManager[AskingUnit]]
Decided = Mapping[tuple[str, str], Standing]
"""What one customer decided, by purpose and party."""


@dataclass(frozen=True, slots=True)
class _Held:
    subject: str
    decided: Decided
    access: Access
    is_restricted: bool = False


class Asking:
    """Answers questions of all tenants; the customers who were asked about most recently are held."""

    def __init__(self, reading: Reading, is_fresh: Callable[[], bool], clock: Clock, most: int = _HELD) -> None:
        """Read by *reading*; *is_fresh* tells whether the change feed may be relied on."""
        self._reading, self._is_fresh, self._clock, self._most = reading, is_fresh, clock, most
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self._by_subject: dict[tuple[str, str], str] = {}
        self._heard = 0

    async def __call__(
        self, tenant_id: TenantId, purposes: Mapping[str, Purpose], questions: Sequence[Question]
    ) -> list[Answer]:
        """Return the answer to each of *questions*, whose clients exist."""
        found = await self._decided(tenant_id, dict.fromkeys(one.customer_id for one in questions))
        now = self._clock.now()
        return [self._answer(purposes.get(one.purpose), found.get(one.customer_id), one, now) for one in questions]

    def hear(self, tenant_id: str | None, kind: str, key: str) -> None:
        """Take note of one change."""
        tenant = tenant_id or ""
        if kind == DECIDED:
            self._forget(tenant, key)
        elif kind == _SUBJECT:  # disabled or deleted: nothing is allowed of them any more
            self._forget(tenant, self._by_subject.get((tenant, key.rpartition(":")[0]), ""))

    def _forget(self, tenant_id: str, customer_id: str) -> None:
        self._heard += 1
        held = self._held.pop((tenant_id, customer_id), None)
        if held is not None:
            self._by_subject.pop((tenant_id, held.subject), None)

    @staticmethod
    def _answer(purpose: Purpose | None, held: _Held | None, question: Question, now: int) -> Answer:
        if held is None or held.is_restricted:
            return Answer(is_allowed=False, reason=Reason.UNKNOWN_CUSTOMER if held is None else Reason.RESTRICTED)
        if question.purpose == OAUTH:
            return accessed(held.access, held.decided.get((OAUTH, question.client_id)), question)
        standing = held.decided.get((purpose.name, purpose.party)) if purpose is not None else None
        return answered(purpose, standing, question, now)

    async def _decided(self, tenant_id: TenantId, customer_ids: Mapping[str, None]) -> dict[str, _Held]:
        found: dict[str, _Held] = {}
        if self._is_fresh():
            for customer_id in customer_ids:
                held = self._held.get((tenant_id, customer_id))
                if held is not None:
                    self._held.move_to_end((tenant_id, customer_id))
                    found[customer_id] = held
        missing = [customer_id for customer_id in customer_ids if customer_id not in found]
        if missing:
            found |= await self._loaded(tenant_id, missing)
        return found

    async def _loaded(self, tenant_id: TenantId, customer_ids: Sequence[str]) -> dict[str, _Held]:
        heard, is_fresh = self._heard, self._is_fresh()
        found: dict[str, _Held] = {}
        async with self._reading(tenant_id) as unit:
            for customer_id in customer_ids:
                customer = await unit.customers.get(CustomerId(customer_id))
                if customer is not None and customer.may_sign_in:
                    latest = await unit.consents.latest(customer.id)
                    decided = {(one.decision.purpose, one.decision.party): Standing.of(one) for one in latest}
                    is_asked = any(purpose == OAUTH for purpose, _ in decided)
                    access = access_of(await unit.consents.access(customer.id)) if is_asked else {}
                    is_restricted = customer.state is CustomerState.RESTRICTED
                    found[customer_id] = _Held(customer.subject, decided, access, is_restricted)
        if is_fresh and heard == self._heard:  # or what was loaded may be older than what was heard of meanwhile
            for customer_id, held in found.items():
                self._keep(tenant_id, customer_id, held)
        return found

    def _keep(self, tenant_id: str, customer_id: str, held: _Held) -> None:
        self._held[tenant_id, customer_id] = held
        self._by_subject[tenant_id, held.subject] = customer_id
        if len(self._held) > self._most:
            (tenant, _), oldest = self._held.popitem(last=False)
            self._by_subject.pop((tenant, oldest.subject), None)
