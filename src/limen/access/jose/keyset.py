"""One tenant's keys, loaded: what the hot path holds in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self, final

from limen.access.jose.algorithms import Algorithm, PrivateKey, VerifyFunction, from_pkcs8, verifying_function
from limen.access.jose.keys import ROTATED, SEALED_FIELD, KeyPurpose, KeyState, KeyVault, SigningKey, SigningKeyStore
from limen.access.jose.signer import Signer, TokenType, header_segment
from limen.kernel.encoding import b64url, canonical_json, sha256
from limen.kernel.errors import Misconfigured

Unseal = Callable[[str, str, bytes], bytes]
"""``TenantVault.unseal``: field, record, envelope to plaintext."""

_PUBLISHING_ORDER = {KeyState.ACTIVE: 0, KeyState.PENDING: 1, KeyState.RETIRING: 2}


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A published key that checks signatures with the one algorithm it was made for."""

    kid: str
    alg: Algorithm
    is_signature: VerifyFunction


@final
@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one tenant at one moment; a change of keys makes a new one.

    Attributes:
        verify_keys: every published key by ``kid``.
        heads: every protected header that a token of ours can carry, as its base64url segment, with its meaning.
            A token whose header is not one of these is not ours, so no algorithm, type or ``crit`` is ever negotiated.
        decrypters: every published key that decrypts what is sent to us, by ``kid``: one that is pending is known to
            others already, and one that retires was known a moment ago.
        jwks: the JWK set document, active keys first (RFC 7517 §5).
        etag: a strong entity tag of ``jwks``, quotes included; equal tags mean equal keys.
    """

    signers: Mapping[str, Signer]
    verify_keys: Mapping[str, VerifyKey]
    heads: Mapping[bytes, tuple[TokenType, VerifyKey]]
    jwks: bytes
    etag: str
    decrypters: Mapping[str, PrivateKey] = field(default_factory=dict, repr=False)

    @classmethod
    def from_records(cls, keys: Sequence[SigningKey], unseal: Unseal) -> Self:
        """Load *keys*; those that are retired or for another purpose are left out.

        Raises:
            Corrupted: a key cannot be read, does not fit its algorithm, or does not unseal.
        """
        published = sorted(
            (key for key in keys if key.is_published and key.purpose in ROTATED),
            key=lambda key: (_PUBLISHING_ORDER[key.state], key.alg, -key.created_at, key.kid),
        )
        signing = [key for key in published if key.purpose is KeyPurpose.TOKENS]
        verify = {key.kid: VerifyKey(key.kid, key.alg, verifying_function(key.alg, key.public_jwk)) for key in signing}
        jwks = canonical_json({"keys": [_published(key) for key in published]})
        return cls(
            signers=MappingProxyType(
                {key.alg: _signer(key, unseal) for key in signing if key.state is KeyState.ACTIVE},
            ),
            verify_keys=MappingProxyType(verify),
            heads=MappingProxyType(
                {header_segment(key.alg, key.kid, typ): (typ, key) for key in verify.values() for typ in TokenType},
            ),
            jwks=jwks,
            etag=f'"{b64url(sha256(jwks)[:16])}"',
            decrypters=MappingProxyType(
                {key.kid: _private(key, unseal) for key in published if key.purpose is KeyPurpose.ENCRYPTION}
            ),
        )

    def signer(self, alg: str) -> Signer:
        """Return what signs with *alg*, a JWA name.

        Raises:
            Misconfigured: the tenant has no active key for *alg*.
        """
        signer = self.signers.get(alg)  # an Algorithm is equal to its name
        if signer is None:
            msg = f"no active signing key for {alg}"
            raise Misconfigured(msg, "run: limen keys rotate")
        return signer


async def load_key_set(store: SigningKeyStore, vault: KeyVault) -> KeySet:
    """Read and load a tenant's keys.

    Raises:
        Corrupted: as :meth:`KeySet.from_records`.
    """
    return KeySet.from_records(await store.list_keys(), vault.unseal)


def _published(key: SigningKey) -> dict[str, str]:
    """Return *key* as others see it. A key for ECDH serves several algorithms, so that it names none."""
    alg = {} if key.alg is Algorithm.ECDH_ES else {"alg": key.alg.value}
    use = "enc" if key.purpose is KeyPurpose.ENCRYPTION else "sig"
    return {**key.public_jwk, "kid": key.kid, **alg, "use": use}


def _signer(key: SigningKey, unseal: Unseal) -> Signer:
    return Signer(key.kid, key.alg, _private(key, unseal))


def _private(key: SigningKey, unseal: Unseal) -> PrivateKey:
    return from_pkcs8(unseal(SEALED_FIELD, key.kid, key.sealed_private))
