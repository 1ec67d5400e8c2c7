"""Who a customer is with other issuers: what a profile may hold. Pure.

An issuer's name and what it calls somebody are taken as they are, and compared byte by byte (OpenID Connect Core §5.7):
whoever looks one up has verified the issuer's signature over both.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from limen.identity.customers.records import Identity, Profile
from limen.kernel.errors import Conflict, NotFound

MOST_IDENTITIES: Final = 10
LONGEST_ISSUER: Final = 500
LONGEST_SUBJECT: Final = 255
"""OpenID Connect Core §2."""
LONGEST_LABEL: Final = 254


def is_identity(issuer: str, subject: str) -> bool:
    """Tell whether this can be an issuer, and what it calls somebody."""
    is_issuer = 0 < len(issuer) <= LONGEST_ISSUER and issuer.isascii() and issuer.isprintable() and " " not in issuer
    return is_issuer and _is_uri(issuer) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()


def _is_uri(text: str) -> bool:
    """Tell whether *text* can be taken apart as a URI: the account page shows its host."""
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True


def with_identity(profile: Profile, added: Identity) -> Profile | Conflict:
    """Return *profile* with one more identity."""
    if any((one.issuer, one.subject) == (added.issuer, added.subject) for one in profile.identities):
        return Conflict("identity_yours")
    if len(profile.identities) >= MOST_IDENTITIES:
        return Conflict("too_many_identities")
    return msgspec.structs.replace(profile, identities=(*profile.identities, added))


def without_identity(profile: Profile, identity_id: str) -> Profile | NotFound:
    """Return *profile* without the identity of this identifier."""
    left = tuple(one for one in profile.identities if one.id != identity_id)
    if len(left) == len(profile.identities):
        return NotFound("identity_not_found")
    return msgspec.structs.replace(profile, identities=left)
