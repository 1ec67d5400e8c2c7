"""The UserInfo door (OpenID Connect Core §5.3): the claims that the token's scopes cover, fresh from the profile."""

from typing import Any

import msgspec

from limen.access.http import FORM, HotDoor, HotRequest, HotResponse, json_response, parse_form
from limen.access.tokens.desk import Desk, Desks
from limen.access.tokens.refusals import bearer_refused
from limen.access.tokens.scopes import CLAIMS_BY_SCOPE
from limen.kernel.errors import Forbidden, Invalid, Refusal, Unauthenticated

_MISSING = Unauthenticated("invalid_token", "no access token")
_TWICE = Invalid("invalid_request", "more than one way of presenting a token")


def userinfo_door(desks: Desks) -> HotDoor:
    """Return the door."""

    async def door(request: HotRequest) -> HotResponse:
        desk = await desks(request.prefix)
        text = _bearer(request)
        if isinstance(text, Refusal) or desk is None:
            refusal = text if isinstance(text, Refusal) else _MISSING
            return bearer_refused(refusal, presented=refusal is not _MISSING)
        claims = await user_claims(desk, text)
        return bearer_refused(claims, presented=True) if isinstance(claims, Refusal) else json_response(claims)

    return door


async def user_claims(desk: Desk, text: str) -> dict[str, Any] | Refusal:
    """Return what an access token may know of its customer.

    Any audience of ours will do: the token was issued by this tenant with the scope ``openid``, which is for this door.
    """
    token = desk.verifier.verify(text)
    if isinstance(token, Refusal):
        return token
    scopes = str(token.claims.get("scope", "")).split()
    if "openid" not in scopes or "fid" not in token.claims:
        return Forbidden("insufficient_scope", "openid is required")
    if await desk.clients(str(token.claims["client_id"])) is None or await desk.revocations.is_revoked(token):
        return Unauthenticated("invalid_token", "revoked")
    sealed = await desk.hot.customer(str(token.claims["sub"]))
    customer = await desk.unseal(sealed) if sealed is not None else None
    if customer is None or not customer.is_active:
        return Unauthenticated("invalid_token", "the customer is gone")
    known = msgspec.to_builtins(customer.profile)
    wanted = [name for scope in scopes for name in CLAIMS_BY_SCOPE.get(scope, ())]
    return {"sub": customer.subject} | {name: known[name] for name in wanted if name in known}


def _bearer(request: HotRequest) -> str | Refusal:
    """Return the access token, from the header or a POST form, never from the query (RFC 6750 §2, RFC 9700 §4.3.2)."""
    header = request.headers.get("authorization")
    posted = _posted(request)
    if isinstance(posted, Refusal) or (posted and header is not None):
        return posted if isinstance(posted, Refusal) else _TWICE
    if header is None:
        return posted or _MISSING
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" and text.strip() else _MISSING


def _posted(request: HotRequest) -> str | Refusal:
    """Return the token in a form; empty where no form was sent (RFC 6750 §2.2)."""
    content_type = request.headers.get("content-type") or ""
    if request.method != "POST" or not content_type.lower().startswith(FORM):
        return ""
    form = parse_form(request.body, content_type)
    return form if isinstance(form, Refusal) else form.get("access_token", "")
