"""Grants and authorization codes."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, select, update

from limen.access.tokens.records import AuthorizationCode, Grant
from limen.kernel.clock import Instant
from limen.kernel.errors import Fault
from limen.kernel.ids import ClientKey, CustomerId, GrantId, TenantId
from limen.storage.schema.tokens import VOID, codes, families, grants
from limen.storage.statements import Connection
from limen.storage.stores.base import (
    TenantStatement,
    TenantStoreBase,
    delete_mine,
    insert_mine,
    insert_new_mine,
    mine,
    of_tenant,
    select_mine,
    update_mine,
)

_between = (grants.c.customer_id == bindparam("customer"), grants.c.client_key == bindparam("client"))
_FIND = select_mine(grants, *_between)
_FIND_TO_WIDEN = mine(select(grants).where(*_between).with_for_update(), grants)  # two tabs may widen it at once
_OF_CUSTOMER = mine(select(grants).where(grants.c.customer_id == bindparam("customer")).order_by(grants.c.id), grants)
_ADD = insert_new_mine(grants)
_WIDEN = update_mine(grants, grants.c.id == bindparam("of"), sets=("scopes", "updated_at"))
_END = delete_mine(grants, grants.c.id == bindparam("of"))
_ADD_CODE = insert_mine(codes, but=("redeemed_at", "family_id"))


def void_codes(*conditions: ColumnElement[bool]) -> TenantStatement:
    """Return what voids the unredeemed codes that meet *conditions*. To be run before families are revoked.

    A redemption under way holds its code's row: this waits for it, and the family that it made is seen afterwards. One
    that comes later finds the code void. So no family outlives what it hangs on.
    """
    waiting = (codes.c.redeemed_at.is_(None), codes.c.expires_at > VOID)
    return mine(update(codes).where(*conditions, *waiting).values(expires_at=VOID), codes)


def revoke_families(*conditions: ColumnElement[bool]) -> TenantStatement:
    """Return what revokes the live families that meet *conditions*, and returns which, for the caches to hear of."""
    live = update(families).where(*conditions, families.c.revoked_at.is_(None))
    return mine(live.returning(families.c.id), families, sets=("revoked_at",))


# Neither has an index by grant, which each sign-in would pay for: they are found among their customer's.
_owner = select(grants.c.customer_id).where(of_tenant(grants), grants.c.id == bindparam("of")).scalar_subquery()
_VOID_CODES = void_codes(codes.c.customer_id == _owner, codes.c.grant_id == bindparam("of"))
_REVOKE_FAMILIES = revoke_families(families.c.customer_id == _owner, families.c.grant_id == bindparam("of"))


class SqlGrants(TenantStoreBase):
    """Implements :class:`limen.access.tokens.store.GrantStore`."""

    def __init__(self, connection: Connection, tenant_id: TenantId, change: Callable[[str, str], None]) -> None:
        """Speak over *connection*; *change* tells the caches which families were revoked."""
        super().__init__(connection, tenant_id)
        self._change = change

    async def find(self, customer_id: CustomerId, client: ClientKey) -> Grant | None:
        """Return what the customer allows the client, if anything."""
        row = await self._one(_FIND, customer=customer_id, client=client)
        return None if row is None else _grant(row)

    async def of_customer(self, customer_id: CustomerId) -> list[Grant]:
        """Return all that the customer allows, oldest first."""
        return [_grant(row) for row in await self._all(_OF_CUSTOMER, customer=customer_id)]

    async def save(self, grant: Grant) -> Grant:
        """Store or widen the grant of its (customer, client); one that is as wide already is held, and stays."""
        known = await self._held(grant)
        if known is None:
            if await self._applied(_ADD, _values(grant)):
                return grant
            known = await self._held(grant)  # somebody was faster
        if known is None:
            msg = "a grant was ended while it was widened"
            raise Fault(msg)
        if set(grant.scopes) <= set(known.scopes):
            return known
        scopes = tuple(sorted({*known.scopes, *grant.scopes}))
        widened = msgspec.structs.replace(known, scopes=scopes, updated_at=grant.updated_at)
        await self._run(_WIDEN, of=known.id, scopes=" ".join(scopes), updated_at=grant.updated_at)
        return widened

    async def _held(self, grant: Grant) -> Grant | None:
        row = await self._one(_FIND_TO_WIDEN, customer=grant.customer_id, client=grant.client)
        return None if row is None else _grant(row)

    async def add_code(self, code: AuthorizationCode) -> None:
        """Store a code."""
        await self._run(_ADD_CODE, _code_values(code))

    async def end(self, grant_id: GrantId, now: Instant) -> bool:
        """End a grant, void its codes and revoke its families."""
        await self._run(_VOID_CODES, of=grant_id)
        for family in await self._all(_REVOKE_FAMILIES, of=grant_id, revoked_at=now):
            self._change("family", family.id)
        return await self._applied(_END, of=grant_id)


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        id=GrantId(row.id),
        customer_id=CustomerId(row.customer_id),
        client=ClientKey(row.client_key),
        scopes=tuple(row.scopes.split()),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _values(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "customer_id": grant.customer_id,
        "client_key": grant.client,
        "scopes": " ".join(grant.scopes),
        "created_at": grant.created_at,
        "updated_at": grant.updated_at,
    }


def _code_values(code: AuthorizationCode) -> dict[str, Any]:
    return {
        "code_hash": code.code_hash,
        "grant_id": code.grant_id,
        "session_id": code.session_id,
        "customer_id": code.customer_id,
        "client_key": code.client,
        "redirect_uri": code.redirect_uri,
        "challenge": code.challenge,
        "nonce": code.nonce,
        "scopes": " ".join(code.scopes),
        "authentication": msgspec.json.encode(code.authentication).decode(),
        "created_at": code.created_at,
        "expires_at": code.expires_at,
        "confirmation": code.confirmation,
    }
