"""By password.

Known, unknown, disabled and password-less accounts do the same work: one look-up, one key, one hash, the same counters
(security, *Enumeration*). What does not exist is asked for under an identifier that nobody has.
"""

from collections.abc import Mapping
from operator import attrgetter

import msgspec

from limen.access.journeys.context import StepContext
from limen.access.journeys.firsts.first import First
from limen.access.journeys.guards.door import Guarded, guarded
from limen.access.journeys.guards.doubts import UNDOUBTED, Doubted, doubted
from limen.access.journeys.guards.patterns import with_news
from limen.access.journeys.limits import over_account, over_tries
from limen.access.journeys.migration import VERIFY, moved_in, over_questions
from limen.access.journeys.parts import JourneyUnit
from limen.access.journeys.views import Problem, Progress, problem_of
from limen.access.sessions.records import PASSWORD, Evidence
from limen.identity.credentials.records import StoredPassword, seal_password
from limen.identity.credentials.verify import PasswordCheck, check_password, count_wrong_password
from limen.identity.customers.identifiers import kind_of
from limen.identity.customers.records import SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.kernel.encoding import b64url
from limen.kernel.events import AuditEntry, Outcome
from limen.kernel.ids import CustomerId

_RIGHT = PasswordCheck(matches=True)
NOBODY = CustomerId("cus_00000000000000000000000000")
"""Asked for in place of a customer who does not exist; no identifier is ever this one."""


async def _answer(context: StepContext, email: str, form: Mapping[str, str]) -> Progress:
    state, parts, typed = context.journey.state, context.parts, {"email": email}
    if not form.get("password"):
        return Progress(state, problem=Problem({"password": "error.required"}, values=typed))
    index = await parts.directory.email_index(email)
    named, known = b64url(index), await _is_known(context, kind_of(email), index)
    limited = await over_tries(context, email, named, known_device=known)
    if limited is not None:
        return Progress(state, problem=limited, is_idle=True)
    found = await guarded(context, email, named, form, is_known=known)
    if found.refused is not None:
        return found.refused
    async with parts.read(parts.tenant_id) as unit:
        sealed, stored = await unit.customers.find_with_password(kind_of(email), index)
    customer_id = sealed.id if sealed is not None else NOBODY
    who = customer_id if sealed is not None else named
    is_spent = await over_account(context, parts.settings.per_identifier, who, known_device=known)
    vault = await parts.directory.vault_of(customer_id)
    check = await check_password(parts.hasher, stored, vault, form["password"], is_known=known)
    if check.busy is not None:
        return Progress(state, problem=problem_of(check.busy, typed))
    if check.matches and sealed is not None and sealed.may_sign_in and not is_spent:
        return await _passed(context, email, _Account(sealed, stored, vault), check, found)
    over = await over_questions(context, email, VERIFY)
    if over is None and sealed is None and (new := await moved_in(context, email, form["password"])) is not None:
        return await _passed(context, email, _Account(new.customer, new.stored, new.vault), _RIGHT, found)
    await parts.guard.failed(found.attempt)
    refused = _refused(context, email, customer_id, check, is_spent=is_spent, is_known=known)
    refused = with_news(context, refused, found.news)
    return refused if over is None else msgspec.structs.replace(refused, problem=over)


async def _is_known(context: StepContext, kind: str, index: bytes) -> bool:
    """Tell whether the account that is named, if there is one, was signed in at this device; most devices are new."""
    if not context.facts.device_of:
        return False
    async with context.parts.read(context.parts.tenant_id) as unit:
        named = await unit.customers.find_by_contact(kind, index)
    return named is not None and named.id in context.facts.device_of


class _Account(msgspec.Struct, frozen=True):
    """An account that was looked up: the customer, their password row and their key."""

    customer: SealedCustomer
    stored: StoredPassword | None
    vault: SubjectVault | None


async def _passed(
    context: StepContext, email: str, account: _Account, check: PasswordCheck, found: Guarded
) -> Progress:
    """Go on with a right password, and with whatever makes it doubted."""
    parts = context.parts
    await parts.guard.passed(found.attempt)
    customer = await parts.directory.open(account.customer, account.vault)
    because = UNDOUBTED
    if customer is not None and account.vault is not None:
        because = await doubted(context, customer, account.vault, found)
    if because.is_denied:
        return with_news(context, _denied(context, email, because), found.news)
    return with_news(context, _proven(context, email, account, check, because), found.news)


def _denied(context: StepContext, email: str, because: Doubted) -> Progress:
    """Return what a wrong password is told; nothing is counted against an account whose password was right."""
    refused = _refused(context, email, NOBODY, PasswordCheck(matches=False))

    async def write(unit: JourneyUnit) -> Problem | None:
        if because.write is not None:
            await because.write(unit)
        return await refused.write(unit) if refused.write is not None else None

    return msgspec.structs.replace(refused, write=write)


def _proven(context: StepContext, email: str, account: _Account, check: PasswordCheck, found: Doubted) -> Progress:
    customer, stored, vault = account.customer, account.stored, account.vault
    now = context.parts.clock.now()

    async def write(unit: JourneyUnit) -> Problem | None:
        if stored is not None and (stored.failures or stored.known_failures):
            await unit.passwords.clear_failures(customer.id)
        if check.rehash and stored is not None and vault is not None:
            fresh = seal_password(vault, customer.id, check.rehash, now)
            await unit.passwords.replace_hash(customer.id, stored.sealed, fresh.sealed)
        return await found.write(unit) if found.write is not None else None

    proof = Evidence(PASSWORD, now)
    before = context.journey.state.belonging_to(customer.id)
    second = before.second
    if found.sent is not None:
        second = msgspec.structs.replace(second, mailed=found.sent)
    state = msgspec.structs.replace(
        before,
        email=email,
        evidence=(proof,),
        session_id="",
        doubt=found.doubt,
        second=second,
    )
    return Progress(state, write, vault=vault, habits=found.habits)


def _refused(  # noqa: PLR0913 - all that is counted and recorded of it
    context: StepContext,
    email: str,
    customer_id: CustomerId,
    check: PasswordCheck,
    *,
    is_spent: bool = False,
    is_known: bool = False,
) -> Progress:
    """Return what a wrong password is told; where the account's tries are spent, that is no failure of it in a row."""
    request = context.request
    # Whoever nobody knows is recorded under the journey: there too one key is asked for, and the record is as long.
    subject = context.journey.id if customer_id == NOBODY else customer_id

    async def write(unit: JourneyUnit) -> Problem | None:
        counted = NOBODY if is_spent else customer_id
        disabled = await count_wrong_password(unit.passwords, counted, is_known=is_known)
        unit.record(
            AuditEntry(
                event="sign_in.failed",
                outcome=Outcome.REFUSED,
                actor="browser",
                subject=subject,
                reason="throttled" if is_spent else _reason(disabled=check.locked or disabled),
                request_id=request.request_id,
                personal=request.personal,
            )
        )
        return None

    state = msgspec.structs.replace(context.journey.state, email=email)
    problem = Problem({"": "error.invalid_credentials"}, values={"email": email})
    return Progress(state, write, problem, refused=PASSWORD)


def _reason(*, disabled: bool) -> str:
    return "password_disabled" if disabled else "invalid_credentials"


FIRST = First("password", attrgetter("password"), _answer)
