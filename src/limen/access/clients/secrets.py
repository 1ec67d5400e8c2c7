"""Client secrets: generated, shown once, and stored as a keyed hash.

Those of ``client_secret_jwt`` are stored a second time, sealed under the tenant's key: a MAC can be checked with the
secret alone (OpenID Connect Core §9), so that whoever holds database *and* keys could read them. Every other method
does without.
"""

import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from limen.access.clients.records import AuthMethod, Client, ClientDocument
from limen.identity.keyring import TenantVault
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Invalid
from limen.kernel.secret import Secret

PURPOSE = "client-secret"
"""The name of the tenant's sub-key that hashes secrets (``TenantVault.derive``)."""

SHORTEST, LONGEST = 32, 255
OVERLAP = 2
"""How many secrets may count at once, during a rotation."""

SECRET_METHODS = frozenset({AuthMethod.BASIC, AuthMethod.POST, AuthMethod.SECRET_JWT})
_FIELD: Final = "client.secret"
_BYTES, _MAC_BYTES = 32, 48
"""Random bytes; as base64url 64 characters are as long as the longest MAC (RFC 7518 §3.2)."""


def hash_secret(key: bytes, secret: str) -> str:
    """Return HMAC-SHA256 of *secret* under the tenant's *key*, hex.

    A client secret is generated and long, so that no slow hash is needed (architecture, *The hot path*); the key keeps
    a stolen database from being tried against shorter ones.
    """
    return hmac.digest(key, secret.encode(), "sha256").hex()


def new_secret(entropy: Entropy, document: ClientDocument | None = None) -> Secret:
    """Return a fresh secret for *document*: 32 random bytes as base64url, or 48 where MACs are made with it."""
    return Secret(random_token(entropy, _MAC_BYTES if document is not None and is_sealed(document) else _BYTES))


def is_sealed(document: ClientDocument) -> bool:
    """Tell whether the client's secrets are kept sealed, and not only hashed."""
    return document.token_endpoint_auth_method == AuthMethod.SECRET_JWT


@dataclass(frozen=True, slots=True)
class Overlap:
    """What becomes of the secret before: gone at once, or counting until an instant; 0 for the next rotation."""

    keeps: bool = True
    until: Instant = 0


NO_OVERLAP: Final = Overlap(keeps=False)


def with_secret(
    client: Client, document: ClientDocument, vault: TenantVault, secret: Secret, overlap: Overlap = NO_OVERLAP
) -> ClientDocument:
    """Return *document* of *client* with *secret* as its newest."""
    text = secret.reveal()
    digest = hash_secret(vault.derive(PURPOSE), text)
    hashes, sealed = document.secret_hashes, document.sealed_secrets
    others = [(one, index) for index, one in enumerate(hashes) if one != digest][: OVERLAP - 1] if overlap.keeps else []
    mine = (_sealed(vault, client, text),) if is_sealed(document) else ()
    return msgspec.structs.replace(
        document,
        secret_hashes=(digest, *(one for one, _ in others)),
        sealed_secrets=mine + tuple(sealed[index] for _, index in others if mine and index < len(sealed)),
        old_secret_until=overlap.until if others else 0,
    )


def standing(document: ClientDocument, secrets: tuple[str, ...], now: Instant) -> tuple[str, ...]:
    """Return those of *secrets*, hashed or sealed, that count at *now*."""
    return secrets[:1] if 0 < document.old_secret_until <= now else secrets


def open_secrets(client: Client, vault: TenantVault, now: Instant) -> tuple[bytes, ...]:
    """Return the sealed secrets that count at *now*."""
    sealed = standing(client.document, client.document.sealed_secrets, now)
    return tuple(vault.unseal(_FIELD, client.key, from_b64url(one)) for one in sealed)


def _sealed(vault: TenantVault, client: Client, text: str) -> str:
    return b64url(vault.seal(_FIELD, client.key, text.encode()))


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
