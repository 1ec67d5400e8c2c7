"""The mailed code is typed, or its link was followed in this browser: the address is proven.

For a sign-up that makes the account; for a recovery it leads to a new password; for a change it becomes an address of
the account; else it signs in.
"""

import hmac
from collections.abc import Mapping

import msgspec

from limen.access.journeys.changes.contacts import moved
from limen.access.journeys.context import StepContext
from limen.access.journeys.guards.applying import note
from limen.access.journeys.limits import over_account, over_guesses, over_mails
from limen.access.journeys.messages.digits import ascii_digits
from limen.access.journeys.messages.mailed import letter, lifetime, purpose
from limen.access.journeys.messages.mails import challenge
from limen.access.journeys.owner import entry
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.proven_addresses import noted_proven, reclaimed
from limen.access.journeys.records import Draft, Path
from limen.access.journeys.tasks import proves_address
from limen.access.journeys.views import Problem, Progress, StepView, Write
from limen.access.sessions.records import MAILBOX, PASSWORD, Evidence
from limen.identity.credentials.records import seal_password
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.records import Profile, SealedCustomer
from limen.kernel.clock import SECOND, Instant
from limen.kernel.encoding import b64url, link_hash
from limen.kernel.events import AuditEntry, Event, Outcome


def view(context: StepContext) -> StepView:
    """Show where to type the code."""
    state = context.journey.state
    sent = state.challenge
    left = max(0, sent.expires_at - context.parts.clock.now()) if sent is not None else 0
    return StepView(
        "verify_email",
        context.journey.version,
        data={"purpose": purpose(context.parts, state), "email": state.email, "expires_seconds": left // SECOND},
    )


async def submit(context: StepContext, form: Mapping[str, str]) -> Progress:
    """Compare the code; each try is counted in the journey itself, so that two tabs share them."""
    state, now = context.journey.state, context.parts.clock.now()
    sent = state.challenge
    intent = form.get("intent", "")
    if sent is None or intent == "change_email":
        return Progress(msgspec.structs.replace(state, challenge=None), link_hash=None)
    if intent == "resend":
        return await _resend(context)
    if sent.tries_left <= 0 or sent.expires_at <= now:
        code = "error.code_expired" if sent.expires_at <= now else "error.code_exhausted"
        return Progress(state, problem=Problem({"code": code}), link_hash=context.journey.link_hash)
    limited = await over_guesses(context)
    if limited is not None:
        return Progress(state, problem=limited, link_hash=context.journey.link_hash)
    typed = ascii_digits(form.get("code", ""))
    matches = hmac.compare_digest(typed.encode(), sent.code.encode()) and bool(sent.code)
    if not await _is_spent(context) and matches:
        return await proven(context)
    counted = msgspec.structs.replace(sent, tries_left=sent.tries_left - 1)
    failed = msgspec.structs.replace(state, challenge=counted)
    error = "error.code_invalid" if counted.tries_left else "error.code_exhausted"

    async def write(unit: JourneyUnit) -> Problem | None:
        unit.record(_refused(context))
        return None

    return Progress(failed, write, Problem({"code": error}), link_hash=context.journey.link_hash, refused=MAILBOX)


async def _is_spent(context: StepContext) -> bool:
    """Count a code for the account that it leads to, whichever of its addresses it was mailed to."""
    state, parts = context.journey.state, context.parts
    if state.path is Path.SIGN_UP or proves_address(state):
        return False
    index = await parts.directory.email_index(state.email)
    async with parts.read(parts.tenant_id) as unit:
        customer = await unit.customers.find_by_contact(EMAIL, index)
    who = customer.id if customer is not None else b64url(index)
    return await over_account(context, parts.settings.codes_per_identifier, who)


async def proven(context: StepContext) -> Progress:
    """Go on with a proven address: by code, or by a link that was confirmed in the browser where the journey began."""
    if proves_address(context.journey.state):
        return await moved(context)
    if context.journey.state.path is Path.SIGN_UP:
        return await _registering(context)
    return await _returning(context)


async def _registering(context: StepContext) -> Progress:
    state, parts = context.journey.state, context.parts
    now = parts.clock.now()
    profile = Profile(email=state.email, email_verified=True, name=state.draft.name, locale=state.locale)
    customer, vault = await parts.directory.prepare(profile)
    hashed = state.draft.password_hash  # empty where the tenant has no passwords
    password = seal_password(vault, customer.id, hashed, now) if hashed else None

    async def write(unit: JourneyUnit) -> Problem | None:
        if not await parts.directory.add(unit, customer, vault):
            return Problem(notice="error.stale")  # taken while the code was on its way
        if password is not None:
            await unit.passwords.put(password)
        unit.announce(Event("customer.registered", customer.id))
        unit.record(_entry(context, "customer.registered", Outcome.SUCCESS, "", customer.id))
        if state.draft.decided is not None:
            note(context, unit, state.draft.decided, customer.id)
        return None

    done = msgspec.structs.replace(
        state.belonging_to(customer.id),
        session_id="",
        evidence=(Evidence(MAILBOX, now), *([Evidence(PASSWORD, now)] if hashed else [])),
        challenge=None,
        draft=Draft(),
        passkey=msgspec.structs.replace(state.passkey, is_due=state.draft.by_passkey),
    )
    return Progress(done, write)


async def _returning(context: StepContext) -> Progress:
    """Let the owner of the mailbox in: behind a new password, where one was asked for and the tenant has them."""
    state, parts = context.journey.state, context.parts
    settings = parts.desk.tenant.settings.sign_in
    if state.path is Path.SIGN_IN and not settings.email_code:  # switched off while the code was on its way
        return Progress(msgspec.structs.replace(state, challenge=None), problem=Problem(notice="error.invalid"))
    index = await parts.directory.email_index(state.email)
    async with parts.read(parts.tenant_id) as unit:
        customer = await unit.customers.find_by_contact(EMAIL, index)
        held = await unit.passwords.get(customer.id) if customer is not None else None
    if customer is None or not customer.may_sign_in:
        return Progress(state, problem=Problem({"code": "error.code_invalid"}))
    sets_password = purpose(parts, state) == "reset" and (held is not None or settings.recovery_adds_password)
    # Whoever signs in without a password lost a passkey, and makes another where the browser can.
    makes_passkey = state.path is Path.RECOVER and held is None and settings.passkey and state.passkey.is_able
    done = msgspec.structs.replace(
        state.belonging_to(customer.id),
        session_id="",
        evidence=(Evidence(MAILBOX, parts.clock.now()),),
        challenge=None,
        new_password_due=sets_password and not makes_passkey,
        passkey=msgspec.structs.replace(state.passkey, is_due=makes_passkey),
    )
    strips = held is not None  # behind a recovery too: what somebody else made with that password stays no way in
    return Progress(done, await _verifying(context, customer, done.evidence[0].at if strips else None))


async def _verifying(context: StepContext, sealed: SealedCustomer, reclaims: Instant | None) -> Write | None:
    """Return what notes that the address is proven, where an administrator gave it and nobody has proven it yet.

    It *reclaims* the account, since that instant, where somebody else may know its password.
    """
    parts = context.parts
    vault = await parts.directory.vault_of(sealed.id)
    customer = await parts.directory.open(sealed, vault)
    if customer is None or vault is None or customer.profile.email_verified:
        return None
    if customer.profile.email != context.journey.state.email:  # another of theirs, which was proven before
        return None
    if reclaims is not None:
        return reclaimed(context, customer, vault, reclaims)
    return noted_proven(context, customer, vault)


async def _resend(context: StepContext) -> Progress:
    state, journey = context.journey.state, context.journey
    before = state.challenge
    if before is None or before.sends_left <= 0:
        return Progress(state, problem=Problem(notice="error.throttled", status=429), link_hash=journey.link_hash)
    limited = await over_mails(context, state.email)
    if limited is not None:
        return Progress(state, problem=limited, link_hash=journey.link_hash)
    seconds = lifetime(context.parts, state)
    sent, token = challenge(context, sends_left=before.sends_left - 1, real=bool(before.code), seconds=seconds)
    # Tries do not come back with a new code: a journey has only so many guesses.
    sent = msgspec.structs.replace(sent, tries_left=before.tries_left)
    announce = letter(context, state.email, sent, token)

    async def write(unit: JourneyUnit) -> Problem | None:
        announce(unit)
        return None

    again = msgspec.structs.replace(state, challenge=sent)
    return Progress(again, write, Problem(notice="notice.code_sent", status=200), link_hash=link_hash(token))


def _refused(context: StepContext) -> AuditEntry:
    """Return the record of a wrong code: it is its customer's who is proven, and else the browser's."""
    if context.facts.customer is not None and context.facts.is_proven:
        return entry(context, "code.refused", {}, "wrong_code")
    return _entry(context, "code.refused", Outcome.REFUSED, "wrong_code")


def _entry(context: StepContext, event: str, outcome: Outcome, reason: str, subject: str = "") -> AuditEntry:
    request = context.request
    return AuditEntry(
        event=event,
        outcome=outcome,
        actor=f"customer:{subject}" if subject else "browser",
        subject=subject or context.journey.id,
        reason=reason,
        request_id=request.request_id,
        personal=request.personal,
    )
