"""*It was not me*: what a link in a notice does for whoever holds the mailbox, without being signed in.

Everything ends: sessions, tokens, trusted devices, an open recovery, a deletion that was asked for. The password counts
no more, and what was set up within the days in which changes can be undone goes: a second factor, recovery codes, an
address, a number, an identity elsewhere. The account goes back to its primary address of then, or has the one again
that the link was mailed to, and the number that was taken away, if these are still held for it. Recovery leads in
again, and asks for whatever second factor is left. Links that were made later are void: they may be an intruder's.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from limen.access.factors.records import second_steps
from limen.access.safety.messages import Reader, Tell, messages
from limen.access.safety.records import AccountLink, LinkContent, LinkKind, open_link
from limen.access.safety.unit import SafetyParts, SafetyUnit
from limen.access.safety.waiting import Ender, cancel_in, cancelled_notice
from limen.identity.customers.directory import seal
from limen.identity.customers.emails import with_other_email
from limen.identity.customers.records import Contact, Customer, Profile
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import Instant
from limen.kernel.context import RequestContext
from limen.kernel.encoding import link_hash
from limen.kernel.errors import Conflict, Expired, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ContactId

_LONGEST_TOKEN: Final = 64
REMOVED: Final = "email_removed"
"""The notice to an address that is taken away: its link brings it back as what it was."""
_TRIES: Final = 5
"""Of an account that something changes at the same moment."""
_SPENT: Final = Expired("link_spent", "unknown, used, void or expired")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a link does, and which notice it came with."""

    kind: LinkKind
    about: str


class _MovedOn(Exception):
    """Something changed the account since it was read: nothing of this unit may stay."""


@dataclass(frozen=True, slots=True)
class _Found:
    link: AccountLink
    content: LinkContent
    customer: Customer
    vault: SubjectVault


class Securing:
    """The links in one tenant's notices."""

    def __init__(self, parts: SafetyParts) -> None:
        """Work with *parts*."""
        self._parts = parts

    async def look(self, token: str) -> Looked | Refusal:
        """Say what a link does; nothing changes."""
        found = await self._find(token)
        return found if isinstance(found, Refusal) else Looked(found.link.kind, found.content.about)

    async def act(self, token: str, request: RequestContext) -> Looked | Refusal:
        """Do what a link is for, once."""
        for _ in range(_TRIES):
            found = await self._find(token)
            if isinstance(found, Refusal):
                return found
            looked = Looked(found.link.kind, found.content.about)
            act = self._cancel if found.link.kind is LinkKind.CANCEL_RECOVERY else self._secure
            try:
                return looked if await act(found, request) else _SPENT
            except _MovedOn:
                continue
        return Conflict("version_changed", "the account changes without end")

    async def _find(self, token: str) -> _Found | Refusal:
        parts = self._parts
        if not 0 < len(token) <= _LONGEST_TOKEN:
            return _SPENT
        async with parts.reading(parts.tenant.id) as unit:
            link = await unit.links.find(link_hash(token))
            if link is None or link.used_at is not None or link.expires_at <= parts.clock.now():
                return _SPENT
            sealed = await unit.customers.get(link.customer_id)
        vault = await parts.directory.vault_of(link.customer_id)
        customer = await parts.directory.open(sealed, vault)
        if customer is None or vault is None:
            return _SPENT
        return _Found(link, open_link(vault, link), customer, vault)

    async def _cancel(self, found: _Found, request: RequestContext) -> bool:
        """End the request that the link names; another one that is open meanwhile has links of its own."""
        parts, link, now = self._parts, found.link, self._parts.clock.now()
        tell = await cancelled_notice(parts, link.customer_id)
        async with parts.begin(parts.tenant.id) as unit:
            standing = await unit.recoveries.open_of(link.customer_id)
            if standing is None or standing.id != link.target or not await unit.links.use(link.link_hash, now):
                return False
            if not await cancel_in(unit, link.customer_id, now, _by(found, request, "link"), tell):
                raise _MovedOn  # the job took it a step on meanwhile: what it waits for now is cancelled as well
            return True

    async def _secure(self, found: _Found, request: RequestContext) -> bool:
        parts, now = self._parts, self._parts.clock.now()
        locked = found.customer.signed_out_everywhere(now)
        began = msgspec.structs.replace(locked.profile, updated_at=now)
        back = msgspec.structs.replace(locked, profile=self._led_back(began, found, now))
        stay = msgspec.structs.replace(locked, profile=_without_recent(began, parts.since(now)))
        moves, less = [await parts.directory.moves(found.customer, after) for after in (back, stay)]
        told = self._told(back, found)
        ended = await cancelled_notice(parts, locked.id)
        async with parts.begin(parts.tenant.id) as unit:
            if not await unit.links.use(found.link.link_hash, now):
                return False
            if not await unit.customers.update(seal(back, found.vault), found.customer.version):
                raise _MovedOn
            is_back = await moves.write(unit) is None
            if not is_back:  # somebody else has the address: of all moves that is the first
                await unit.customers.update(seal(stay, found.vault), back.version)
                await less.write(unit)
            await self._lock(unit, found, now)
            await cancel_in(unit, locked.id, now, _by(found, request, "secured"), ended)
            unit.change("subject", f"{locked.subject}:{now}")
            if await unit.account.keep_from_deletion(locked.id):
                unit.announce(Event("deletion.cancelled", locked.id, {"by": "secured"}))
                unit.record(_entry("deletion.cancelled", found, request, {"by": "secured"}))
            _tell(unit, found, request, is_back=is_back and bool(moves.added))
            told(unit)
        return True

    def _led_back(self, profile: Profile, found: _Found, now: Instant) -> Profile:
        """Return *profile* as it was before what is undone, without addresses that came lately.

        A notice may have gone out while an address that came lately was the primary one already: that one goes too.
        """
        address, since = found.content.address, self._parts.since(now)
        if address == profile.email and profile.email_since >= since:
            address = next((one.value for one in profile.emails if one.verified_at < since), address)
        kept = self._with_phone(_without_recent(profile, since, address), found.content.phone, since)
        if found.content.about == REMOVED and profile.email_since < since:  # a further address it was, and is again
            back = Contact(str(ContactId.new(self._parts.clock, self._parts.entropy)), address, since - 1)
            others = tuple(one for one in kept.emails if one.value != address)
            return msgspec.structs.replace(kept, emails=(*others, back))
        return with_other_email(kept, address, profile.email_since if address == profile.email else since - 1)

    def _with_phone(self, profile: Profile, number: str, since: Instant) -> Profile:
        """Return *profile* with the number that was taken away; where it has that again, as it is."""
        if not number or any(one.value == number for one in profile.phones):
            return profile
        back = Contact(str(ContactId.new(self._parts.clock, self._parts.entropy)), number, since - 1)
        return msgspec.structs.replace(profile, phones=(*profile.phones, back))

    async def _lock(self, unit: SafetyUnit, found: _Found, now: Instant) -> None:
        """End what stands, and take away what was set up lately."""
        customer_id = found.customer.id
        await unit.passwords.disable(customer_id, now)
        await unit.sessions.end_all(customer_id, now)
        await unit.factors.remove_since(customer_id, self._parts.since(now))
        if not second_steps(await unit.factors.of_customer(customer_id)):
            await unit.factors.replace_codes(customer_id, ())
        await unit.links.void_since(customer_id, found.link.created_at, now)

    def _told(self, customer: Customer, found: _Found) -> Tell:
        parts = self._parts
        reader = Reader(customer, found.vault, customer.profile.locale or "en", parts.tenant)
        words: dict[str, str | int] = {"at": parts.clock.now(), "recover_url": f"{parts.base}/recover"}
        return messages(reader, "account_secured", words, (parts.entropy, parts.clock))


def _without_recent(profile: Profile, since: Instant, but: str = "") -> Profile:
    kept = tuple(one for one in profile.emails if one.verified_at < since or one.value == but)
    phones = tuple(one for one in profile.phones if one.verified_at < since)
    identities = tuple(one for one in profile.identities if one.linked_at < since)
    return msgspec.structs.replace(profile, emails=kept, phones=phones, identities=identities)


def _by(found: _Found, request: RequestContext, how: str) -> Ender:
    personal = request.personal
    return Ender(how, f"customer:{found.customer.id}", request.request_id, personal)


def _tell(unit: SafetyUnit, found: _Found, request: RequestContext, *, is_back: bool) -> None:
    customer = found.customer
    data: dict[str, object] = {"about": found.content.about, "email_restored": is_back}
    unit.announce(Event("account.secured", customer.id, data))
    unit.announce(Event("session.ended", customer.id, {"all": True}))
    unit.record(_entry("account.secured", found, request, data))


def _entry(event: str, found: _Found, request: RequestContext, data: dict[str, object]) -> AuditEntry:
    customer_id = found.customer.id
    return AuditEntry(
        event,
        actor=f"customer:{customer_id}",
        subject=customer_id,
        request_id=request.request_id,
        data=data,
        personal=request.personal,
    )
