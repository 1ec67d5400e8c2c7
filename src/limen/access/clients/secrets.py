"""Client secrets: generated, shown once, stored as a keyed hash."""

import hmac

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Invalid
from limen.kernel.secret import Secret

PURPOSE = "client-secret"
"""The name of the tenant's sub-key that hashes secrets (``TenantVault.derive``)."""

SHORTEST, LONGEST = 32, 255
OVERLAP = 2
"""How many secrets may count at once, during a rotation."""

SECRET_METHODS = frozenset({AuthMethod.BASIC, AuthMethod.POST})


def hash_secret(key: bytes, secret: str) -> str:
    """Return HMAC-SHA256 of *secret* under the tenant's *key*, hex.

    A client secret is generated and long, so that no slow hash is needed (architecture, *The hot path*); the key keeps
    a stolen database from being tried against shorter ones.
    """
    return hmac.digest(key, secret.encode(), "sha256").hex()


def new_secret(entropy: Entropy) -> Secret:
    """Return a fresh secret: 32 random bytes as base64url."""
    return Secret(random_token(entropy))


def needs_secret(document: ClientDocument) -> bool:
    """Tell whether the client proves itself by a shared secret."""
    return document.token_endpoint_auth_method in SECRET_METHODS


def check_secret(secret: Secret) -> Invalid | None:
    """Refuse a given secret that is short, or cannot be sent (RFC 6749 Appendix A.2: visible ASCII)."""
    text = secret.reveal()
    if not SHORTEST <= len(text) <= LONGEST:
        return Invalid("invalid_client_metadata", "length of the secret", {"secret": "secret.length"})
    if not (text.isascii() and text.isprintable()):
        return Invalid("invalid_client_metadata", "characters of the secret", {"secret": "secret.characters"})
    return None
