"""Taking away one's own factors, and naming one's keys. Who asks is proven by whoever calls this."""

from dataclasses import replace
from typing import Final

import msgspec

from limen.access.account.notices import told
from limen.access.account.unit import AccountParts, AccountUnit, Owner
from limen.access.factors.records import LONGEST_NAME, FactorKind, StoredFactor, second_steps
from limen.access.passkeys.records import open_credential, seal_credential
from limen.kernel.errors import Conflict, Invalid, NotFound, Refusal
from limen.kernel.events import Event

_NO_FACTOR: Final = NotFound("factor_not_found")
_TOLD: Final = {
    FactorKind.TOTP: "factor_removed",
    FactorKind.PHONE: "phone_removed",
    FactorKind.EMAIL: "mailed_codes_removed",
    FactorKind.PASSKEY: "passkey_removed",
    FactorKind.SECURITY_KEY: "passkey_removed",
}
"""Which message tells of what went. Recovery codes are not taken away one by one."""


async def factors_of(parts: AccountParts, owner: Owner) -> list[StoredFactor]:
    """Return the owner's factors, oldest first."""
    async with parts.reading(parts.tenant_id) as unit:
        return await unit.factors.of_customer(owner.customer.id)


async def remove_factor(parts: AccountParts, owner: Owner, factor_id: str) -> Refusal | None:
    """Remove a factor, and with the last second step the recovery codes; the owner is told.

    Returns:
        None if it is done, ``NotFound``, or ``Conflict`` where it is the last and the tenant insists on one.
    """
    held = await factors_of(parts, owner)
    factor = next((one for one in held if one.id == factor_id and one.kind in _TOLD), None)
    if factor is None:
        return _NO_FACTOR
    rest = [one for one in held if one.id != factor.id]
    is_last_way = not second_steps(rest) and not any(one.is_key for one in rest)
    if is_last_way and parts.desk.tenant.settings.assurance.level > 1:
        return Conflict("second_factor_required", "the last, where one is a must")
    tell = told(parts.desk, owner, _TOLD[factor.kind], {"left": 0})
    data: dict[str, object] = {"factor": str(factor.id), "kind": factor.kind.value, "by": "customer"}
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        if not await _remove(unit, factor):
            return _NO_FACTOR  # somebody was faster
        if not second_steps(await unit.factors.of_customer(owner.customer.id)):
            await unit.factors.replace_codes(owner.customer.id, ())
        unit.announce(Event("factor.removed", owner.customer.id, data))
        unit.record(owner.entry("factor.removed", data))
        tell(unit)
    return None


async def _remove(unit: AccountUnit, factor: StoredFactor) -> bool:
    if factor.kind is FactorKind.TOTP:
        return await unit.factors.remove_app(factor.customer_id, factor.id)
    if factor.is_key:
        return await unit.factors.remove_key(factor.customer_id, factor.id)
    return await unit.factors.remove_messaged(factor.customer_id, factor.id)


async def rename_key(parts: AccountParts, owner: Owner, factor_id: str, typed: str) -> StoredFactor | Refusal:
    """Give a passkey or security key another name.

    Returns:
        ``NotFound``, ``Invalid`` by field, or ``Conflict`` for what has no name of the owner's that could be changed.
    """
    factor = next((one for one in await factors_of(parts, owner) if one.id == factor_id), None)
    if factor is None or factor.kind not in _TOLD:
        return _NO_FACTOR
    if not factor.is_key:
        return Conflict("factor_has_no_name", "only keys are renamed")
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return Invalid("invalid_name", fields={"name": "name.invalid"})
    credential = msgspec.structs.replace(open_credential(owner.vault, factor), name=name)
    renamed = replace(factor, sealed=seal_credential(owner.vault, factor.id, credential))
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        if not await unit.factors.rename_key(renamed):
            return _NO_FACTOR
        unit.record(owner.entry("factor.renamed", {"factor": str(factor.id), "kind": factor.kind.value}))
    return renamed
