"""What names a customer in files of other systems, beside the e-mail address, and what else they say of a person.

Numbers, who somebody is with other issuers, and the rarer standard claims (OpenID Connect Core §5.1).
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from limen.identity.customers.identities import LONGEST_LABEL
from limen.identity.customers.records import Address, Contact, Identity
from limen.identity.profiles.claims import ADDRESS, OPTIONAL
from limen.integration.imports.picking import Members, Unfit

_ISSUERS: Final = {
    "google": "https://accounts.google.com",
    "google-oauth2": "https://accounts.google.com",
    "google.com": "https://accounts.google.com",
    "apple": "https://appleid.apple.com",
    "apple.com": "https://appleid.apple.com",
    "signinwithapple": "https://appleid.apple.com",
    "facebook": "https://www.facebook.com",
    "facebook.com": "https://www.facebook.com",
    "github": "https://github.com",
    "github.com": "https://github.com",
}
"""What other systems call an issuer, to the name it gives itself. A file does not tell who others are."""


def identity(provider: str, subject: str, label: str = "") -> Identity | None:
    """Return who somebody is with a *provider*; None for one that is not known here."""
    issuer = _ISSUERS.get(provider.lower())
    return Identity("", issuer, subject, 0, label) if issuer is not None and subject else None


def own_identities(members: Members) -> tuple[Identity, ...]:
    """Return the ``identities`` of our own format, each with its issuer's name, and its label where that will do."""
    given = [(one.text("issuer"), one.text("subject"), one.text("label")) for one in members.objects("identities")]
    return tuple(Identity("", issuer, subject, 0, _shown(label)) for issuer, subject, label in given)


def _shown(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL and label.isprintable() else ""


def contacts(members: Members, name: str) -> tuple[Contact, ...]:
    """Return a list of texts as proven addresses or numbers."""
    value = members.value(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise Unfit(name, "type.wrong")
    return tuple(Contact("", one, 0) for one in value or ())


def proven(number: str, *, is_verified: bool) -> tuple[Contact, ...]:
    """Return a number that the other system has verified."""
    return (Contact("", number, 0),) if number and is_verified else ()


def claims(text: Callable[[str], str], address: Address | None) -> dict[str, Any]:
    """Return the rarer claims, of which *text* gives each by its name."""
    said: dict[str, Any] = {name: text(name) for name in OPTIONAL if name != "address"}
    return said | {"address": address}


def address_of(text: Callable[[str], str]) -> Address | None:
    """Return the address whose members *text* gives by name; None where all are empty."""
    made = Address(**{name: text(name) for name in ADDRESS})
    return made if made != Address() else None


def address_in(members: Members, name: str = "address") -> tuple[Address | None, tuple[str, ...]]:
    """Return the address that is an object, and the names of what it has besides."""
    given = members.object(name)
    return address_of(given.text), tuple(f"{name}.{one}"[:64] for one in given.left())


def written_address(text: str) -> Address | None:
    """Return the address that *text* is: an object of JSON, or what stands on a letter."""
    if not text:
        return None
    try:
        given = msgspec.json.decode(text) if text.startswith("{") else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        given = None
    return address_of(Members(given).text) if isinstance(given, dict) else Address(formatted=text)
