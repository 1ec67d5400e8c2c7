"""What becomes of privacy requests where nobody touches them: an account that is deleted answers its request.

Told inside the transaction of what happened, so that the two cannot differ.
"""

from collections.abc import Mapping, Sequence

from limen.access.account.records import INACTIVE
from limen.identity.rights.records import (
    Law,
    PrivacyRequest,
    PrivacyRequestId,
    RequestKind,
    RequestState,
    deadline,
)
from limen.identity.rights.requests import open_request, opened, settle
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.events import Event
from limen.kernel.ids import CustomerId
from limen.storage.database import Subscriber
from limen.storage.opening import Storage
from limen.storage.unit import Unit


def rights_subscribers(storage: Storage, clock: Clock, entropy: Entropy) -> Mapping[str, Sequence[Subscriber]]:
    """Return what keeps requests for erasure and for a copy in step with what was done."""

    async def asked(unit: Unit, event: Event) -> None:
        if event.data.get("reason") == INACTIVE:
            return  # nobody exercised a right
        kind = RequestKind.EXPORT if event.name == "export.requested" else RequestKind.ERASURE
        tenant = await storage.tenants.get(unit.tenant_id)
        law = Law(tenant.settings.privacy.law) if tenant is not None else Law.GDPR
        now, customer_id = clock.now(), CustomerId(event.subject)
        request_id = PrivacyRequestId.new(clock, entropy)
        due_at = deadline(law, now)
        request = PrivacyRequest(request_id, customer_id, kind, RequestState.OPEN, law, "customer", now, due_at)
        await open_request(unit, request, opened(request, f"customer:{customer_id}"))

    async def thought_again(unit: Unit, event: Event) -> None:
        if event.data.get("reason") == INACTIVE:
            return
        customer_id = CustomerId(event.subject)
        await settle(unit, customer_id, RequestKind.ERASURE, RequestState.WITHDRAWN, clock.now())

    async def handed_over(unit: Unit, event: Event) -> None:
        await settle(unit, CustomerId(event.subject), RequestKind.EXPORT, RequestState.DONE, clock.now())

    async def erased(unit: Unit, event: Event) -> None:
        """Answer the request; every other one of somebody who is gone has nothing left to be answered with."""
        customer_id, now = CustomerId(event.subject), clock.now()
        for kind in RequestKind:
            state = RequestState.DONE if kind is RequestKind.ERASURE else RequestState.WITHDRAWN
            await settle(unit, customer_id, kind, state, now)

    return {
        "deletion.requested": (asked,),
        "deletion.cancelled": (thought_again,),
        "customer.deleted": (erased,),
        "export.requested": (asked,),
        "export.ready": (handed_over,),
    }
