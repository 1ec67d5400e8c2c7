"""Verifying audit logs, and handing their checkpoints to a witness outside the database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from limen.access.jose.algorithms import from_pkcs8, verifying_function
from limen.access.jose.jwk import public_jwk, thumbprint
from limen.access.jose.keys import SEALED_FIELD, KeyPurpose, SigningKey
from limen.app.basis import Basis
from limen.app.jobs.checkpoints import Checkpoints, ledger_key
from limen.app.jobs.upkeep import all_tenants
from limen.identity.audit import export
from limen.identity.audit.checkpoints import Checkpoint, signed_bytes
from limen.identity.audit.export import EXPORTED, About, header_bytes, header_fields
from limen.identity.audit.lines import line
from limen.identity.audit.pruning import Pruning, pruning_bytes
from limen.identity.audit.verify import VERIFIED, Broken, Signed, Whole, verify_ledger
from limen.identity.audit.witness import WitnessLine, written
from limen.identity.keyring import TenantVault
from limen.identity.tenants.records import Tenant
from limen.kernel.encoding import b64url
from limen.kernel.errors import Corrupted, Misconfigured
from limen.kernel.events import AuditEntry, Outcome
from limen.storage.ledger import SqlLedger

_PAGE: Final = 1_000
_A_MOMENT: Final = 0.25
Witnessed = Sequence[tuple[WitnessLine, Checkpoint]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one tenant."""

    tenant: str
    outcome: Whole | Broken


async def tenants_named(basis: Basis, slug: str | None) -> AsyncIterator[Tenant]:
    """Yield the tenant with this slug, or all of them; nothing where there is none."""
    if slug is None:
        async for tenant in all_tenants(basis.storage):
            yield tenant
    elif (found := await basis.storage.tenants.find(slug)) is not None:
        yield found


async def verify(basis: Basis, tenant: Tenant, witnessed: Witnessed = ()) -> Verdict:
    """Verify one tenant's audit log, hold it to what was *witnessed* of it, and record that this was done."""
    keys = await ledger_keys(basis, tenant)
    reader = SqlLedger(basis.storage.database, tenant.id)
    outcome = await verify_ledger(reader, tenant.id, _signed_by(keys))
    if isinstance(outcome, Whole):
        kept = [one for one in witnessed if one[0].number > outcome.pruned]
        outcome = await _held_to(reader, tenant, kept, keys) or outcome
    async with basis.storage.database.begin(tenant.id) as unit:
        unit.record(_entry(tenant, outcome))
    return Verdict(tenant.slug, outcome)


async def newest_checkpoint(basis: Basis, tenant: Tenant) -> bytes | None:
    """Sign what the log has grown by, and return the witness's line of the newest checkpoint; None for an empty log."""
    await Checkpoints(basis.storage, basis.keyring, basis.clock, set).sign(tenant.id)
    async with basis.storage.database.read(tenant.id) as unit:
        last = await unit.audit_log.last_checkpoint()
        keys = {key.kid: key for key in await unit.signing_keys.list_keys()}
    if last is None or last.kid not in keys:
        return None
    return written(tenant.issuer, last, keys[last.kid].public_jwk)


async def exported(basis: Basis, tenant: Tenant, actor: str) -> AsyncIterator[bytes]:
    """Yield a tenant's audit log as lines that verify off line, up to a checkpoint that is signed now.

    That somebody exports is on record before the first line leaves.
    """
    async with basis.storage.database.begin(tenant.id) as unit:
        unit.record(AuditEntry(EXPORTED, actor=actor, subject=tenant.id))
    checkpoints = Checkpoints(basis.storage, basis.keyring, basis.clock, set)
    while not await checkpoints.sign(tenant.id):
        await basis.clock.sleep(_A_MOMENT)
    own = await ledger_key(tenant.id, basis.storage, basis.keyring, basis.clock)
    keys = [
        {"alg": key.alg.value, "jwk": dict(key.public_jwk), "kid": kid}
        for kid, key in sorted((await ledger_keys(basis, tenant)).items())
    ]
    async with basis.storage.database.read(tenant.id) as unit:
        last = await unit.audit_log.last_checkpoint()
    reader, prunings = SqlLedger(basis.storage.database, tenant.id), list[Pruning]()
    while page := await reader.prunings(prunings[-1].number if prunings else 0, _PAGE):
        prunings += page
    about = About(str(tenant.id), tenant.issuer, basis.clock.now(), last, keys)
    fields = header_fields(about, prunings[-1] if prunings else None, own.kid)
    yield line({**fields, "signature": b64url(own.sign(header_bytes(fields)))})
    async for one in export.exported(reader, last, prunings):
        yield one
    if await reader.prunings(prunings[-1].number if prunings else 0, 1):
        raise Misconfigured("retention took records out of the log while it was exported", "export it again")


async def ledger_keys(basis: Basis, tenant: Tenant) -> Mapping[str, SigningKey]:
    """Return the tenant's ledger keys that are its own: their private half opens under the tenant's key.

    Whoever can write the database but holds no keyring can put a key of theirs there, and it will not be among these.
    """
    vault = await basis.keyring.held_tenant(tenant.id)
    async with basis.storage.database.read(tenant.id) as unit:
        keys = await unit.signing_keys.list_keys()
    return {key.kid: key for key in keys if key.purpose is KeyPurpose.CHECKPOINTS and _is_own(key, tenant, vault)}


def _is_own(key: SigningKey, tenant: Tenant, vault: TenantVault | None) -> bool:
    if vault is None:  # of a tenant that is destroyed only a witness can tell
        return not tenant.is_active and thumbprint(key.public_jwk) == key.kid
    try:
        public = public_jwk(from_pkcs8(vault.unseal(SEALED_FIELD, key.kid, key.sealed_private)))
    except Corrupted:
        return False
    return thumbprint(public) == key.kid and public == dict(key.public_jwk)


def _signed_by(keys: Mapping[str, SigningKey]) -> Signed:
    verifiers = {kid: verifying_function(key.alg, key.public_jwk) for kid, key in keys.items()}

    def is_signed(one: Checkpoint | Pruning) -> bool:
        verified = verifiers.get(one.kid)
        signed = pruning_bytes(one) if isinstance(one, Pruning) else signed_bytes(one)
        return verified is not None and verified(one.signature, signed)

    return is_signed


async def _held_to(
    reader: SqlLedger, tenant: Tenant, witnessed: Witnessed, keys: Mapping[str, SigningKey]
) -> Broken | None:
    """Return the first witnessed checkpoint that the database does not hold any more."""
    for seen, checkpoint in witnessed:
        if seen.tenant != tenant.id:
            continue
        where = f"checkpoint {seen.number}"
        found = await reader.checkpoints(seen.number - 1, 1)
        if not found or found[0].number != seen.number:
            return Broken(where, "the witness holds it, and the database does not")
        if found[0] != checkpoint or seen.kid not in keys or dict(keys[seen.kid].public_jwk) != seen.public_key:
            return Broken(where, "the witness holds another than the database")
    return None


def _entry(tenant: Tenant, outcome: Whole | Broken) -> AuditEntry:
    if isinstance(outcome, Broken):
        data = {"where": outcome.where, "what": outcome.what}
        return AuditEntry(VERIFIED, Outcome.REFUSED, subject=tenant.id, reason="ledger_broken", data=data)
    counts = {"records": outcome.records, "segments": outcome.segments, "checkpoints": outcome.checkpoints}
    return AuditEntry(VERIFIED, subject=tenant.id, data=counts)
