"""More than one address of a customer: what a profile may hold, and which of them comes first. Pure.

The primary address has no identifier: it is never taken away, but another can take its place. So there is always one.
"""

from typing import Final

import msgspec

from limen.identity.customers.records import Contact, Profile
from limen.kernel.clock import Instant
from limen.kernel.errors import Conflict, NotFound

MOST_EMAILS: Final = 5
"""Beside the primary one."""
_NOT_FOUND: Final = NotFound("email_not_found")


def with_email(profile: Profile, added: Contact) -> Profile | Conflict:
    """Return *profile* with one more address, which is proven."""
    if added.value in profile.addresses:
        return Conflict("email_yours", fields={"email": "email.yours"})
    if len(profile.emails) >= MOST_EMAILS:
        return Conflict("too_many_emails")
    return msgspec.structs.replace(profile, emails=(*profile.emails, added))


def email_named(profile: Profile, contact_id: str) -> Contact | NotFound:
    """Return the address of this identifier."""
    return next((one for one in profile.emails if one.id == contact_id), _NOT_FOUND)


def without_email(profile: Profile, contact_id: str) -> Profile | NotFound:
    """Return *profile* without the address of this identifier."""
    gone = email_named(profile, contact_id)
    if isinstance(gone, NotFound):
        return gone
    return msgspec.structs.replace(profile, emails=tuple(one for one in profile.emails if one is not gone))


def with_primary(profile: Profile, contact_id: str, before: Contact) -> Profile | NotFound:
    """Return *profile* with another of its addresses first; the one *before* stays as a further one if it is proven.

    Neither is younger for it: what came lately can be undone, however often the places are changed.
    """
    chosen = email_named(profile, contact_id)
    if isinstance(chosen, NotFound):
        return chosen
    kept = (before,) if profile.email_verified else ()
    others = (*kept, *(one for one in profile.emails if one is not chosen))
    since = chosen.verified_at
    return msgspec.structs.replace(profile, email=chosen.value, email_verified=True, email_since=since, emails=others)


def with_other_email(profile: Profile, email: str, now: Instant) -> Profile:
    """Return *profile* with *email*, which is proven, in the place of its primary address."""
    others = tuple(one for one in profile.emails if one.value != email)
    return msgspec.structs.replace(profile, email=email, email_verified=True, email_since=now, emails=others)
