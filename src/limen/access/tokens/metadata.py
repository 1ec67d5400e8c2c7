"""What the metadata says of tokens: algorithms, subjects, claims, details (OIDC Discovery §3, RFC 9701 §7)."""

from typing import Any, Final

from limen.access.jose.algorithms import SIGNING
from limen.access.jose.encryption import CONTENT_ALGORITHMS, KEY_ALGORITHMS
from limen.access.tokens.desk import Desk
from limen.access.tokens.details import DETAILS
from limen.identity.profiles.claims import CLAIMS_BY_SCOPE

_TOKEN_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")


def token_metadata(desk: Desk) -> dict[str, Any]:
    """Return the members about tokens. A key for any of the algorithms is made when a client registers for it."""
    signing = [alg.value for alg in SIGNING]
    types = sorted(desk.resources.types)
    return {
        "id_token_signing_alg_values_supported": signing,
        **_encryption("id_token"),
        "userinfo_signing_alg_values_supported": signing,
        **_encryption("userinfo"),
        "introspection_signing_alg_values_supported": signing,
        **_encryption("introspection"),
        "subject_types_supported": ["public", "pairwise"],
        "claims_supported": _claims(desk),
        **({f"{DETAILS}_types_supported": types} if types else {}),
    }


def _encryption(answer: str) -> dict[str, list[str]]:
    return {
        f"{answer}_encryption_alg_values_supported": list(KEY_ALGORITHMS),
        f"{answer}_encryption_enc_values_supported": list(CONTENT_ALGORITHMS),
    }


def _claims(desk: Desk) -> list[str]:
    standard = (claim for names in CLAIMS_BY_SCOPE.values() for claim in names)
    custom = (rule.claim for rule in desk.tenant.settings.claims)
    return list(dict.fromkeys((*_TOKEN_CLAIMS, *standard, *custom)))
