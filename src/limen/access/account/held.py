"""What of a profile is held for which purpose, as the tenant says it (GDPR articles 13 (1) (c) and 15 (1) (a))."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from limen.identity.consents.purposes import Purpose
from limen.identity.customers.records import Profile
from limen.identity.profiles.claims import hidden_claims
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import annotation, title
from limen.identity.profiles.values import brought_up, readable


class Held(NamedTuple):
    """One kind of data.

    ``label`` is what the tenant calls an attribute; a claim has none, its ``name`` is one. ``purpose`` is in
    ``language``; empty where nothing is said.
    """

    name: str
    label: str
    purpose: str
    language: str


def held(
    settings: ProfileSettings, profile: Profile, purposes: Mapping[str, Purpose], locale: str, *, is_shown: bool = False
) -> Iterator[Held]:
    """Yield what is held of a person: claims of which a purpose is said, and every attribute.

    Where it *is_shown* to them, what the tenant keeps from them is left out; in the copy of their data it is not.
    """
    said, hidden = msgspec.structs.asdict(profile), hidden_claims(settings) if is_shown else frozenset[str]()
    said |= {"phone_number": profile.phones, "preferred_username": profile.username}
    for name, claim in settings.claims.items():
        purpose = claim.purpose or claim.while_allowed
        if purpose and said.get(name) and name not in hidden:
            yield Held(name, "", *_words(purpose, purposes, locale))
    values: Mapping[str, Any] = brought_up(settings, profile.attributes)
    for name in readable(settings, values, "customer") if is_shown else values:
        known = name in settings.attributes
        kept = annotation(settings.attributes[name]) if known else None
        purpose = kept.purpose or kept.while_allowed if kept is not None else ""
        label = title(settings, name, locale) if known else name
        yield Held(f"attributes.{name}", label, *_words(purpose, purposes, locale))


def _words(purpose: str, purposes: Mapping[str, Purpose], locale: str) -> tuple[str, str]:
    """Return what *purpose* is called, and in which language: one that customers know by a title has it here too."""
    found = purposes.get(purpose)
    if found is None:
        return purpose, ""
    language, text = found.terms.text(locale)
    return text.title, language
