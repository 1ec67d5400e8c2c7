"""Standard claims (OpenID Connect Core §5.1): which scope covers each, who may read and write it, how it is shown.

Few services want those beyond names, language and time zone, so that no page shows one of these unless the tenant's
settings name it, or something is held in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from limen.identity.profiles.records import STANDARD, Access, ClaimAnnotation, ProfileSettings, Who

Kind = Literal["name", "url", "text", "date", "address"]


class Claim(NamedTuple):
    """What a claim is, and the most characters it has."""

    kind: Kind
    longest: int


LONGEST_NAME: Final = 200
LONGEST_URL: Final = 2_000
LONGEST_GENDER: Final = 100
LONGEST_BIRTHDATE: Final = 10
OPTIONAL: Final[Mapping[str, Claim]] = {
    "middle_name": Claim("name", LONGEST_NAME),
    "nickname": Claim("name", LONGEST_NAME),
    "profile": Claim("url", LONGEST_URL),
    "picture": Claim("url", LONGEST_URL),
    "website": Claim("url", LONGEST_URL),
    "gender": Claim("text", LONGEST_GENDER),
    "birthdate": Claim("date", LONGEST_BIRTHDATE),
    "address": Claim("address", 0),
}
"""In the order in which they are asked for."""
ASKABLE: Final = (*STANDARD, *(name for name, claim in OPTIONAL.items() if claim.kind != "address"))
"""What a question may ask for of the standard claims; an address is more than a field."""
ADDRESS: Final[Mapping[str, int]] = {
    "formatted": 1_000,
    "street_address": 500,
    "locality": 200,
    "region": 200,
    "postal_code": 40,
    "country": 200,
}
"""The members of an address (§5.1.1), and the most characters of each."""
LINES: Final = frozenset({"formatted", "street_address"})
"""Those of an address that may have several lines."""
SAID: Final = (*STANDARD, "locale", "zoneinfo", *OPTIONAL)
"""Claims that are simply said."""
PROVEN: Final = ("email", "phone_number", "preferred_username")
"""Claims that name the account: proven or taken at doors of their own, by its owner and by administrators."""
LET_GO: Final = (*STANDARD, *OPTIONAL)
"""Claims without which an account is still one, so that each can have an end of its own."""
CLAIMS_BY_SCOPE: Final[Mapping[str, Sequence[str]]] = {
    "profile": (
        *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
"""OpenID Connect Core §5.4."""
SCOPE_OF: Final[Mapping[str, str]] = {claim: scope for scope, claims in CLAIMS_BY_SCOPE.items() for claim in claims}
"""Claim to the scope that covers it where a tenant says nothing else."""
_WITH: Final = {"email_verified": "email", "phone_number_verified": "phone_number"}
"""Claims that go wherever another goes."""
_DEFAULT: Final = ClaimAnnotation()


def covering_scope(settings: ProfileSettings, name: str) -> str:
    """Return the scope that covers a claim; empty for what is none of ours."""
    said = settings.claims.get(_WITH.get(name, name), _DEFAULT)
    return said.scope or SCOPE_OF.get(name, "")


def covered(settings: ProfileSettings, scopes: Sequence[str]) -> Iterator[str]:
    """Yield the claims that *scopes* cover."""
    if any(said.scope for said in settings.claims.values()):
        yield from (name for name in SCOPE_OF if covering_scope(settings, name) in scopes)
        return
    for scope in scopes:
        yield from CLAIMS_BY_SCOPE.get(scope, ())


def claim_access(settings: ProfileSettings, name: str, who: Who = "customer") -> Access:
    """Return what *who* may do with a standard claim."""
    said = settings.claims.get(name, _DEFAULT)
    if isinstance(who, frozenset):
        return by_scope(who, covering_scope(settings, name), said.write_scope)
    return said.customer if who == "customer" else said.administrator


def by_scope(granted: frozenset[str], read: str, write: str) -> Access:
    """Return what an application with the scopes *granted* may do with what these two are for."""
    if write and write in granted:
        return "write"
    return "read" if read and read in granted else "nothing"


def shown_claims(settings: ProfileSettings, said: Mapping[str, Any]) -> dict[str, bool]:
    """Return which of these claims their owner sees on a page: whether they may be written there, by name."""
    accesses = {name: claim_access(settings, name) for name in OPTIONAL if name in settings.claims or said.get(name)}
    return {name: access == "write" for name, access in accesses.items() if access != "nothing"}


def hidden_claims(settings: ProfileSettings, who: Who = "customer") -> frozenset[str]:
    """Return which claims *who* does not see."""
    return frozenset(name for name in SAID if claim_access(settings, name, who) == "nothing")


def not_theirs(
    settings: ProfileSettings, before: Mapping[str, Any], after: Mapping[str, Any], who: Who = "customer"
) -> dict[str, str]:
    """Return the claims that changed though *who* may not write them: a message key, by name."""
    changed = [name for name in SAID if before.get(name) != after.get(name)]
    return {name: "claim.not_yours" for name in changed if claim_access(settings, name, who) != "write"}
