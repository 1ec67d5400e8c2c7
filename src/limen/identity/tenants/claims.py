"""Custom claims: what a tenant adds to its tokens, declared as data (for all its clients, or for one).

A rule names a claim and where its value comes from. Nothing is evaluated: whoever needs more than this joins another
implementation of the protocol ``access.tokens.claims.ClaimPolicy``.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec

from limen.identity.customers.records import Profile

Source = Literal["profile", "attribute", "constant", "scopes"]
Target = Literal["id_token", "userinfo", "access_token"]

RESERVED: Final = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "typ", "alg", "kid"),  # RFC 7519 §4.1, RFC 7515 §4.1
        *("client_id", "scope", "active", "token_type", "username", "authorization_details"),  # RFC 7662, 8693, 9396
        *("auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "sid", "fid", "events"),
        *(
            "cnf",
            "act",
            "userinfo_claims",
            "may_act",
            "token_introspection",
            "_claim_names",
            "_claim_sources",
            "sub_jwk",
        ),
        *("email", "email_verified", "phone_number", "phone_number_verified"),  # relying parties link accounts by them
    }
)
"""Claims that say what we vouch for; no rule may."""
FIELDS: Final = frozenset(Profile.__struct_fields__) - {
    "attributes",
    "since",
    "emails",
    "email_since",
    "phones",
    "identities",
    "updated_at",
}
"""What of a profile may be put into a claim."""
STANDARD: Final = FIELDS | RESERVED | {"preferred_username", "updated_at"}
"""Claims that mean something already: no attribute has such a name."""
MOST: Final = 50
_LONGEST_NAME: Final = 100
_LONGEST_VALUE: Final = 1_000


class ClaimRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One claim.

    Attributes:
        claim: its name.
        source: ``profile``: the member ``field`` of the customer's profile; ``attribute``: the attribute
            ``field`` of the tenant's own profile schema; ``constant``: ``value``; ``scopes``: the granted scopes, as a
            list.
        field: with ``profile`` and ``attribute``.
        value: with ``constant``.
        scope: where this scope was granted alone; empty for always.
        into: where it goes.
    """

    claim: str
    source: Source
    field: str = ""
    value: str | int | bool | None = None
    scope: str = ""
    into: Annotated[tuple[Target, ...], msgspec.Meta(extra_json_schema={"minItems": 1, "maxItems": 3})] = (
        "id_token",
        "userinfo",
    )


def problems_of(rules: Sequence[ClaimRule], place: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *rules*: where below *place*, and a message key."""
    if len(rules) > MOST:
        yield place, "list.too_long"
    for index, rule in enumerate(rules[:MOST]):
        here = f"{place}.{index}"
        name = rule.claim
        if not name or len(name) > _LONGEST_NAME or not name.isprintable() or not name.isascii() or " " in name:
            yield f"{here}.claim", "claim.invalid"
        elif name in RESERVED:
            yield f"{here}.claim", "claim.reserved"
        if not _is_field(rule):
            yield f"{here}.field", "claim.field"
        if (rule.source == "constant") != (rule.value is not None):
            yield f"{here}.value", "claim.value"
        if isinstance(rule.value, str) and len(rule.value) > _LONGEST_VALUE:
            yield f"{here}.value", "claim.value"
        if not rule.into:
            yield f"{here}.into", "list.too_short"


def _is_field(rule: ClaimRule) -> bool:
    """Tell whether the rule names a field where it has to, and one that may be; an attribute may come to be later."""
    if rule.source == "profile":
        return rule.field in FIELDS
    return (rule.source == "attribute") == bool(rule.field)
