"""Two profiles made one: pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from limen.identity.customers.emails import MOST_EMAILS
from limen.identity.customers.identities import MOST_IDENTITIES
from limen.identity.customers.numbers import MOST_PHONES
from limen.identity.customers.records import Contact, Profile
from limen.identity.profiles.claims import OPTIONAL
from limen.kernel.clock import Instant

STANDARD: Final = ("name", "given_name", "family_name", "locale", "zoneinfo", *OPTIONAL)
"""Standard claims that are joined. The address is not: it is what signs in, and has its own way."""
_ATTRIBUTE: Final = "attributes."


@dataclass(frozen=True, slots=True)
class Joined:
    """The profile that comes of two, and how each field that differed was settled."""

    profile: Profile
    filled: tuple[str, ...]
    taken: tuple[str, ...]
    kept: tuple[str, ...]


def joined(stays: Profile, goes: Profile, take: frozenset[str]) -> Joined:
    """Return what *stays* is with the gaps filled from *goes*, and the fields in *take* taken from there."""
    ours, theirs = _fields(stays), _fields(goes)
    differing = [name for name, value in theirs.items() if value not in ("", None) and ours.get(name) != value]
    filled = tuple(name for name in differing if ours.get(name) in ("", None))
    taken = tuple(name for name in differing if name in take and name not in filled)
    kept = tuple(name for name in differing if name not in filled and name not in taken)
    wins = {name: theirs[name] for name in (*filled, *taken)}
    attributes = {name.removeprefix(_ATTRIBUTE): value for name, value in wins.items() if name.startswith(_ATTRIBUTE)}
    claims = {name: value for name, value in wins.items() if not name.startswith(_ATTRIBUTE)}
    profile = msgspec.structs.replace(stays, **claims, attributes=stays.attributes | attributes)
    return Joined(profile, filled, taken, kept)


def carried(stays: Profile, goes: Profile, new_id: Callable[[], str], now: Instant) -> tuple[Profile, tuple[str, ...]]:
    """Return *stays* with the proven names of *goes*, as far as there is room, and what of the profile that changed.

    However old they are there, they are the account's from *now* on: what came lately can be undone.
    """
    address = (Contact(new_id(), goes.email, now),) if goes.email_verified else ()
    emails, phones = ([_anew(one, now) for one in some] for some in (goes.emails, goes.phones))
    identities = [msgspec.structs.replace(one, linked_at=now) for one in goes.identities]
    made = msgspec.structs.replace(
        stays,
        emails=(*stays.emails, *address, *emails)[:MOST_EMAILS],
        phones=(*stays.phones, *phones)[:MOST_PHONES],
        identities=(*stays.identities, *identities)[:MOST_IDENTITIES],
        username=stays.username or goes.username,
    )
    names = ("emails", "phones", "identities", "username")
    return made, tuple(name for name in names if getattr(made, name) != getattr(stays, name))


def unknown(goes: Profile, take: frozenset[str]) -> list[str]:
    """Return what of *take* is nothing that the one who goes has."""
    fields = _fields(goes)
    return sorted(name for name in take if fields.get(name) in ("", None))


def _anew(contact: Contact, now: Instant) -> Contact:
    return msgspec.structs.replace(contact, verified_at=now)


def _fields(profile: Profile) -> dict[str, Any]:
    claims = {name: getattr(profile, name) for name in STANDARD}
    return claims | {f"{_ATTRIBUTE}{name}": value for name, value in profile.attributes.items()}
