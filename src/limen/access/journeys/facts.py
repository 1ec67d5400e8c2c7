"""Gathering what is true around a journey, in one transaction, before the next step is asked for."""

import msgspec
from msgspec.structs import replace

from limen.access.clients.records import Client
from limen.access.factors.records import StoredFactor, keys
from limen.access.journeys.context import Account, Facts
from limen.access.journeys.parts import JourneyParts, JourneyUnit
from limen.access.journeys.passkeys.facts import with_keys, with_passkeys
from limen.access.journeys.proven_addresses import owes_proof
from limen.access.journeys.records import Journey, JourneyState, Path
from limen.access.journeys.second_factors import (
    ASK,
    OFFER,
    concerns,
    insists,
    is_stale,
    may_offer,
    may_trust,
    owed,
    wants_bound_key,
    wants_key,
)
from limen.access.journeys.store import Standing
from limen.access.journeys.tasks import PROVEN_FIRST
from limen.access.journeys.terms import terms_due
from limen.access.journeys.weaker import barred
from limen.access.oauth.consent import details_due, scopes_due
from limen.access.oauth.records import AuthorizationRequest
from limen.access.passkeys.records import opened
from limen.access.sessions.records import Session
from limen.identity.customers.records import Customer, SealedCustomer
from limen.identity.keyring import SubjectVault
from limen.identity.profiles.claims import ASKABLE
from limen.identity.profiles.questions import question_due
from limen.identity.profiles.values import brought_up
from limen.kernel.clock import DAY, SECOND
from limen.kernel.ids import BrowserId, CustomerId

_requests = msgspec.json.Decoder(AuthorizationRequest)


def request_of(state: JourneyState) -> AuthorizationRequest | None:
    """Return the authorization request that a journey serves."""
    return _requests.decode(state.request) if state.request else None


async def gather(parts: JourneyParts, unit: JourneyUnit, journey: Journey, vault: SubjectVault | None = None) -> Facts:
    """Return the facts about *journey*, as *unit* sees them; *vault* is the customer's, where it is at hand."""
    state = journey.state
    if not state.customer_id and not state.select_account:
        return await facts_of_nobody(parts, state)
    request = request_of(state)
    client = await _client_of(parts, request)
    if state.customer_id and (vault is None or vault.subject_id != state.customer_id):
        vault = await parts.directory.vault_of(CustomerId(state.customer_id))
    standing = await _standing(parts, unit, journey, request, client)
    customer = await parts.directory.open(standing.customer, vault) if standing is not None else None
    accounts = await live_accounts(parts, unit, journey.browser_id) if state.select_account else ()
    is_proven = await _is_proven(parts, unit, journey, customer)
    facts = Facts(request, client, customer, is_proven, accounts, vault=vault if customer is not None else None)
    if standing is not None:
        facts = await _with_second_factor(parts, unit, journey, facts, standing)
    if facts.second_factor == ASK:  # it comes first: what else is owed is gathered when it was answered
        return with_keys(facts)
    facts = await with_passkeys(parts, unit, state, facts)
    facts = await _with_offer(parts, unit, state, facts)
    facts = replace(
        facts, address_due=_wants_proof(parts, state, facts), username_due=_wants_username(parts, state, facts)
    )
    facts = await _with_question(parts, unit, state, facts)
    facts = await _with_terms(parts, unit, state, facts)
    if request is None or client is None or standing is None or customer is None:
        return facts
    allowed = standing.allowed
    if allowed is None and client.document.require_consent:
        grant = await unit.grants.find(customer.id, client.key)
        allowed = grant.scopes if grant is not None else ()
    due = scopes_due(client, allowed or (), request)
    return replace(facts, consent_due=due, details_due=details_due(client, request))


async def facts_of_nobody(parts: JourneyParts, state: JourneyState) -> Facts:
    """Return the facts about a journey that knows nobody yet: what asked for it."""
    request = request_of(state)
    return Facts(request, await _client_of(parts, request))


async def _client_of(parts: JourneyParts, request: AuthorizationRequest | None) -> Client | None:
    loaded = await parts.desk.clients(request.client_id) if request is not None else None
    return loaded.client if loaded is not None else None


async def _standing(
    parts: JourneyParts,
    unit: JourneyUnit,
    journey: Journey,
    request: AuthorizationRequest | None,
    client: Client | None,
) -> Standing | None:
    """Return the customer as stored, with what hangs on them where their factors concern the journey."""
    state, customer_id = journey.state, CustomerId(journey.state.customer_id)
    if not customer_id:
        return None
    if concerns(state, parts.desk.tenant, request):
        key = client.key if client is not None else None
        return await unit.standings.find(customer_id, journey.browser_id, key, parts.clock.now())
    sealed = await unit.customers.get(customer_id)
    return Standing(sealed) if sealed is not None else None


async def _with_second_factor(
    parts: JourneyParts, unit: JourneyUnit, journey: Journey, facts: Facts, standing: Standing
) -> Facts:
    """Return *facts* with what is owed of a second factor."""
    state, tenant, customer = journey.state, parts.desk.tenant, facts.customer
    if customer is None or not facts.is_proven or standing.allowed is None:
        return facts
    held = state.evidence
    if not held:
        session = await standing_session(parts, unit, journey.browser_id, customer)
        held = session.evidence if session is not None else ()
    factors = standing.factors
    kinds = barred(state.evidence or held, factors, tenant, is_must=insists(tenant, facts.request))
    usable = tuple([factor for factor in factors if factor.kind not in kinds]) if kinds else factors
    due = owed(state, held, usable, tenant, facts.request)
    if is_stale(state, held, due, parts.clock.now()):
        return replace(facts, is_proven=False)
    facts = replace(
        facts,
        second_factor=due,
        factors=factors,
        codes_left=standing.codes_left,
        held=held,
        barred=kinds,
        recovers=standing.recovers,
        has_failed=standing.has_failed,
    )
    if wants_key(state, factors):
        return replace(facts, second_factor=ASK, factors=keys(factors), codes_left=0)
    if due == ASK and state.path is Path.RECOVER:
        return replace(facts, recovery=await unit.recoveries.open_of(customer.id))
    bound = _bound_keys(facts) if wants_bound_key(state.evidence or held, tenant, facts.request) else ()
    if bound:  # whatever else has spoken or could: nothing but these leads to where the journey goes
        return replace(facts, second_factor=ASK, factors=bound, codes_left=0)
    if due != ASK:
        return facts
    device = standing.trusted
    if device is None or not may_trust(state, tenant, facts.request) or state.doubt.asks:
        return facts
    # Nothing wants more than the customer's trust in this browser; unless risk overrules that, it does.
    return facts if await parts.distrusts(device) else replace(facts, second_factor="", trusted=device)


async def _with_offer(parts: JourneyParts, unit: JourneyUnit, state: JourneyState, facts: Facts) -> Facts:
    """Return *facts* with a second factor on offer, where none is owed; who said no lately is not asked."""
    days, customer = parts.desk.tenant.settings.assurance.offer_days, facts.customer
    if not days or customer is None or not facts.is_proven or facts.second_factor or facts.offers_passkey:
        return facts
    if not may_offer(state, facts.factors, facts.request):
        return facts
    declined = await unit.factors.declined_at(customer.id)
    return replace(facts, second_factor=OFFER) if parts.clock.now() - declined >= days * DAY else facts


def _bound_keys(facts: Facts) -> tuple[StoredFactor, ...]:
    """Return the keys that are proven to stay in their hardware."""
    held = opened(facts.vault, facts.factors) if facts.vault is not None else ()
    return tuple(key.factor for key in held if key.credential.is_bound)


def _wants_proof(parts: JourneyParts, state: JourneyState, facts: Facts) -> bool:
    """Tell whether the customer's address is to be proven first; few tasks of the account page are kept waiting."""
    customer = facts.customer
    if customer is None or not facts.is_proven:
        return False
    if state.task:
        return state.task.kind in PROVEN_FIRST and not customer.profile.email_verified
    return owes_proof(parts.desk.tenant, customer)


def _wants_username(parts: JourneyParts, state: JourneyState, facts: Facts) -> bool:
    """Tell whether a user name is asked for behind this sign-in; where no page may be shown, none is."""
    rule, customer, request = parts.desk.tenant.settings.sign_in.usernames, facts.customer, facts.request
    is_silent = request is not None and "none" in request.prompt
    is_asked = rule == "required" and customer is not None and not customer.profile.username
    return is_asked and facts.is_proven and not is_silent and not state.task


async def _with_question(parts: JourneyParts, unit: JourneyUnit, state: JourneyState, facts: Facts) -> Facts:
    """Return *facts* with what is asked for behind this sign-in; where no page may be shown, nothing is."""
    settings, customer, request = parts.desk.tenant.settings.profile, facts.customer, facts.request
    is_silent = request is not None and "none" in request.prompt
    if not settings.questions or customer is None or not facts.is_proven or state.questioned or is_silent or state.task:
        return facts
    said = {name: getattr(customer.profile, name) for name in ASKABLE}
    said |= brought_up(settings, customer.profile.attributes)
    progress = await unit.profiles.progress(customer.id)
    client_id = request.client_id if request is not None else ""
    return replace(facts, question=question_due(settings, said, client_id, progress, parts.clock.now()))


async def _with_terms(parts: JourneyParts, unit: JourneyUnit, state: JourneyState, facts: Facts) -> Facts:
    """Return *facts* with what has to be accepted first; a task of the account page asks for nothing else."""
    if facts.customer is None or not facts.is_proven or state.task:
        return facts
    found = await terms_due(parts.desk, unit, facts.customer.id)
    return replace(facts, terms_due=found) if found else facts


async def _is_proven(parts: JourneyParts, unit: JourneyUnit, journey: Journey, customer: Customer | None) -> bool:
    """Tell whether the journey's proof counts: a journey takes minutes, in which everything may be ended elsewhere."""
    state = journey.state
    if customer is None or not customer.may_sign_in:
        return bool(state.customer_id)  # nobody to ask for again: arriving refuses it
    if state.evidence and max(piece.at for piece in state.evidence) < max(customer.valid_after, customer.proof_after):
        return False
    if state.evidence and not state.session_id:
        return True
    # What was added to a chosen session counts as long as that session does.
    return await standing_session(parts, unit, journey.browser_id, customer) is not None


async def standing_session(
    parts: JourneyParts, unit: JourneyUnit, browser_id: BrowserId, customer: Customer
) -> Session | None:
    """Return the customer's session at a browser that counts now."""
    now, idle = parts.clock.now(), parts.desk.lifetimes.session_idle * SECOND
    found = await unit.sessions.at_browser(browser_id)
    mine = (one for one in found if one.customer_id == customer.id and one.is_live(now, idle))
    return next((one for one in mine if stands(one, customer)), None)


async def customer_of(
    parts: JourneyParts, unit: JourneyUnit, customer_id: str, vault: SubjectVault | None = None
) -> Customer | None:
    """Return the customer, unsealed; *vault* is theirs, where it is at hand."""
    if not customer_id:
        return None
    return await parts.directory.open(await unit.customers.get(CustomerId(customer_id)), vault)


async def live_accounts(parts: JourneyParts, unit: JourneyUnit, browser_id: BrowserId) -> tuple[Account, ...]:
    """Return who is signed in at a browser, newest proof first, each customer once."""
    now, idle = parts.clock.now(), parts.desk.lifetimes.session_idle * SECOND
    found: dict[str, Account] = {}
    for session in await unit.sessions.at_browser(browser_id):
        if session.is_live(now, idle) and session.customer_id not in found:
            customer = await customer_of(parts, unit, session.customer_id)
            if customer is not None and stands(session, customer):
                found[session.customer_id] = Account(session, customer)
    return tuple(found.values())


def stands(session: Session, customer: Customer | SealedCustomer) -> bool:
    """Tell whether a session counts for its customer: active, and begun after everything was last ended."""
    return customer.may_sign_in and session.created_at >= customer.valid_after
