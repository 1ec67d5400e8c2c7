"""The telephone numbers that a customer has proven: what a profile may hold, and which of them comes first. Pure."""

from typing import Final

import msgspec

from limen.identity.customers.records import Contact, Profile
from limen.kernel.errors import Conflict, NotFound

MOST_PHONES: Final = 3
_NOT_FOUND: Final = NotFound("phone_not_found")


def with_phone(profile: Profile, added: Contact) -> Profile | Conflict:
    """Return *profile* with one more number, which is proven."""
    if any(one.value == added.value for one in profile.phones):
        return Conflict("phone_yours", fields={"phone": "phone.yours"})
    if len(profile.phones) >= MOST_PHONES:
        return Conflict("too_many_phones")
    return msgspec.structs.replace(profile, phones=(*profile.phones, added))


def phone_named(profile: Profile, contact_id: str) -> Contact | NotFound:
    """Return the number of this identifier."""
    return next((one for one in profile.phones if one.id == contact_id), _NOT_FOUND)


def without_phone(profile: Profile, contact_id: str) -> Profile | NotFound:
    """Return *profile* without the number of this identifier."""
    gone = phone_named(profile, contact_id)
    if isinstance(gone, NotFound):
        return gone
    return msgspec.structs.replace(profile, phones=tuple(one for one in profile.phones if one is not gone))


def with_first_phone(profile: Profile, contact_id: str) -> Profile | NotFound:
    """Return *profile* with another of its numbers first."""
    chosen = phone_named(profile, contact_id)
    if isinstance(chosen, NotFound):
        return chosen
    others = (one for one in profile.phones if one is not chosen)
    return msgspec.structs.replace(profile, phones=(chosen, *others))
