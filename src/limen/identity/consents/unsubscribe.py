"""Links by which whoever reads a message ends such messages, signed in or not (RFC 8058).

A link says who and what for, encrypted: it can be neither guessed nor read, and nothing is stored for it. The same
customer and purpose always give the same link, so that a mail that is kept for years still works. It withdraws, and can
do nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from limen.identity.consents.decide import Deciding, Source, Wish
from limen.identity.consents.purposes import Purpose
from limen.identity.consents.question import Standing, decided
from limen.identity.consents.records import ConsentRecord, Decision
from limen.identity.keyring import TenantVault
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Conflict, NotFound, Refusal
from limen.kernel.ids import CustomerId

PATH: Final = "/unsubscribe/"
POST_FIELD: Final = "List-Unsubscribe"
ONE_CLICK: Final = "One-Click"
"""What a POST has to say (RFC 8058 §3.2)."""
METHOD: Final = "mail"
_SEALING, _PROVING = "unsubscribe:encrypt", "unsubscribe:prove"
_LONGEST: Final = 400
_decode: Final = msgspec.json.Decoder(tuple[str, str]).decode


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link ends."""

    customer_id: CustomerId
    purpose: str


class Links:
    """Makes and reads the links of one tenant."""

    def __init__(self, vault: TenantVault) -> None:
        """Encrypt under sub-keys of the tenant's: AES-256-SIV (RFC 5297), which needs no nonce."""
        self._cipher = AESSIV(vault.derive(_PROVING) + vault.derive(_SEALING))

    def token(self, subscription: Subscription) -> str:
        """Return what stands at the end of the link's path."""
        content = msgspec.json.encode((str(subscription.customer_id), subscription.purpose))
        return b64url(self._cipher.encrypt(content, None))

    def read(self, token: str) -> Subscription | None:
        """Return what a link ends; None where it is none of ours."""
        if not token or len(token) > _LONGEST:
            return None
        try:
            customer, purpose = _decode(self._cipher.decrypt(from_b64url(token), None))
        except (InvalidTag, ValueError):
            return None
        return Subscription(CustomerId(customer), purpose)


def may_link(purpose: Purpose | None) -> Refusal | None:
    """Return why there is no such link for *purpose*: it is not there, or nothing that may be taken back."""
    if purpose is None or purpose.retired_at is not None:
        return NotFound("purpose_not_found")
    if not purpose.is_decided_here or not purpose.may_be_withdrawn:
        return Conflict("purpose_not_decidable", purpose.terms.basis.value)
    return None


async def unsubscribe(
    deciding: Deciding,
    purpose: Purpose | None,
    subscription: Subscription,
    latest: Sequence[ConsentRecord],
    source: Source,
) -> ConsentRecord | None:
    """Withdraw what a link stands for; None where that is no change: it is withdrawn, retired, or nobody is there.

    *latest* are the customer's newest decisions. Whoever presses twice is recorded once; whoever was never asked has
    objected.
    """
    if purpose is None or may_link(purpose) is not None:
        return None
    last = _last(purpose, latest)
    if last is not None and last.decision.decision is not Decision.GIVEN:
        return None
    language, _ = purpose.terms.text(*source.request.reads)
    wish = Wish(purpose.name, Decision.WITHDRAWN, purpose.current.number, language)
    made = await deciding.decide(purpose, wish, subscription.customer_id, source)
    return None if isinstance(made, Refusal) else made


def is_subscribed(purpose: Purpose | None, latest: Sequence[ConsentRecord], now: Instant) -> bool:
    """Tell whether anything is sent for *purpose* that a link would end."""
    if purpose is None or may_link(purpose) is not None:
        return False
    last = _last(purpose, latest)
    return decided(purpose, Standing.of(last) if last is not None else None, now).is_allowed


def _last(purpose: Purpose, latest: Sequence[ConsentRecord]) -> ConsentRecord | None:
    wanted = (purpose.name, purpose.party)
    return next((one for one in latest if (one.decision.purpose, one.decision.party) == wanted), None)
