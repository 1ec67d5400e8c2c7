"""An import: rows in, customers out, a thousand in a commit."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Final

import msgspec

from limen.access.factors.records import FactorKind, StoredFactor, TotpSecret, seal_secret
from limen.access.imports.ahead import ahead
from limen.access.imports.judge import Judged, judge
from limen.access.imports.present import EXTERNAL, EXTERNAL_NORMALISATION, Names, UnderWay, look_up, named, newcomers
from limen.access.imports.records import Arrival, Batch, Import, Refused
from limen.access.imports.store import ImportUnit
from limen.identity.administrators import SYSTEM, Actor
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.legacy.records import OldHash
from limen.identity.credentials.records import LABELS_CHANGED, seal_password
from limen.identity.customers.directory import seal
from limen.identity.customers.identifiers import NORMALISATIONS
from limen.identity.customers.records import ContactIndex, Customer, CustomerState, Profile
from limen.identity.keyring import Keyring, SubjectVault
from limen.identity.profiles.values import stamped
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import Clock, Instant
from limen.kernel.entropy import Entropy, random_token
from limen.kernel.errors import Conflict, Refusal, Unavailable
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ContactId, CustomerId, FactorId, ImportId

ROWS: Final = 1_000
"""In one commit."""
_AT_ONCE: Final = 8
"""Weak hashes that wait for the pool together: others sign in meanwhile."""
_PATIENCE_SECONDS: Final = 1.0
_STRETCH: Final = 20
"""Rows that are worked on before others have a turn: the batch before, whose commit is under way, needs many."""

Begin = Callable[..., AbstractAsyncContextManager[ImportUnit]]
Seen = Callable[[Import], None]
Row = Arrival | Refused


class _Elsewhere(Exception):
    """Another process went on with this import."""


@dataclass(slots=True)
class _Load:
    """A batch on its way: who of it is new, with their blind indexes, then kept passwords, and keys."""

    batch: Batch
    new: Sequence[tuple[Judged, Names]]
    kept: Sequence[str] = ()
    vaults: Sequence[SubjectVault] = ()


@dataclass(frozen=True, slots=True)
class Importing:
    """One tenant's imports. ``begin`` writes; ``reading`` only reads."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    keyring: Keyring
    hasher: PasswordHasher
    clock: Clock
    entropy: Entropy
    actor: Actor = field(default=SYSTEM)

    async def start(self, digest: str, form: str, *, resume: bool) -> Import:
        """Return the import of a file: the unfinished one that is to be resumed, if there is one; else a new one."""
        async with self.reading(self.tenant.id) as unit:
            found = await unit.imports.unfinished(digest) if resume else None
        if found is not None:
            return found
        now = self.clock.now()
        started = Import(ImportId.new(self.clock, self.entropy), digest, form, started_at=now, updated_at=now)
        async with self.begin(self.tenant.id) as unit:
            await unit.imports.begin(started)
            self._tell(unit, "import.started", started)
        return started

    async def run(self, started: Import, rows: Iterable[Row], seen: Seen = lambda _: None) -> Import | Refusal:
        """Bring in *rows* behind the position of *started*; *seen* hears of every commit.

        While the database commits a batch, the next one is read and sealed; and when that is done, it is stored, to the
        point where it would have to wait for anybody else.

        Returns:
            The import, finished; or ``Conflict("import_elsewhere")`` where another process goes on with it.
        """
        last: asyncio.Future[Import] = asyncio.get_running_loop().create_future()
        last.set_result(started)
        before = last
        try:
            async with aclosing(self._batches(rows, started.position)) as batches:
                async for batch in batches:
                    before, last = last, asyncio.create_task(self._commit(last, batch))
                    if (at := await before) is not started:
                        seen(at)
            if (at := await last) is not started:
                seen(at)
        except _Elsewhere:
            return Conflict("import_elsewhere")
        finally:
            await asyncio.gather(before, last, return_exceptions=True)
        async with self.begin(self.tenant.id) as unit:
            done = at.finished(self.clock.now())
            if not await unit.imports.advance(done, at.position):
                return Conflict("import_elsewhere")
            self._tell(unit, "import.finished", done)
        return done

    async def rehearse(
        self, started: Import, rows: Iterable[Row], seen: Callable[[Import, Sequence[Refused]], None]
    ) -> Import:
        """Return what :meth:`run` would, and write nothing; *seen* hears of the refused rows of every batch."""
        at = started
        async for batch in self._batches(rows, 0, is_rehearsal=True):
            at = at.advanced(batch, self.clock.now())
            seen(at, batch.refused)
        return at.finished(self.clock.now())

    async def _batches(
        self, rows: Iterable[Row], skip: int, *, is_rehearsal: bool = False
    ) -> AsyncGenerator[Batch, None]:
        """Yield *rows* as they are stored: keys are made, nothing else is written.

        While one batch is sealed, keys of the next are stored, and who of the one behind is there is looked up: neither
        waits for the database with nothing to do.
        """
        found = ahead(self._loads(rows, skip, UnderWay(is_rehearsal=is_rehearsal)))
        async with aclosing(ahead(self._keyed(found, is_rehearsal=is_rehearsal))) as loads:
            async for load in loads:
                now = self.clock.now()  # one for the batch: what all rows have in common is sent once
                for place, (one, text, vault) in enumerate(zip(load.new, load.kept, load.vaults, strict=False)):
                    if place % _STRETCH == 0:
                        await self.clock.sleep(0)
                    self._seal(load.batch, one, text, vault, now)
                load.batch.refused.sort(key=lambda refused: refused.row)
                yield load.batch

    async def _loads(self, rows: Iterable[Row], skip: int, under_way: UnderWay) -> AsyncGenerator[_Load, None]:
        """Yield *rows* judged, a batch at a time, less whoever is there already."""
        held: list[Row] = []
        for row in rows:
            if row.row > skip:
                held.append(row)
            if row.row % _STRETCH == 0:
                await self.clock.sleep(0)
            if len(held) >= ROWS:
                yield await self._load(held, under_way)
                held = []
        if held:
            yield await self._load(held, under_way)

    async def _load(self, rows: Sequence[Row], under_way: UnderWay) -> _Load:
        batch = Batch(position=rows[-1].row)
        judged: list[Judged] = []
        is_operator = self.actor.scopes is None
        for place, row in enumerate(rows):
            if place % _STRETCH == 0:
                await self.clock.sleep(0)
            if isinstance(row, Refused):
                batch.refused.append(row)
                continue
            outcome = judge(row, self.tenant.settings, batch.left_out, is_operator=is_operator)
            if isinstance(outcome, Judged):
                judged.append(outcome)
            else:
                batch.refused += outcome
        indexed = named(judged, await self.keyring.tenant(self.tenant.id))
        async with self.reading(self.tenant.id) as unit:
            present = await look_up(unit.imports, indexed)
        new = newcomers(indexed, present, batch, under_way.taken())
        batch.created = len(new)
        under_way.add(new)
        return _Load(batch, new)

    async def _keyed(self, loads: AsyncGenerator[_Load, None], *, is_rehearsal: bool) -> AsyncGenerator[_Load, None]:
        """Yield *loads* with a key for each customer, durable, and what is kept of passwords."""
        async with aclosing(loads):
            async for load in loads:
                if load.new and not is_rehearsal:
                    load.kept = await self._kept([one for one, _ in load.new])
                    load.vaults = await self.keyring.new_subjects(CustomerId.new, self.tenant.id, len(load.new))
                yield load

    async def _kept(self, judged: Sequence[Judged]) -> list[str]:
        """Return the passwords as they are stored, the weak ones wrapped: that takes a turn in the pool each."""
        kept = [one.kept if isinstance(one.kept, str) else "" for one in judged]
        weak = [(place, one.kept) for place, one in enumerate(judged) if isinstance(one.kept, OldHash)]
        for begin in range(0, len(weak), _AT_ONCE):
            some = weak[begin : begin + _AT_ONCE]
            texts = await asyncio.gather(*(self._wrapped(old) for _, old in some))
            for (place, _), text in zip(some, texts, strict=True):
                kept[place] = text
        return kept

    async def _wrapped(self, old: OldHash) -> str:
        """Return a weak hash as it is stored; where the pool is full of people who sign in, wait for them."""
        while isinstance(text := await self.hasher.keep(old), Unavailable):
            await self.clock.sleep(_PATIENCE_SECONDS)
        return text

    def _seal(self, batch: Batch, new: tuple[Judged, Names], kept: str, vault: SubjectVault, now: Instant) -> None:
        (one, names), row = new, new[0].row
        created_at = row.created_at if 0 < row.created_at < now else now
        customer = Customer(
            id=CustomerId(vault.subject_id),
            subject=random_token(self.entropy, 16),
            profile=self._stamped(one.profile, now),
            created_at=created_at,
            updated_at=now,
            state=CustomerState.DISABLED if row.is_disabled else CustomerState.ACTIVE,
        )
        batch.customers.append(seal(customer, vault))
        made = [(kind, blind, NORMALISATIONS[kind]) for kind, blind in names.all]
        made += [(EXTERNAL, names.external, EXTERNAL_NORMALISATION)] if names.external is not None else []
        version = vault.tenant.index_version
        batch.contacts += [ContactIndex(kind, blind, version, rule, customer.id, now) for kind, blind, rule in made]
        if kept:
            batch.passwords.append(seal_password(vault, customer.id, kept, now))
        for app in row.apps:
            batch.factors.append(self._factor(app, customer.id, vault, now))

    def _stamped(self, profile: Profile, now: Instant) -> Profile:
        """Return *profile* with the instant since when each of its parts is held."""
        since = stamped({}, {}, profile.attributes, now) if profile.attributes else {}
        profile = msgspec.structs.replace(profile, since=since, updated_at=now)
        if not (profile.emails or profile.phones or profile.identities):
            return profile
        replace = msgspec.structs.replace
        return replace(
            profile,
            emails=tuple(replace(one, id=self._new_id(), verified_at=now) for one in profile.emails),
            phones=tuple(replace(one, id=self._new_id(), verified_at=now) for one in profile.phones),
            identities=tuple(replace(one, id=self._new_id(), linked_at=now) for one in profile.identities),
        )

    def _new_id(self) -> str:
        return str(ContactId.new(self.clock, self.entropy))

    def _factor(self, app: TotpSecret, customer_id: CustomerId, vault: SubjectVault, now: Instant) -> StoredFactor:
        factor_id = FactorId.new(self.clock, self.entropy)
        sealed = seal_secret(vault, factor_id, app)
        return StoredFactor(factor_id, customer_id, FactorKind.TOTP, sealed, None, now)

    async def _commit(self, before: Awaitable[Import], batch: Batch) -> Import:
        """Store *batch* and how far the import has come with it, behind the one *before*.

        Whoever took an address of the batch meanwhile keeps it: the row finds them present, and its key is swept.
        Addresses are stored last: others may wait for them, and must not wait for two of our transactions.
        """
        labels = {password.label for password in batch.passwords} - {""}
        async with self.begin(self.tenant.id) as unit:
            await unit.imports.bring_in(batch)
            at = await before
            late = await unit.imports.make_known(batch)
            if late:
                batch.customers = [customer for customer in batch.customers if customer.id not in late]
                batch.created, batch.present = len(batch.customers), batch.present + len(late)
            after = at.advanced(batch, self.clock.now())
            if not await unit.imports.advance(after, at.position):
                raise _Elsewhere
            await unit.imports.refuse(at.id, batch.refused)
            for customer in batch.customers:
                unit.record(
                    AuditEntry(
                        "customer.imported",
                        actor=self.actor.name,
                        subject=customer.id,
                        request_id=self.actor.request_id,
                        data={"import": at.id},
                    )
                )
            if labels:
                unit.change(LABELS_CHANGED, "")
        return after

    def _tell(self, unit: ImportUnit, name: str, one: Import) -> None:
        data = {"import": one.id, "format": one.format, "position": one.position}
        if one.finished_at is not None:
            data |= {"created": one.created, "present": one.present, "refused": one.refused}
        unit.record(AuditEntry(name, actor=self.actor.name, subject="", request_id=self.actor.request_id, data=data))
        unit.announce(Event(name, subject=one.id, data=data))
