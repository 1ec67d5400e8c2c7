"""What names a customer in files of other systems, beside the address: numbers, and who they are with other issuers."""

from typing import Final

from limen.identity.customers.records import Contact, Identity
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
    """Return the ``identities`` of our own format, each with its issuer's name."""
    return tuple(Identity("", one.text("issuer"), one.text("subject"), 0) for one in members.objects("identities"))


def contacts(members: Members, name: str) -> tuple[Contact, ...]:
    """Return a list of texts as proven addresses or numbers."""
    value = members.value(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise Unfit(name, "type.wrong")
    return tuple(Contact("", one, 0) for one in value or ())


def proven(number: str, *, is_verified: bool) -> tuple[Contact, ...]:
    """Return a number that the other system has verified."""
    return (Contact("", number, 0),) if number and is_verified else ()
