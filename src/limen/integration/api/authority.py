"""Who calls: an access token of this tenant's own, for this API, with scopes that count (RFC 6750, RFC 9068 §4)."""

from dataclasses import dataclass

from limen.access.jose.verify import VerifiedToken
from limen.access.tokens.desk import Desk
from limen.identity.administrators import Actor, Role, scopes_of
from limen.identity.tenants.records import DEFAULT_SLUG
from limen.integration.api.parts import PREFIX, ApiParts
from limen.kernel.errors import Forbidden, Refusal, Unauthenticated


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven caller.

    Attributes:
        actor: as use cases and the audit log know it.
        client_id: which client sent the token; what is counted.
        scopes: the administrative scopes that count.
        refusal: why it may do nothing here, if so: a person who administers nothing.
    """

    actor: Actor
    client_id: str
    scopes: frozenset[str]
    refusal: Forbidden | None = None


async def authenticate(parts: ApiParts, desk: Desk, header: str | None, request_id: str) -> Caller | Refusal:
    """Return who sent the ``Authorization`` *header*.

    Returns:
        ``Unauthenticated("missing_token")`` or ``Unauthenticated("invalid_token")``.
    """
    token = await token_of(desk, header)
    return token if isinstance(token, Refusal) else await _caller(parts, desk, token, request_id)


async def token_of(desk: Desk, header: str | None) -> VerifiedToken | Refusal:
    """Return the token of the ``Authorization`` *header*: signed, for this API, and not revoked.

    Returns:
        ``Unauthenticated("missing_token")`` or ``Unauthenticated("invalid_token")``.
    """
    scheme, _, text = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        return Unauthenticated("missing_token")
    token = desk.verifier.verify(text.strip())
    if isinstance(token, Refusal):
        return token
    client_id = str(token.claims["client_id"])
    if not {desk.issuer, desk.issuer + PREFIX} & set(token.audiences) or "cnf" in token.claims:
        return Unauthenticated("invalid_token", "for another audience, or bound to a key that was not shown")
    if await desk.clients(client_id) is None or await desk.revocations.is_revoked(token):
        return Unauthenticated("invalid_token", "revoked")
    return token


async def _caller(parts: ApiParts, desk: Desk, token: VerifiedToken, request_id: str) -> Caller:
    client_id = str(token.claims["client_id"])
    granted = str(token.claims.get("scope", "")).split()
    is_default = desk.tenant.slug == DEFAULT_SLUG
    if "fid" not in token.claims:  # no family: the client speaks for itself
        scopes = scopes_of(granted, is_platform=is_default)
        return Caller(Actor(f"client:{client_id}", request_id, scopes), client_id, scopes)
    subject = await desk.subject_of(token.claims)
    async with parts.reading(desk.tenant.id) as unit:
        customer = await unit.customers.find_by_subject(subject)
        role = await unit.administrators.role(customer.id) if customer is not None else None
    if customer is None or role is None:
        nobody = Actor("customer:unknown", request_id, frozenset())
        return Caller(nobody, client_id, frozenset(), Forbidden("not_an_administrator"))
    scopes = scopes_of(granted, is_platform=is_default and role == Role.PLATFORM)
    return Caller(Actor(f"admin:{customer.id}", request_id, scopes), client_id, scopes)
