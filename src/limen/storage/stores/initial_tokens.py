"""Initial access tokens: their hashes, and how often each may still be used."""

from sqlalchemy import bindparam

from limen.access.clients.dynamic.records import InitialToken
from limen.kernel.clock import Instant
from limen.kernel.ids import InitialTokenId
from limen.storage.schema.clients import initial_tokens as tokens
from limen.storage.stores.base import TenantStoreBase, delete_mine, insert_mine, mine, select_mine

_ADD = insert_mine(tokens)
_LIST = mine(
    tokens.select().where(tokens.c.id > bindparam("after")).order_by(tokens.c.id).limit(bindparam("most")), tokens
)
_OPEN = (tokens.c.hash == bindparam("shown"), tokens.c.uses_left > 0, tokens.c.expires_at > bindparam("now"))
_FIND = select_mine(tokens, *_OPEN)
_USE = mine(tokens.update().where(*_OPEN).values(uses_left=tokens.c.uses_left - 1), tokens)
_DELETE = delete_mine(tokens, tokens.c.id == bindparam("of"))


class SqlInitialTokens(TenantStoreBase):
    """Implements :class:`limen.access.clients.dynamic.store.InitialTokens`."""

    async def add(self, token: InitialToken, digest: str) -> None:
        """Store a token by the hash of what is shown."""
        values = {
            "id": token.id,
            "hash": digest,
            "label": token.label,
            "uses_left": token.uses_left,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        await self._run(_ADD, values)

    async def list(self, *, after: str, limit: int) -> list[InitialToken]:
        """Return up to *limit* tokens behind *after*."""
        return [_token(row) for row in await self._all(_LIST, after=after, most=limit)]

    async def find(self, digest: str, now: Instant) -> InitialToken | None:
        """Return the token that may be used now."""
        row = await self._one(_FIND, shown=digest, now=now)
        return None if row is None else _token(row)

    async def use(self, digest: str, now: Instant) -> bool:
        """Take one use of a token; False if it has none left."""
        return await self._applied(_USE, shown=digest, now=now)

    async def delete(self, id: str) -> bool:  # noqa: A002 - the record's own name
        """Delete a token; False if there was none."""
        return await self._applied(_DELETE, of=id)


def _token(row: object) -> InitialToken:
    get = row.__getattribute__
    return InitialToken(
        id=InitialTokenId(get("id")),
        label=get("label"),
        uses_left=get("uses_left"),
        created_at=get("created_at"),
        expires_at=get("expires_at"),
    )
