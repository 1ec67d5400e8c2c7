"""What discovery says of authorization requests and their answers: what is served, and nothing else."""

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from limen.access.jose.algorithms import SIGNING
from limen.access.jose.encryption import CONTENT_ALGORITHMS, KEY_ALGORITHMS
from limen.access.oauth.checks.display import DISPLAYS
from limen.access.oauth.checks.prompt import prompts_of
from limen.access.oauth.checks.response_mode import RESPONSE_MODES
from limen.access.oauth.objects import SIGNING as OBJECT_SIGNING
from limen.access.tokens.desk import Desk

_PREFIXES: Final = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "ECDH"}


def authorization_metadata(desk: Desk) -> dict[str, Any]:
    """Return the members that speak of authorization (RFC 8414 §2, 9101 §9, 9126 §5, 9207 §3, JARM §4)."""
    settings = desk.tenant.settings
    return {
        "authorization_endpoint": f"{desk.issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{desk.issuer}/par",
        "require_pushed_authorization_requests": settings.require_pushed_authorization_requests,
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "authorization_signing_alg_values_supported": [alg.value for alg in SIGNING],
        "authorization_encryption_alg_values_supported": list(KEY_ALGORITHMS),
        "authorization_encryption_enc_values_supported": list(CONTENT_ALGORITHMS),
        "prompt_values_supported": list(prompts_of(desk.tenant)),
        "display_values_supported": list(DISPLAYS),
        "ui_locales_supported": list(settings.locales),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_signed_request_object": False,
        "request_object_signing_alg_values_supported": list(OBJECT_SIGNING),
        **_encryption(desk),
    }


def _encryption(desk: Desk) -> dict[str, Any]:
    """Return how request objects may be encrypted: as far as there are keys for it."""
    kinds = {type(key) for key in desk.keys.decrypters.values()}
    prefixes = [prefix for kind, prefix in _PREFIXES.items() if any(issubclass(one, kind) for one in kinds)]
    algorithms = [alg for alg in KEY_ALGORITHMS if alg.startswith(tuple(prefixes))]
    if not algorithms:
        return {}
    return {
        "request_object_encryption_alg_values_supported": algorithms,
        "request_object_encryption_enc_values_supported": list(CONTENT_ALGORITHMS),
    }
