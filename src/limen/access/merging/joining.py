"""Two profiles made one: pure."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from limen.identity.customers.records import Profile

STANDARD: Final = ("name", "given_name", "family_name", "locale", "zoneinfo")
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


def unknown(goes: Profile, take: frozenset[str]) -> list[str]:
    """Return what of *take* is nothing that the one who goes has."""
    fields = _fields(goes)
    return sorted(name for name in take if fields.get(name) in ("", None))


def _fields(profile: Profile) -> dict[str, Any]:
    claims = {name: getattr(profile, name) for name in STANDARD}
    return claims | {f"{_ATTRIBUTE}{name}": value for name, value in profile.attributes.items()}
