"""Attacks: one of a kind at a time, by a unique index over those that go on."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, case, select, update

from limen.kernel.ids import AttackId
from limen.storage.schema.trust import attacks
from limen.storage.stores.base import TenantStoreBase, insert_new_mine, mine
from limen.trust.attacks.alerts import Attack, Severity, Spot, Tries

_its = attacks.c
_TRIES: Final = tuple(Tries.__struct_fields__)
_is_this, _goes_on = _its.id == bindparam("of"), _its.ended_at.is_(None)
_BEGIN = insert_new_mine(attacks)
_GOES_ON = mine(
    update(attacks)
    .values(
        seen_at=case((_its.seen_at < bindparam("at"), bindparam("at")), else_=_its.seen_at),
        severity=case((_its.severity < bindparam("found"), bindparam("found")), else_=_its.severity),
    )
    .where(_its.kind == bindparam("of_kind"), _goes_on),
    attacks,
)
_COUNT = mine(
    update(attacks)
    .values(networks=bindparam("named"), **{name: _its[name] + bindparam(f"more_{name}") for name in _TRIES})
    .where(_is_this, _goes_on),
    attacks,
)
_END = mine(
    update(attacks).values(ended_at=bindparam("at")).where(_is_this, _goes_on, _its.seen_at == bindparam("seen")),
    attacks,
)
_OPEN = mine(select(attacks).where(_goes_on).order_by(_its.id), attacks)
_LATEST = mine(select(attacks).order_by(_its.id.desc()).limit(bindparam("at_most")), attacks)
_spots = msgspec.json.Decoder(tuple[Spot, ...])


class SqlAttacks(TenantStoreBase):
    """Implements :class:`limen.trust.attacks.alerts.AttackStore`."""

    async def begin(self, attack: Attack) -> bool:
        """Store a new one; False where one of its kind goes on."""
        values = {name: getattr(attack, name) for name in ("id", "kind", "began_at", "seen_at", "ended_at")}
        named = {"severity": int(attack.severity), "networks": msgspec.json.encode(attack.networks)}
        return await self._applied(_BEGIN, {**values, **named, **msgspec.structs.asdict(attack.tries)})

    async def goes_on(self, attack: Attack) -> None:
        """Note that the one of its kind was seen again, and is at least as grave."""
        await self._run(_GOES_ON, of_kind=attack.kind, at=attack.seen_at, found=int(attack.severity))

    async def count(self, attack_id: AttackId, tries: Tries, networks: Sequence[Spot]) -> None:
        """Add what was tried, and put *networks* in place of those that are named."""
        more = {f"more_{name}": getattr(tries, name) for name in _TRIES}
        await self._run(_COUNT, more, of=attack_id, named=msgspec.json.encode(networks))

    async def end(self, attack: Attack) -> bool:
        """End one; False where it is over already, or was seen again since it was read."""
        return await self._applied(_END, of=attack.id, at=attack.ended_at, seen=attack.seen_at)

    async def open(self) -> Sequence[Attack]:
        """Return those that go on, the oldest first."""
        return [_attack(row) for row in await self._all(_OPEN)]

    async def latest(self, limit: int) -> Sequence[Attack]:
        """Return up to *limit*, the newest first, over or not."""
        return [_attack(row) for row in await self._all(_LATEST, at_most=limit)]


def _attack(row: Any) -> Attack:
    return Attack(
        AttackId(row.id),
        row.kind,
        Severity(row.severity),
        row.began_at,
        row.seen_at,
        _spots.decode(row.networks),
        Tries(*(getattr(row, name) for name in _TRIES)),
        row.ended_at,
    )
