"""What a customer signs in with beside a secret: an e-mail address, a user name, a telephone number.

Each has a shape of its own, so that what was typed says which it is: an address has an ``@``, a number as it is kept
begins with ``+``, and a user name has a letter and neither of these.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from limen.identity.customers.addresses import parse_email
from limen.identity.customers.phones import LONGEST_TYPED, parse_phone
from limen.identity.customers.records import Profile
from limen.identity.customers.usernames import LONGEST, parse_username
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal

EMAIL: Final = "email"
USERNAME: Final = "username"
NUMBER: Final = "number"
IDENTITY: Final = "identity"
"""Who somebody is elsewhere is looked up like the others, and is never typed."""
NORMALISATIONS: Final = {
    EMAIL: "email-nfkc-casefold-1",
    USERNAME: "username-precis-1",
    NUMBER: "e164-1",
    IDENTITY: "issuer-subject-1",
}
"""Kind to the rule by which its blind indexes are made."""
_LEAST_DIGITS: Final = 5


def identity_key(issuer: str, subject: str) -> str:
    """Return what the blind index of an external identity is made of. No issuer has a space."""
    return f"{issuer} {subject}"


def named_by(profile: Profile) -> Iterator[tuple[str, str, Instant]]:
    """Yield all that finds a customer, the primary address first: its kind, its text, and since when (0: ever)."""
    yield EMAIL, profile.email, profile.email_since
    for one in profile.emails:
        yield EMAIL, one.value, one.verified_at
    for one in profile.phones:
        yield NUMBER, one.value, one.verified_at
    if profile.username:
        yield USERNAME, profile.username, 0
    for identity in profile.identities:
        yield IDENTITY, identity_key(identity.issuer, identity.subject), identity.linked_at


def kind_of(identifier: str) -> str:
    """Return what a normalised identifier is."""
    if "@" in identifier:
        return EMAIL
    return NUMBER if identifier.startswith("+") else USERNAME


def parse_identifier(text: str, *, usernames: bool, region: str | None) -> str | Invalid:
    """Return what was typed, normalised: an address, and where they are allowed a user name or a number.

    *region* is assumed of a number that names no country; None where numbers are not allowed.
    """
    plain = text.strip()
    if "@" in plain or len(plain) > LONGEST:
        return parse_email(plain)
    if region is not None and _is_number(plain):
        number = parse_phone(plain, region)
        return _unfit(number) if isinstance(number, Refusal) else number.e164
    if usernames and "@" not in unicodedata.normalize("NFKC", plain):
        name = parse_username(plain)
        return _unfit(name) if isinstance(name, Refusal) else name
    return parse_email(plain)


def _unfit(refusal: Invalid) -> Invalid:
    return Invalid("invalid_email", refusal.detail, {"email": "email.invalid"})


def _is_number(text: str) -> bool:
    digits = sum(mark.isdigit() for mark in text)
    return len(text) <= LONGEST_TYPED and digits >= _LEAST_DIGITS and not any(mark.isalpha() for mark in text)
