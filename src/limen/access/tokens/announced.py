"""What the metadata says of tokens: how they are signed and encrypted, and what may be in them; nothing else is served."""

from typing import Any, Final, get_args

from limen.access.clients.records import SubjectType
from limen.access.jose.encryption import CONTENT_ALGORITHMS, KEY_ALGORITHMS
from limen.access.tokens.desk import Desk
from limen.access.tokens.scopes import CLAIMS_BY_SCOPE
from limen.identity.tenants.records import SigningAlgorithm

_OWN_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
_ANSWERS: Final = ("id_token", "userinfo", "introspection")
"""What a client may have signed and encrypted (OpenID Connect Discovery §3, RFC 9701 §7)."""


def token_metadata(desk: Desk) -> dict[str, Any]:
    """Return the members that speak of tokens and claims (OpenID Connect Discovery §3, RFC 9396 §10, RFC 9701 §7)."""
    signing = [alg for alg in get_args(SigningAlgorithm) if alg in desk.keys.signers]
    found: dict[str, Any] = {
        "subject_types_supported": list(get_args(SubjectType)),
        "claims_supported": _claims(desk),
    }
    for answer in _ANSWERS:
        found[f"{answer}_signing_alg_values_supported"] = signing
        found[f"{answer}_encryption_alg_values_supported"] = list(KEY_ALGORITHMS)
        found[f"{answer}_encryption_enc_values_supported"] = list(CONTENT_ALGORITHMS)
    if desk.resources.types:
        found["authorization_details_types_supported"] = sorted(desk.resources.types)
    return found


def _claims(desk: Desk) -> list[str]:
    standard = (*_OWN_CLAIMS, *(claim for names in CLAIMS_BY_SCOPE.values() for claim in names))
    return list(dict.fromkeys((*standard, *(rule.claim for rule in desk.tenant.settings.claims))))
