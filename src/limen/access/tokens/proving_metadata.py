"""What the metadata says of how clients prove themselves (RFC 8414 §2, RFC 9449 §5.1)."""

from typing import Any, Final

from limen.access.clients.records import AuthMethod
from limen.access.jose.foreign import ASSERTION_ALGORITHMS
from limen.access.possession.proof import ALGORITHMS
from limen.access.tokens.desk import Desk

_DOORS: Final = ("token", "revocation", "introspection")


def proving_metadata(desk: Desk) -> dict[str, Any]:  # noqa: ARG001
    """Return what is served of it at *desk*, and nothing else."""
    methods = [method.value for method in AuthMethod]
    found: dict[str, Any] = {"dpop_signing_alg_values_supported": list(ALGORITHMS)}
    for door in _DOORS:
        public = door != "introspection"
        found[f"{door}_endpoint_auth_methods_supported"] = [
            method for method in methods if public or method != AuthMethod.NONE
        ]
        found[f"{door}_endpoint_auth_signing_alg_values_supported"] = sorted(ASSERTION_ALGORITHMS)
    return found
