"""Keys, stores and tokens for the tests of JOSE."""

import asyncio
from functools import cache
from typing import Any

from limen.access.jose.algorithms import Algorithm, PrivateKey, generate_private_key, to_pkcs8
from limen.access.jose.jwk import public_jwk, thumbprint
from limen.access.jose.keys import SEALED_FIELD, KeyPurpose, KeyState, SigningKey
from limen.access.jose.keyset import KeySet
from limen.kernel.clock import Instant
from limen.kernel.encoding import b64url, canonical_json, framed

START: Instant = 1_800_000_000_000_000
ISSUER = "https://id.example"
SLOT_STATES = (KeyState.PENDING, KeyState.ACTIVE)


class OpenVault:
    """A vault whose seal can be read, but which still binds field and record."""

    def seal(self, field: str, record: str, plaintext: bytes) -> bytes:
        return framed(field, record) + plaintext

    def unseal(self, field: str, record: str, envelope: bytes) -> bytes:
        bound = framed(field, record)
        assert envelope.startswith(bound), "unsealed for another field or record"
        return envelope[len(bound) :]


class MemoryKeyStore:
    """A ``SigningKeyStore`` that lets others run at every await, and keeps the unique index."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = {key.kid: key for key in keys}

    async def list_keys(self) -> list[SigningKey]:
        found = list(self.keys.values())
        await asyncio.sleep(0)
        return found

    async def add_key(self, key: SigningKey) -> bool:
        await asyncio.sleep(0)
        if key.kid in self.keys or self._is_taken(key):
            return False
        self.keys[key.kid] = key
        return True

    async def update_key(self, kid: str, from_state: KeyState, key: SigningKey) -> bool:
        await asyncio.sleep(0)
        if self.keys[kid].state is not from_state or self._is_taken(key):
            return False
        self.keys[kid] = key
        return True

    def in_state(self, state: KeyState, alg: Algorithm = Algorithm.ES256) -> list[SigningKey]:
        return [key for key in self.keys.values() if key.state is state and key.alg is alg]

    def _is_taken(self, key: SigningKey) -> bool:
        place = (key.purpose, key.alg, key.state)
        return key.state in SLOT_STATES and any(
            (other.purpose, other.alg, other.state) == place for other in self.keys.values() if other.kid != key.kid
        )


def private_key(alg: Algorithm, number: int = 0) -> PrivateKey:
    """Return the same key for the same arguments: RSA keys are slow to make."""
    return _made(alg, number)


@cache
def _made(alg: Algorithm, number: int) -> PrivateKey:
    return generate_private_key(alg)


def signing_key(
    alg: Algorithm = Algorithm.ES256,
    state: KeyState = KeyState.ACTIVE,
    number: int = 0,
    purpose: KeyPurpose = KeyPurpose.TOKENS,
    **times: Instant,
) -> SigningKey:
    key = private_key(alg, number)
    jwk = public_jwk(key)
    kid = thumbprint(jwk)
    return SigningKey(
        kid=kid,
        alg=alg,
        public_jwk=jwk,
        created_at=times.get("created_at", START),
        activates_at=times.get("activates_at", START),
        sealed_private=OpenVault().seal(SEALED_FIELD, kid, to_pkcs8(key)),
        state=state,
        purpose=purpose,
        retires_at=times.get("retires_at", 0),
        removed_at=times.get("removed_at", 0),
    )


def key_set(*keys: SigningKey) -> KeySet:
    return KeySet.from_records(keys, OpenVault().unseal)


def access_claims(**changes: Any) -> dict[str, Any]:
    """Return claims of RFC 9068 §2.2, valid for five minutes from ``START``; a change to ``...`` leaves one out."""
    seconds = START // 1_000_000
    claims = {
        "iss": ISSUER,
        "sub": "a-subject",
        "aud": "https://api.example",
        "client_id": "a-client",
        "jti": "a-token",
        "iat": seconds,
        "exp": seconds + 300,
        "scope": "openid profile",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not ...}


def segment(value: Any) -> str:
    return b64url(value if isinstance(value, bytes) else canonical_json(value))
