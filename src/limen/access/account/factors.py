"""Taking away one's own factors, and naming one's keys. Who asks is proven by whoever calls this."""

import msgspec

from limen.access.account.notices import told
from limen.access.account.unit import AccountParts, Owner
from limen.access.factors.records import LONGEST_NAME, StoredFactor
from limen.access.factors.removing import NO_FACTOR, TOLD, take_away
from limen.access.passkeys.records import open_credential, seal_credential
from limen.access.safety.messages import Reader
from limen.access.safety.texts import send, text_for
from limen.kernel.errors import Conflict, Invalid, Refusal
from limen.kernel.events import Event


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
    factor = next((one for one in held if one.id == factor_id and one.kind in TOLD), None)
    if factor is None:
        return NO_FACTOR
    is_must = parts.desk.tenant.settings.assurance.level > 1
    tell = told(parts.desk, owner, TOLD[factor.kind], {"left": 0})
    reader = Reader(owner.customer, owner.vault, owner.request.locale, parts.desk.tenant)
    goodbye = text_for(reader, [factor], "phone_gone", parts.clock, parts.entropy) if parts.texts else None
    data: dict[str, object] = {"factor": str(factor.id), "kind": factor.kind.value, "by": "customer"}
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        refusal = await take_away(unit.factors, factor, is_must=is_must)
        if refusal is not None:
            return refusal
        unit.announce(Event("factor.removed", owner.customer.id, data))
        unit.record(owner.entry("factor.removed", data))
        tell(unit)
        await send(unit, goodbye, parts.clock.now())
    return None


async def rename_key(parts: AccountParts, owner: Owner, factor_id: str, typed: str) -> StoredFactor | Refusal:
    """Give a passkey or security key another name.

    Returns:
        ``NotFound``, ``Invalid`` by field, or ``Conflict`` for what has no name of the owner's that could be changed.
    """
    factor = next((one for one in await factors_of(parts, owner) if one.id == factor_id), None)
    if factor is None or factor.kind not in TOLD:
        return NO_FACTOR
    if not factor.is_key:
        return Conflict("factor_has_no_name", "only keys are renamed")
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return Invalid("invalid_name", fields={"name": "name.invalid"})
    credential = msgspec.structs.replace(open_credential(owner.vault, factor), name=name)
    renamed = msgspec.structs.replace(factor, sealed=seal_credential(owner.vault, factor.id, credential))
    async with parts.begin(parts.tenant_id) as unit:
        unit.seal_with(owner.vault)
        if not await unit.factors.rename_key(renamed):
            return NO_FACTOR
        unit.record(owner.entry("factor.renamed", {"factor": str(factor.id), "kind": factor.kind.value}))
    return renamed
