"""A phone that codes are sent to: a restricted authenticator (NIST SP 800-63B-4 §3.1.3.3, §3.2.9)."""

from collections.abc import Iterable

import msgspec

from limen.access.factors.records import FactorKind, Sealer, StoredFactor
from limen.identity.customers.phones import PhoneNumber
from limen.kernel.encoding import encode_json
from limen.kernel.ids import FactorId
from limen.kernel.masked import Masked

INDEX = "phone"
"""The kind of blind index that a number is known by: no customer has the same number twice."""
_FIELD = "factor.phone"


class Phone(Masked, msgspec.Struct, frozen=True):
    """What is sealed of a phone: its number as E.164, and the number's country."""

    number: str
    country: str

    def __repr__(self) -> str:
        """Show no number."""
        return f"Phone({self.country!r})"

    @property
    def plain(self) -> PhoneNumber:
        """Return it as whoever sends takes it."""
        return PhoneNumber(self.number, self.country)


def seal_phone(vault: Sealer, factor_id: FactorId, phone: Phone) -> bytes:
    """Return *phone* as it is stored."""
    return vault.seal(_FIELD, factor_id, encode_json(phone))


def open_phone(vault: Sealer, factor: StoredFactor) -> Phone:
    """Return a phone's number.

    Raises:
        Corrupted: it was changed, moved, or sealed for somebody else.
    """
    return _phones.decode(vault.unseal(_FIELD, factor.id, factor.sealed))


def phone_of(factors: Iterable[StoredFactor]) -> StoredFactor | None:
    """Return the customer's phone; there is one at the most."""
    return next((factor for factor in factors if factor.kind is FactorKind.PHONE), None)


_phones = msgspec.json.Decoder(Phone)
