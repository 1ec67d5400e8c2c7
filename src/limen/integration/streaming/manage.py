"""Registering, changing and removing destinations, and trying one, whatever the interface."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from limen.access.clients.fields import differing
from limen.identity.administrators import AUDIT_PERSONAL, Actor
from limen.identity.audit.destinations import Destination, DestinationDocument
from limen.identity.keyring import Keyring
from limen.identity.tenants.records import Tenant
from limen.integration.streaming.fact import Fact
from limen.integration.streaming.rules import SECRET_BYTES, check, is_moved
from limen.integration.streaming.store import Begin, StreamUnit
from limen.integration.streaming.ways import Batch, Failure, Send
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import DestinationId
from limen.kernel.secret import Secret

MOST: Final = 20
"""Destinations of a tenant."""
CHANGED: Final = "audit-stream"
"""The kind under which the change feed tells of a destination."""
SECRET_FIELD: Final = "audit_destination.secret"
TESTED: Final = "audit_destination.tested"
_NONE = NotFound("audit_destination_not_found")


@dataclass(frozen=True, slots=True)
class Destinations:
    """One tenant's destinations, as an administrator changes them."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    keyring: Keyring
    send: Send
    clock: Clock
    entropy: Entropy

    async def create(
        self, document: DestinationDocument, actor: Actor, *, secret: Secret | None = None
    ) -> Destination | Refusal:
        """Register *document*.

        Returns:
            ``Invalid`` by field, ``Forbidden``, ``Conflict("audit_destination_taken")`` or ``Invalid("too_many")``.
        """
        refusal = _check(document, secret, has_secret=secret is not None) or _may(document, actor)
        if refusal is not None:
            return refusal
        now, id = self.clock.now(), str(DestinationId.new(self.clock, self.entropy))  # noqa: A001 - the record's own name
        sealed = await self._sealed(id, secret) if secret is not None else b""
        made = Destination(id, document, now, now, sealed_secret=sealed)
        async with self.begin(self.tenant.id) as unit:
            store = unit.audit_destinations
            if len(await store.list(after="", limit=MOST)) >= MOST:
                return Invalid("too_many", f"a tenant has at most {MOST}")
            heads = [] if document.backlog else await unit.audit_log.heads()
            if not await store.add(made):
                return Conflict("audit_destination_taken", fields={"name": "name.taken"})
            for head in heads:
                await store.advance(id, str(head.segment_id), head.next_seq)
            _tell(unit, "created", made, actor)
        return made

    async def read(self, id: str) -> Destination | NotFound:  # noqa: A002 - the record's own name
        """Return one destination."""
        async with self.reading(self.tenant.id) as unit:
            return await unit.audit_destinations.get(id) or _NONE

    async def find(self, label: str) -> Destination | NotFound:
        """Return the destination of this name."""
        async with self.reading(self.tenant.id) as unit:
            return await unit.audit_destinations.find(label) or _NONE

    async def list(self, *, after: str = "", limit: int = 50) -> "list[Destination]":
        """Return up to *limit* destinations behind *after*, oldest first."""
        async with self.reading(self.tenant.id) as unit:
            return await unit.audit_destinations.list(after=after, limit=limit)

    async def update(
        self,
        id: str,  # noqa: A002 - the record's own name
        change: Callable[[DestinationDocument], DestinationDocument],
        actor: Actor,
        *,
        expected_version: int | None = None,
        secret: Secret | None = None,
    ) -> Destination | Refusal:
        """Replace what is registered by what *change* makes of it, and the secret where one is given.

        The name stays, and with it the file. What failed before is tried at once.

        Returns:
            As :meth:`create`, ``NotFound`` or ``Conflict("version_changed")``.
        """
        before = await self.read(id)
        if isinstance(before, Refusal):
            return before
        document = change(before.document)
        has_secret = secret is not None or (bool(before.sealed_secret) and not is_moved(before.document, document))
        refusal = _check(document, secret, has_secret=has_secret) or _may(document, actor)
        if refusal is not None:
            return refusal
        if document == before.document and secret is None:
            return before
        if document.label != before.document.label:
            return Invalid("immutable", "name", {"name": "immutable"})
        if expected_version not in {None, before.version}:
            return Conflict("version_changed")
        sealed = before.sealed_secret if secret is None else await self._sealed(id, secret)
        after = replace(
            before,
            document=document,
            sealed_secret=sealed if document.authentication != "none" else b"",
            updated_at=self.clock.now(),
            version=before.version + 1,
        )
        async with self.begin(self.tenant.id) as unit:
            if not await unit.audit_destinations.update(after, before.version):
                return Conflict("version_changed")
            await unit.audit_destinations.fared(replace(after, retry_at=0))
            fields = [*differing(before.document, document), *(["secret"] if secret is not None else [])]
            _tell(unit, "updated", after, actor, fields=fields)
        return replace(after, retry_at=0)

    async def delete(
        self,
        id: str,  # noqa: A002 - the record's own name
        actor: Actor,
        *,
        expected_version: int | None = None,
    ) -> Destination | Refusal:
        """Remove a destination; return what it was."""
        async with self.begin(self.tenant.id) as unit:
            found = await unit.audit_destinations.get(id)
            if found is None:
                return _NONE
            if expected_version not in {None, found.version}:
                return Conflict("version_changed")
            await unit.audit_destinations.delete(id)
            _tell(unit, "deleted", found, actor)
            return found

    async def test(self, id: str, actor: Actor) -> Failure | NotFound | None:  # noqa: A002 - the record's own name
        """Send one record that stands in no log, and say what became of it; None: it arrived."""
        found = await self.read(id)
        if isinstance(found, Refusal):
            return found
        now = self.clock.now()
        said = {"outcome": "success", "actor": actor.name, "subject": found.id, "request_id": actor.request_id}
        fact = Fact(self.tenant.id, self.tenant.issuer, "test", now, now, TESTED, said)
        vault = await self.keyring.tenant(self.tenant.id)
        secret = opened_secret(vault.unseal, found)
        failure = await self.send(found, Batch(self.tenant.slug, [fact]), secret)
        async with self.begin(self.tenant.id) as unit:
            _tell(unit, "tested", found, actor, error=failure.code if failure else "")
        return failure

    async def _sealed(self, id: str, secret: Secret) -> bytes:  # noqa: A002 - the record's own name
        vault = await self.keyring.tenant(self.tenant.id)
        return vault.seal(SECRET_FIELD, id, secret.reveal().encode())


def opened_secret(unseal: Callable[[str, str, bytes], bytes], of: Destination) -> Secret | None:
    """Return the secret of a destination, or None where it has none.

    Raises:
        Corrupted: it was changed, or is somebody else's.
    """
    return Secret(unseal(SECRET_FIELD, of.id, of.sealed_secret).decode()) if of.sealed_secret else None


def _check(document: DestinationDocument, secret: Secret | None, *, has_secret: bool) -> Invalid | None:
    if secret is not None:
        text = secret.reveal()
        is_sound = SECRET_BYTES[0] <= len(text) <= SECRET_BYTES[1] and text.isascii() and text.isprintable()
        if document.authentication == "none" or not is_sound or " " in text:
            return Invalid("invalid_destination", "secret", {"secret": "secret.invalid"})
    return check(document, has_secret=has_secret)


def _may(document: DestinationDocument, actor: Actor) -> Forbidden | None:
    """Refuse to send personal parts on behalf of somebody who may not read them."""
    if document.personal and not actor.holds({AUDIT_PERSONAL}):
        return Forbidden("insufficient_scope", AUDIT_PERSONAL)
    return None


def _tell(unit: StreamUnit, what: str, of: Destination, actor: Actor, **data: Any) -> None:
    told = {"name": of.document.name, "kind": of.document.kind, "version": of.version, **data}
    unit.record(
        AuditEntry(f"audit_destination.{what}", actor=actor.name, subject=of.id, request_id=actor.request_id, data=told)
    )
    unit.change(CHANGED, of.id)
