"""Custom claims: what a tenant adds to its tokens, declared as data (for all its clients, or for one).

A rule names a claim, where its value comes from and, as a condition over facts, when it is added. Conditions are those
of :mod:`~limen.identity.tenants.expressions`: typed where they are set, and no dearer than they are long.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from limen.identity.customers.records import Profile
from limen.identity.tenants.expressions import LONGEST, BadExpression, Condition, Type, condition

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
OF_REQUEST: Final[Mapping[str, Type]] = {"client": "text", "into": "text"}
"""Facts that are there without a customer: the ``client_id``, and where the claim would go."""
TEXTS: Final = (
    *("name", "given_name", "middle_name", "family_name", "nickname", "username"),
    *("locale", "zoneinfo", "gender", "birthdate"),
)
OF_CUSTOMER: Final[Mapping[str, Type]] = {
    **dict.fromkeys(TEXTS, "text"),
    "email": "text",
    "email_domain": "text",
    "country": "text",
    "attributes": "any",
}
"""Facts of the customer whom a token speaks of: e-mail in lower case, and only where it is proven; the country of the
postal address; attributes of the tenant's own schema, as ``attributes.NAME``."""
FACTS: Final[Mapping[str, Type]] = {**OF_REQUEST, **OF_CUSTOMER}
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
        when: a condition over :data:`FACTS`, in a part of CEL; empty for always. What rests on a fact that is not known
            does not hold.
        into: where it goes.
    """

    claim: str
    source: Source
    field: str = ""
    value: str | int | bool | None = None
    scope: str = ""
    when: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": LONGEST})] = ""
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
        if rule.when:
            yield from _wrong(rule.when, f"{here}.when")


@lru_cache(maxsize=1_024)
def compiled(text: str) -> Condition:
    """Return the condition of a rule.

    Raises:
        BadExpression: it is none.
    """
    return condition(text, FACTS)


def _wrong(text: str, here: str) -> Iterator[tuple[str, str]]:
    try:
        compiled(text)
    except BadExpression as error:
        yield here, f"claim.condition_invalid: {error}"


def _is_field(rule: ClaimRule) -> bool:
    """Tell whether the rule names a field where it has to, and one that may be; an attribute may come to be later."""
    if rule.source == "profile":
        return rule.field in FIELDS
    return (rule.source == "attribute") == bool(rule.field)
