"""Software statements: what a trusted issuer says of a client's software (RFC 7591 §2.3)."""

from collections.abc import Mapping
from typing import Any, Final

from limen.access.clients.dynamic.metadata import REGISTRABLE
from limen.access.clients.key_sets import fetch_key_set
from limen.access.jose.compact import split, strict_object
from limen.access.jose.foreign import ClientKeys, parse_unverified_issuer, signed_claims
from limen.access.jose.registered_claims import untimely
from limen.access.outgoing import Outgoing
from limen.identity.tenants.registration import StatementIssuer
from limen.kernel.clock import Instant
from limen.kernel.errors import Invalid, Refusal

INVALID: Final = "invalid_software_statement"
UNAPPROVED: Final = "unapproved_software_statement"
_TYPES: Final = (None, "jwt", "software-statement+jwt")


async def verified_statement(
    text: str, issuers: tuple[StatementIssuer, ...], outgoing: Outgoing, now: Instant
) -> dict[str, Any] | Invalid:
    """Return the metadata that a software statement says, once its issuer is trusted and its signature good."""
    named = parse_unverified_issuer(text)
    issuer = next((one for one in issuers if one.issuer == named), None)
    if issuer is None:
        return Invalid(UNAPPROVED if named is not None else INVALID, "issuer")
    jwks: Mapping[str, Any] | None = issuer.jwks
    if jwks is None:
        fetched = await fetch_key_set(outgoing, issuer.jwks_uri)
        if isinstance(fetched, Refusal):
            return Invalid(INVALID, fetched.code)
        jwks = fetched[0]
    keys = ClientKeys.parse(jwks)
    claims = keys if isinstance(keys, Refusal) else signed_claims(text, keys, _TYPES)
    if isinstance(claims, Refusal):
        return Invalid(INVALID, claims.detail)
    problem = untimely(claims, now)
    if not problem and not claims.keys() & set(REGISTRABLE):
        problem = "it says nothing of a client"  # any other token of the issuer's would pass for a statement
    return Invalid(INVALID, problem) if problem else _metadata(claims)


def stated(text: str) -> dict[str, Any]:
    """Return the metadata in a statement that was verified when it was shown."""
    parts = split(text)
    return _metadata((strict_object(parts.payload_segment) if parts is not None else None) or {})


def _metadata(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: claims[name] for name in (*REGISTRABLE, "scope") if name in claims}
