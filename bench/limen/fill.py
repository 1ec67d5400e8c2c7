"""Fills Limen's database in bulk, through its storage: copies of what the real doors made.

usage: python -m bench.limen.fill (codes | devices | clients) COUNT, in the environment of an installation

Prints a JSON list: the authorization codes, the device codes, or the ``client_id`` of the copies. A code that a sign-in
left is copied with another hash and an hour to live, a waiting device likewise, a client with another ``client_id``.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from sqlalchemy import Table, bindparam, insert

from limen.app.basis import Basis, default_tenant, open_basis
from limen.app.settings import read_settings
from limen.kernel.clock import HOUR
from limen.kernel.encoding import sha256
from limen.kernel.entropy import random_token
from limen.kernel.ids import ClientKey, WaitingId
from limen.storage.schema.clients import clients
from limen.storage.schema.tokens import codes, waiting_requests
from limen.storage.stores.base import select_mine

_AT_ONCE = 5_000
MODEL_CLIENT = "bench-machine"

Row = dict[str, Any]
Copy = Callable[[Basis, Row, int], tuple[str, Row]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is copied: its table, which rows are models, and what makes (the value to be sent, the row) of one."""

    table: Table
    models: Any
    copy: Copy


def _code(basis: Basis, model: Row, _number: int) -> tuple[str, Row]:
    code, now = random_token(basis.entropy, 32), basis.clock.now()
    fresh = {"code_hash": sha256(code.encode()), "created_at": now, "expires_at": now + HOUR}
    return code, {**model, **fresh, "redeemed_at": None, "family_id": None}


def _device(basis: Basis, model: Row, _number: int) -> tuple[str, Row]:
    code, now = random_token(basis.entropy, 32), basis.clock.now()
    fresh = {"id": WaitingId.new(basis.clock, basis.entropy), "code_hash": sha256(code.encode())}
    times = {"created_at": now, "expires_at": now + HOUR, "polled_at": None}
    return code, {**model, **fresh, **times, "user_hash": basis.entropy.bytes(32)}


def _client(basis: Basis, model: Row, number: int) -> tuple[str, Row]:
    name = f"{MODEL_CLIENT}-{number:06}"
    return name, {**model, "key": ClientKey.new(basis.clock, basis.entropy), "client_id": name}


_KINDS = {
    "codes": Kind(codes, codes.c.redeemed_at.is_not(None), _code),
    "devices": Kind(waiting_requests, waiting_requests.c.state == bindparam("of"), _device),
    "clients": Kind(clients, clients.c.client_id == bindparam("of"), _client),
}
_OF = {"devices": {"of": "pending"}, "clients": {"of": MODEL_CLIENT}}


async def fill(basis: Basis, name: str, count: int) -> list[str]:
    """Add *count* copies and return what is to be sent; raises ``LookupError`` where there is no model of them."""
    kind, tenant = _KINDS[name], await default_tenant(basis)
    values = {"tenant_id": tenant.id, **_OF.get(name, {})}
    async with basis.storage.database.read(tenant.id) as unit:
        found = (await unit.connection.execute(select_mine(kind.table, kind.models), values)).all()
    models = [row._asdict() for row in found]
    if not models:
        raise LookupError(name)
    made: list[str] = []
    copies = _copies(basis, kind, models, count)
    while batch := list(islice(copies, _AT_ONCE)):
        async with basis.storage.database.begin(tenant.id) as unit:
            await unit.connection.execute(insert(kind.table), [row for _, row in batch])
        made += [value for value, _ in batch]
    return made


def _copies(basis: Basis, kind: Kind, models: list[Row], count: int) -> Iterator[tuple[str, Row]]:
    for number, model in zip(range(count), cycle(models), strict=False):
        yield kind.copy(basis, model, number)


async def main() -> None:
    """Fill once."""
    name, count = sys.argv[1], int(sys.argv[2])
    async with open_basis(read_settings()) as basis:
        json.dump(await fill(basis, name, count), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
