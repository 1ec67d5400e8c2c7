"""Exporting a tenant's consent ledger and its checkpoints, and reading the keys that its files name."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from limen.access.jose.algorithms import Algorithm, verifying_function
from limen.access.jose.jwk import thumbprint
from limen.app.basis import Basis
from limen.app.jobs.checkpoints import Basics
from limen.app.jobs.consents import ConsentChains, LedgerSigners
from limen.identity.audit.lines import IsSigned, KeyReader, line
from limen.identity.consents.export import checkpoint_fields, header, record_line, texts_of
from limen.identity.consents.witness import kept_fields
from limen.identity.tenants.records import Tenant
from limen.kernel.errors import Corrupted

_PAGE: Final = 500


async def exported(basis: Basis, tenant: Tenant) -> AsyncIterator[bytes]:
    """Yield the lines of one tenant's ledger, what waited for its place included; memory holds a page."""
    signers = LedgerSigners(Basics(basis.storage, basis.keyring, basis.clock))
    await ConsentChains(basis.storage, signers).place(tenant.id)
    signer, database = await signers(tenant.id), basis.storage.database
    async with database.read(tenant.id) as unit:
        last = await unit.consent_chain.last_checkpoint()
        purposes = await unit.purposes.all()
        texts = [
            text
            for purpose in purposes
            for version in await unit.purposes.versions(purpose.id)
            for text in texts_of(purpose, version)
        ]
    about = {"tenant": str(tenant.id), "issuer": tenant.issuer}
    yield header(about, last, [hashed for hashed, _ in texts], signer, basis.clock.now())
    for _, words in texts:
        yield words
    after = number = 0
    while last is not None and number < last.number:
        async with database.read(tenant.id) as unit:
            checkpoints = await unit.consent_chain.checkpoints(number, _PAGE)
        for checkpoint in checkpoints[: last.number - number]:
            while after < checkpoint.size:
                until = min(after + _PAGE, checkpoint.size)
                async with database.read(tenant.id) as unit:
                    rows = await unit.consent_chain.placed_records(after, until)
                for place, record in rows:
                    yield record_line(place, record)
                after = until
            yield line(checkpoint_fields(checkpoint))
        number = checkpoints[-1].number


async def newest_checkpoint(basis: Basis, tenant: Tenant) -> bytes | None:
    """Place and sign what waits, and return the witness's line of the newest checkpoint; None for an empty ledger.

    A ledger whose tenant has no key any more has not grown, and cannot be signed for.
    """
    signers = LedgerSigners(Basics(basis.storage, basis.keyring, basis.clock))
    if await basis.keyring.held_tenant(tenant.id) is None:
        return None
    await ConsentChains(basis.storage, signers).place(tenant.id)
    async with basis.storage.database.read(tenant.id) as unit:
        last = await unit.consent_chain.last_checkpoint()
    signer = await signers(tenant.id) if last is not None else None
    if last is None or signer is None or last.kid != signer.kid:
        return None
    return line(kept_fields(tenant.issuer, last, signer.public_jwk))


def key_reader(expected: str = "") -> KeyReader:
    """Return what reads keys: Ed25519 alone, each called by its own thumbprint, and by *expected* where that is given.

    Since a key's name follows from the key (RFC 7638), a name that was learnt elsewhere is as good as the key.
    """

    def read(key: Mapping[str, Any]) -> IsSigned | None:
        jwk, kid = key.get("jwk"), key.get("kid")
        try:
            if not isinstance(jwk, dict) or key.get("alg") != Algorithm.EDDSA.value or thumbprint(jwk) != kid:
                return None
            if set(jwk) != {"crv", "kty", "x"} or (expected and kid != expected):
                return None
            return verifying_function(Algorithm.EDDSA, jwk)
        except (Corrupted, KeyError, TypeError, AttributeError):
            return None

    return read
