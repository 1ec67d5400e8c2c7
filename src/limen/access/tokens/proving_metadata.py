"""What the metadata says of how clients prove themselves (RFC 8414 §2, RFC 8705 §3.3 and §5, RFC 9449 §5.1)."""

from typing import Any, Final

from limen.access.clients.records import AuthMethod
from limen.access.jose.foreign import ASSERTION_ALGORITHMS, MAC_ALGORITHMS
from limen.access.possession.proof import ALGORITHMS
from limen.access.tokens.desk import Desk

_DOORS: Final = ("token", "revocation", "introspection")
_ALIASED: Final = {
    "token_endpoint": "/token",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "pushed_authorization_request_endpoint": "/par",
    "device_authorization_endpoint": "/device_authorization",
    "backchannel_authentication_endpoint": "/bc-authorize",
    "userinfo_endpoint": "/userinfo",
}
"""RFC 8705 §5."""


def proving_metadata(desk: Desk) -> dict[str, Any]:
    """Return what is served of it at *desk*, and nothing else."""
    methods = [method for method in AuthMethod if method not in _missing(desk)]
    found: dict[str, Any] = {
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": desk.certificates.are_handed_on,  # RFC 8705 §3.3
    }
    if desk.aliases:
        found["mtls_endpoint_aliases"] = {name: desk.aliases[0] + path for name, path in _ALIASED.items()}
    for door in _DOORS:
        public = door != "introspection"
        found[f"{door}_endpoint_auth_methods_supported"] = [
            method.value for method in methods if public or method is not AuthMethod.NONE
        ]
        found[f"{door}_endpoint_auth_signing_alg_values_supported"] = sorted({*ASSERTION_ALGORITHMS, *MAC_ALGORITHMS})
    return found


def _missing(desk: Desk) -> set[AuthMethod]:
    """Return the methods that the edge does not make possible."""
    missing = set() if desk.certificates.are_handed_on else {AuthMethod.SELF_SIGNED_TLS}
    return missing if desk.certificates.are_verified else missing | {AuthMethod.TLS}
