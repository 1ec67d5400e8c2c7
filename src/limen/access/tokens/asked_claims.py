"""Claims that a request asked for one by one (OpenID Connect Core §5.5), beside those of its scopes.

A claim is given only to a client that may have the scope which covers it, and only once its customer has allowed that
scope: asking in another way gets nobody more. Only names are kept; what a claim is comes fresh from the profile.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.tokens.desk import Desk
from limen.identity.customers.records import Customer
from limen.identity.profiles.claims import covering_scope
from limen.identity.profiles.records import ProfileSettings
from limen.kernel.clock import SECOND

USERINFO_CLAIMS: Final = "userinfo_claims"
"""The access token's claim that tells the UserInfo door what was asked for."""


def allowed_claims(settings: ProfileSettings, document: ClientDocument, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of *names* that we have and that the client may ask for, each once."""
    return tuple(dict.fromkeys(name for name in names if covering_scope(settings, name) in document.scopes))


async def asked_claims(desk: Desk, document: ClientDocument, names: Iterable[str], subject: str) -> Mapping[str, Any]:
    """Return the claims called *names* of the customer with the public *subject*; nothing is unsealed for none."""
    wanted = allowed_claims(desk.tenant.settings.profile, document, names)
    sealed = await desk.hot.customer(subject) if wanted else None
    customer = await desk.unseal(sealed) if sealed is not None else None
    return picked(known_claims(customer), wanted) if customer is not None else {}


def known_claims(customer: Customer) -> dict[str, Any]:
    """Return the standard claims (OpenID Connect Core §5.1); a number among them is proven."""
    profile = customer.profile
    known: dict[str, Any] = msgspec.to_builtins(profile)
    known["updated_at"] = customer.said_at // SECOND
    if profile.username:
        known["preferred_username"] = profile.username
    if profile.phones:
        known |= {"phone_number": profile.phones[0].value, "phone_number_verified": True}
    return known


def picked(profile: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return what *profile* has of *names*."""
    return {name: profile[name] for name in names if name in profile}
