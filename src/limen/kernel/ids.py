"""Typed, prefixed identifiers over UUIDv7 (RFC 9562 §5.7): ``cus_01jd…``.

The text is the prefix, an underscore and 26 characters of lower-case Crockford base32, so that the order of the
text is the order of creation. Identifiers are internal: a UUIDv7 tells when a customer signed up, so what leaves
the house as ``sub`` or ``sid`` is random instead (:func:`limen.kernel.entropy.random_token`).
"""

from functools import lru_cache
from typing import ClassVar, Self

from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""As Python writes numbers to the base of 32."""
_LENGTH, _HEAD = 26, 10
_LOWER = (1 << 40) - 1


class TypedId(str):
    """An identifier whose type is part of its text."""

    __slots__ = ()
    prefix: ClassVar[str] = ""

    @classmethod
    def new(cls, clock: Clock, entropy: Entropy) -> Self:
        """Return a fresh identifier: 48 bits of milliseconds, then 74 random bits."""
        random = int.from_bytes(entropy.bytes(10), "big")
        first = 0x7 << 36 | (random >> 68 & 0xFFF) << 24 | 0b10 << 22 | random >> 40 & (1 << 22) - 1
        when = _head(clock.now() // 1000 & (1 << 48) - 1)
        return cls(f"{cls.prefix}_{when}{_tail(first)}{_tail(random & _LOWER)}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return *text* as an identifier of this type, or None if it is not one."""
        head, _, tail = text.partition("_")
        if head != cls.prefix or len(tail) != _LENGTH or tail.strip(_ALPHABET):
            return None
        return cls(text)

    @property
    def made_at(self) -> Instant:
        """Return when it was made, to the millisecond, as it says itself."""
        head = len(self.prefix) + 1
        return Instant(int(self[head : head + _HEAD].translate(_DIGITS), 32) * 1000)

    @classmethod
    def pattern(cls) -> str:
        """Return the regular expression that identifiers of this type fit, as documents name it."""
        return f"^{cls.prefix}_[0-9a-hjkmnp-tv-z]{{{_LENGTH}}}$"


@lru_cache(maxsize=4)  # many are made within a millisecond
def _head(milliseconds: int) -> str:
    """Return the first ten characters: two bits of nothing, and 48 of time."""
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in range(40, -1, -10)])


def _tail(bits: int) -> str:
    """Return eight characters: 40 bits."""
    return _PAIRS[bits >> 30] + _PAIRS[bits >> 20 & 1023] + _PAIRS[bits >> 10 & 1023] + _PAIRS[bits & 1023]


class TenantId(TypedId):
    """A tenant: an issuer with its own keys, customers and clients."""

    prefix = "ten"


class CustomerId(TypedId):
    """A customer's internal identifier; never sent as ``sub``."""

    prefix = "cus"


class ContactId(TypedId):
    """One more address or number of a customer."""

    prefix = "con"


class ClientKey(TypedId):
    """A relying party's internal identifier; ``client_id`` is what it shows."""

    prefix = "cli"


class InitialTokenId(TypedId):
    """An initial access token (RFC 7591 §1.2); what is shown is another, secret text."""

    prefix = "iat"


class ResourceId(TypedId):
    """A resource server's internal identifier; its URI is what others know."""

    prefix = "rsv"


class DetailTypeId(TypedId):
    """A type of ``authorization_details``, as it is registered."""

    prefix = "dty"


class BrowserId(TypedId):
    """One browser that holds our cookie."""

    prefix = "bro"


class SessionId(TypedId):
    """One customer signed in at one browser."""

    prefix = "ses"


class JourneyId(TypedId):
    """One persisted walk through sign-in, sign-up or recovery."""

    prefix = "jou"


class FactorId(TypedId):
    """A second factor of a customer."""

    prefix = "fac"


class RecoveryId(TypedId):
    """A recovery request of somebody who lost every second factor."""

    prefix = "rcv"


class DeviceId(TypedId):
    """A device that a customer trusts."""

    prefix = "tdv"


class WaitingId(TypedId):
    """One request that is answered on another device."""

    prefix = "wai"


class GrantId(TypedId):
    """What a customer allowed a client."""

    prefix = "gra"


class FamilyId(TypedId):
    """One chain of refresh tokens."""

    prefix = "fam"


class EventId(TypedId):
    """One event in the outbox."""

    prefix = "evt"


class SegmentId(TypedId):
    """One segment of an audit chain."""

    prefix = "seg"


class DestinationId(TypedId):
    """Where a tenant's audit log is streamed to."""

    prefix = "dst"


class RotationId(TypedId):
    """A rotation of keys that takes a while."""

    prefix = "rot"


class RecordId(TypedId):
    """One record of a ledger."""

    prefix = "rec"


class PurposeId(TypedId):
    """A purpose for which a tenant asks its customers."""

    prefix = "pur"


class ImportId(TypedId):
    """One file of customers that is brought in."""

    prefix = "imp"


class AttackId(TypedId):
    """An attack that a guard recognised."""

    prefix = "atk"


class RequestId(TypedId):
    """One inbound request, for logs and audit."""

    prefix = "req"
