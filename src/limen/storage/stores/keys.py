"""A tenant's signing keys; private halves are envelopes."""

import json
from typing import Any

from sqlalchemy import Row, bindparam, select

from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import KeyPurpose, KeyState, SigningKey
from limen.storage.schema.tenants import signing_keys
from limen.storage.stores.base import TenantStoreBase, columns, insert_new_mine, mine, update_mine

_LIST = mine(select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.kid), signing_keys)
_ADD = insert_new_mine(signing_keys)
_UPDATE = update_mine(
    signing_keys,
    signing_keys.c.kid == bindparam("of"),
    signing_keys.c.state == bindparam("from_state"),
    sets=columns(signing_keys, ("tenant_id",)),
)


class SqlSigningKeys(TenantStoreBase):
    """Implements :class:`limen.access.jose.keys.SigningKeyStore`."""

    async def list_keys(self) -> list[SigningKey]:
        """Return every key of the tenant, oldest first."""
        return [_key(row) for row in await self._all(_LIST)]

    async def add_key(self, key: SigningKey) -> bool:
        """Add *key*; False if its ``kid`` or its place is taken."""
        return await self._applied(_ADD, _values(key))

    async def update_key(self, kid: str, from_state: KeyState, key: SigningKey) -> bool:
        """Replace the key *kid* by *key* if it is in *from_state*."""
        return await self._applied(_UPDATE, _values(key), of=kid, from_state=from_state.value)


def _key(row: Row[Any]) -> SigningKey:
    return SigningKey(
        kid=row.kid,
        alg=Algorithm(row.alg),
        public_jwk=json.loads(row.public_jwk),
        created_at=row.created_at,
        activates_at=row.activates_at,
        sealed_private=row.sealed_private,
        state=KeyState(row.state),
        purpose=KeyPurpose(row.purpose),
        retires_at=row.retires_at,
        removed_at=row.removed_at,
    )


def _values(key: SigningKey) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "alg": key.alg.value,
        "purpose": key.purpose.value,
        "state": key.state.value,
        "public_jwk": json.dumps(dict(key.public_jwk), sort_keys=True),
        "sealed_private": key.sealed_private,
        "created_at": key.created_at,
        "activates_at": key.activates_at,
        "retires_at": key.retires_at,
        "removed_at": key.removed_at,
    }
