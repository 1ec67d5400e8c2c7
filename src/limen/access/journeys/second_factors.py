"""Whether a journey owes a second factor, and whether what is proven is fresh enough for what is to be changed.

Whoever has one is asked for it behind every first proof: behind a mailed code of recovery too, which would undo it
otherwise. In a session that stands it is asked for where more assurance is wanted than the session bears (RFC 9470).
Whoever has none sets one up where the tenant or the application insists, and is asked whether they want to where the
tenant wishes so.
"""

from collections.abc import Sequence
from typing import Final

from limen.access.factors.records import StoredFactor, keys, passkeys, second_steps
from limen.access.journeys.records import JourneyState, Path
from limen.access.journeys.weaker import can_reach
from limen.access.oauth.assurance import LEVELS, least, level
from limen.access.oauth.records import AuthorizationRequest
from limen.access.sessions.records import KEYS, PASSWORD, SECOND_FACTORS, Evidence
from limen.identity.tenants.assurance import Level
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import MINUTE, Instant

ASK: Final = "ask"
ENROL: Final = "enrol"
OFFER: Final = "offer"
_TWO: Final = 2
RECENT: Final = 10 * MINUTE
"""How old a proof may be by which something is changed: a session left open must not be enough."""


def needed(tenant: Tenant, request: AuthorizationRequest | None) -> Level:
    """Return the assurance level that is a must: by policy, or by an essential ``acr``."""
    level = tenant.settings.assurance.level
    if request is None:
        return level
    return max(level, request.level, least(request.required_acr) if request.required_acr else 0)


def insists(tenant: Tenant, request: AuthorizationRequest | None) -> bool:
    """Tell whether one factor is too little."""
    return needed(tenant, request) > 1


def wishes(request: AuthorizationRequest | None) -> bool:
    """Tell whether more than one factor is preferred (``acr_values``): asked of whoever has them, and never with a
    page where none may be shown.
    """  # noqa: D205 - one sentence
    if request is None or not request.acr_values or "none" in request.prompt:
        return False
    known = [LEVELS[value] for value in request.acr_values if value in LEVELS]
    return bool(known) and known[0] > 1


def concerns(state: JourneyState, tenant: Tenant, request: AuthorizationRequest | None) -> bool:
    """Tell whether it has to be known which factors the customer has; a session that stands rarely asks."""
    return bool(state.evidence or state.task) or insists(tenant, request) or wishes(request)


def owed(
    state: JourneyState,
    held: Sequence[Evidence],
    factors: Sequence[StoredFactor],
    tenant: Tenant,
    request: AuthorizationRequest | None,
) -> str:
    """Return ``ask``, ``enrol`` or nothing. *held* is what the journey has proven, else what its session rests on."""
    must = needed(tenant, request)
    is_enough = level(held) >= max(_TWO, must)
    has_steps = bool(second_steps(factors))
    if not has_steps and not passkeys(factors):  # the third level is beyond what is set up here: refused in the end
        return ENROL if must == _TWO and not is_enough else ""
    if has_steps and (state.evidence or state.task):  # a fresh proof, or a change: a second factor in this very journey
        if not _has_spoken(state.evidence) and level(state.evidence) < _TWO:
            return ASK
        return ENROL if must == _TWO > level(state.evidence) and not can_reach(factors, tenant) else ""
    if not is_enough and any(piece.authenticator in KEYS for piece in state.evidence):
        return ENROL if must == _TWO else ""  # it has said what it can: asked again it would say the same
    return ASK if not is_enough and (must > 1 or (wishes(request) and can_reach(factors, tenant))) else ""


def _has_spoken(evidence: Sequence[Evidence]) -> bool:
    """Tell whether a second factor is among *evidence*. A key that was the first has to verify its user to be both."""
    if any(piece.authenticator in SECOND_FACTORS for piece in evidence):
        return True
    return any(piece.authenticator in KEYS for piece in evidence[1:]) and evidence[0].authenticator not in KEYS


def wants_key(state: JourneyState, factors: Sequence[StoredFactor]) -> bool:
    """Tell whether risk wants a passkey or a security key at a sign-in, of somebody who has one."""
    doubt = state.doubt
    is_wanted = doubt.asks and doubt.level == "phishing_resistant" and state.path is Path.SIGN_IN and not state.task
    if not is_wanted or any(piece.authenticator in KEYS for piece in state.evidence):
        return False
    return bool(keys(factors))


def may_offer(state: JourneyState, factors: Sequence[StoredFactor], request: AuthorizationRequest | None) -> bool:
    """Tell whether this is a sign-in by password alone, of somebody who has nothing beside it and may be asked."""
    by_password = any(piece.authenticator == PASSWORD for piece in state.evidence) and level(state.evidence) < _TWO
    is_silent = request is not None and "none" in request.prompt
    is_sign_in = state.path is Path.SIGN_IN and not state.task and not state.doubt.asks
    return by_password and is_sign_in and not is_silent and not second_steps(factors) and not passkeys(factors)


def wants_bound_key(held: Sequence[Evidence], tenant: Tenant, request: AuthorizationRequest | None) -> bool:
    """Tell whether the third level is a must and no key that can bear it has spoken."""
    return needed(tenant, request) > _TWO and not any(piece.key_bound for piece in held)


def may_trust(state: JourneyState, tenant: Tenant, request: AuthorizationRequest | None) -> bool:
    """Tell whether a trusted device may stand in for the second factor of this sign-in.

    It may at a sign-in that proved a factor of some level, and nowhere else: not for a change, not in a recovery, not
    where policy, client or scope wants more than one factor or a fresh sign-in. It is no factor: what the session then
    states (``acr``, ``amr``) is what was proven.
    """
    if not tenant.settings.recovery.trusted_device_days or state.task or state.fresh_login:
        return False
    is_sign_in = state.path is Path.SIGN_IN and not state.new_password_due and level(state.evidence) > 0
    return is_sign_in and not insists(tenant, request) and not wishes(request)


def is_stale(state: JourneyState, held: Sequence[Evidence], due: str, now: Instant) -> bool:
    """Tell whether something is to be changed, or a first factor set up, in a session whose last proof is too old.

    Whoever is asked for a second factor proves it afresh by that.
    """
    changes = due == ENROL or (bool(state.task) and due != ASK)
    return changes and not state.evidence and all(now - piece.at > RECENT for piece in held)
