"""Standard claims beyond names, language and time zone (OpenID Connect Core §5.1): what each is, and how it is shown.

Few services want them, so that no page shows one unless the tenant's settings name it, or something is held in it.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from limen.identity.profiles.records import STANDARD, Access, ClaimAnnotation, ProfileSettings

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
_DEFAULT: Final = ClaimAnnotation()


def claim_access(settings: ProfileSettings, name: str) -> Access:
    """Return what a customer may do with a standard claim of theirs."""
    return settings.claims.get(name, _DEFAULT).customer


def shown_claims(settings: ProfileSettings, said: Mapping[str, Any]) -> dict[str, bool]:
    """Return which of these claims their owner sees on a page: whether they may be written there, by name."""
    accesses = {name: claim_access(settings, name) for name in OPTIONAL if name in settings.claims or said.get(name)}
    return {name: access == "write" for name, access in accesses.items() if access != "nothing"}


def hidden_claims(settings: ProfileSettings) -> frozenset[str]:
    """Return which of these claims their owner does not see."""
    return frozenset(name for name in OPTIONAL if claim_access(settings, name) == "nothing")


def not_theirs(settings: ProfileSettings, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Return the claims that changed though a customer may not write them: a message key, by name."""
    changed = [name for name in OPTIONAL if before.get(name) != after.get(name)]
    return {name: "claim.not_yours" for name in changed if claim_access(settings, name) != "write"}
