"""Whom nobody knows here may be known to the old system: it is asked, and whoever it vouches for moves in.

The question is signed as Standard Webhooks has it (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``) with a
key that follows from the tenant's own, so that nothing has to be stored. ``customer.verify`` carries the address and
the password that were typed, ``customer.exists`` (a recovery) the address alone. Any answer but 2xx with a ``customer``
is a no, and so is none in time. That somebody was asked must not show: whoever is known waits as long (:mod:`pace`).
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from limen.access.imports.judge import LONGEST_EXTERNAL
from limen.access.imports.present import EXTERNAL, EXTERNAL_NORMALISATION
from limen.access.imports.records import Batch
from limen.access.journeys.context import StepContext
from limen.access.journeys.views import Problem
from limen.access.outgoing import Notice
from limen.identity.credentials.prepare import prepare_aside
from limen.identity.credentials.records import StoredPassword, seal_password
from limen.identity.customers.directory import seal
from limen.identity.customers.identifiers import EMAIL, kind_of
from limen.identity.customers.records import Address, ContactIndex, Profile, SealedCustomer
from limen.identity.customers.validation import normalised, validate
from limen.identity.keyring import SubjectVault
from limen.identity.profiles.claims import OPTIONAL
from limen.kernel.encoding import b64url
from limen.kernel.entropy import random_token
from limen.kernel.errors import Refusal, Unavailable
from limen.kernel.events import AuditEntry, Event
from limen.kernel.webhooks import signed
from limen.trust.limits import Limit

HOOK_KEY: Final = "migration-hook"
"""The name of the sub-key that signs questions."""
PER_IDENTIFIER: Final = Limit(5, 3_600, "migration-identifier")
"""How often the old system is asked about one address, whoever asks."""
VERIFY: Final = "verify"
EXISTS: Final = "exists"
"""What is asked: whether a password is right, or whether there is such a customer."""
_METHOD: Final = "migration"
_MINUTE: Final = 60
_NOTHING: Final = Profile()


class Known(msgspec.Struct, frozen=True):
    """What the old system says of a customer; further members are not read."""

    external_id: str = ""
    email_verified: bool = False
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    locale: str = ""
    zoneinfo: str = ""
    attributes: dict[str, Any] = {}
    middle_name: str = ""
    nickname: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    gender: str = ""
    birthdate: str = ""
    address: Address | None = None


class _Answer(msgspec.Struct, frozen=True):
    customer: Known | None = None


@dataclass(frozen=True, slots=True)
class MovedIn:
    """Who moved in just now."""

    customer: SealedCustomer
    stored: StoredPassword | None
    vault: SubjectVault


async def moved_in(context: StepContext, email: str, password: str | None) -> MovedIn | None:
    """Ask the old system about *email*, and make the customer for whom it vouches; None where there is none.

    Without a *password* whether there is such a customer is all that is asked; whoever is then made has none.
    """
    parts = context.parts
    if not parts.desk.tenant.settings.migration.url or kind_of(email) != EMAIL:  # by address alone it knows anybody
        return None
    prepared = await prepare_aside(password, parts.hasher.pool) if password is not None else b""
    if isinstance(prepared, Refusal):
        return None
    known = await _asked(context, email, password)
    if known is None:
        return None
    hashed = await parts.hasher.hash(prepared) if password is not None else None
    if isinstance(hashed, Refusal):
        return None
    return await _made(context, _profile(context, email, known), known.external_id, hashed)


async def over_questions(context: StepContext, email: str, kind: str) -> Problem | None:
    """Count a question about *email*; return the problem to show if it is one too many.

    It is counted, and refused, for whoever is known here too, about whom nobody is asked: else the refusal would tell
    who is. Each *kind* has counts of its own: who is kept out of signing in by others still recovers.
    """
    parts = context.parts
    settings, tenant = parts.desk.tenant.settings.migration, parts.tenant_id
    if not settings.url:
        return None
    limit = Limit(settings.per_minute, _MINUTE, _METHOD)
    who = b64url(await parts.directory.email_index(email))
    asked = (
        (f"{PER_IDENTIFIER.name}:{tenant}:{who}:{kind}", PER_IDENTIFIER),
        (f"{limit.name}:{tenant}:{kind}", limit),
    )
    for key, each in asked:
        decision = await parts.limiter.hit(key, each)
        if not decision.allowed:
            parts.count_proof(_METHOD, "throttled")
            wait = max(1, decision.reset_seconds)
            return Problem(notice="error.throttled", values={"email": email}, status=429, retry_after=wait)
    return None


async def _asked(context: StepContext, email: str, password: str | None) -> Known | None:
    parts = context.parts
    settings = parts.desk.tenant.settings.migration
    data = {"email": email} if password is None else {"email": email, "password": password}
    kind = f"customer.{EXISTS if password is None else VERIFY}"
    body = msgspec.json.encode({"type": kind, "data": data})
    key = (await parts.keyring.tenant(parts.tenant_id)).derive(HOOK_KEY)
    headers = signed(key, f"msg_{random_token(parts.entropy, 16)}", parts.clock.now(), body)
    notice = Notice(_METHOD, body, "application/json", seconds=settings.seconds, headers=headers)
    answer = await parts.outgoing.ask(settings.url, notice)
    if isinstance(answer, Unavailable):
        parts.count_proof(_METHOD, "away")
        return None
    known = None if isinstance(answer, Refusal) else _read(answer)
    parts.count_proof(_METHOD, "proven" if known is not None else "refused")
    return known


def _read(body: bytes) -> Known | None:
    try:
        return msgspec.json.decode(body, type=_Answer).customer
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _profile(context: StepContext, email: str, known: Known) -> Profile:
    """Return what is kept of what the old system says: all that will do."""
    settings = context.parts.desk.tenant.settings.profile
    profile = normalised(
        Profile(
            email=email,
            email_verified=known.email_verified,
            name=known.name,
            given_name=known.given_name,
            family_name=known.family_name,
            locale=known.locale or context.journey.state.locale,
            zoneinfo=known.zoneinfo,
            attributes={name: value for name, value in known.attributes.items() if name in settings.attributes},
            **{name: getattr(known, name) for name in OPTIONAL},
        )
    )
    wrong = validate(profile, settings)
    if wrong is None:
        return profile
    fields = {field.partition(".")[0] for field in wrong.fields}
    return msgspec.structs.replace(profile, **{field: getattr(_NOTHING, field) for field in fields})


async def _made(context: StepContext, profile: Profile, external_id: str, hashed: str | None) -> MovedIn | None:
    """Store the customer in a commit of its own; None where somebody was quicker."""
    parts, request = context.parts, context.request
    customer, vault = await parts.directory.prepare(profile)
    sealed, contacts = seal(customer, vault), [await parts.directory.contact(customer)]
    if 0 < len(external_id) <= LONGEST_EXTERNAL:
        tenant = await parts.keyring.tenant(parts.tenant_id)
        blind = tenant.blind(EXTERNAL, external_id)
        contacts.append(
            ContactIndex(
                EXTERNAL, blind, tenant.index_version, EXTERNAL_NORMALISATION, customer.id, customer.created_at
            )
        )
    stored = seal_password(vault, customer.id, hashed, customer.created_at) if hashed is not None else None
    batch = Batch(1, [sealed], contacts, [stored] if stored is not None else [])
    async with parts.begin(parts.tenant_id) as unit:
        await unit.imports.bring_in(batch)
        late = await unit.imports.make_known(batch)
        if not late:
            unit.seal_with(vault)
            unit.announce(Event("customer.registered", customer.id, data={"method": _METHOD}))
            unit.record(
                AuditEntry(
                    "customer.migrated",
                    actor="browser",
                    subject=customer.id,
                    request_id=request.request_id,
                    data={"password": hashed is not None},
                    personal=request.personal,
                )
            )
    return None if late else MovedIn(sealed, stored, vault)


async def known_to_old(context: StepContext, email: str) -> Problem | None:
    """Let whoever the old system knows, and nobody here, move in without a password: they are about to set one.

    Return the problem to show where too much was asked about the address, or at all.
    """
    parts = context.parts
    if not parts.desk.tenant.settings.migration.url:
        return None
    over = await over_questions(context, email, EXISTS)
    if over is not None:
        return over
    index = await parts.directory.email_index(email)
    async with parts.read(parts.tenant_id) as unit:
        found = await unit.customers.find_by_contact(EMAIL, index)
    if found is None:
        await moved_in(context, email, None)
    return None
