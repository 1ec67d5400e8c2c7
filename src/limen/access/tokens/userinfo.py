"""The UserInfo door (OpenID Connect Core §5.3): the claims that the token's scopes cover, fresh from the profile."""

from typing import Any

import msgspec

from limen.access.clients.records import Client
from limen.access.http import FORM, HotDoor, HotRequest, HotResponse, json_response, parse_form
from limen.access.http.answers import NO_STORE
from limen.access.jose.signer import TokenType
from limen.access.tokens.asked_claims import USERINFO_CLAIMS, allowed_claims, known_claims, picked
from limen.access.tokens.bound_tokens import BEARER, BOUND, DPOP, ShownToken, key_refused
from limen.access.tokens.claims import custom_claims
from limen.access.tokens.desk import Desk, Desks
from limen.access.tokens.issue import encrypted, no_key_for
from limen.access.tokens.refusals import bearer_refused, dpop_refused, refused
from limen.access.tokens.resource_metadata import USERINFO, challenge_parameter
from limen.identity.profiles.claims import covered
from limen.kernel.errors import Forbidden, Invalid, Refusal, Unauthenticated

_MISSING = Unauthenticated("invalid_token", "no access token")
_TWICE = Invalid("invalid_request", "more than one way of presenting a token")


def userinfo_door(desks: Desks) -> HotDoor:
    """Return the door."""

    async def door(request: HotRequest) -> HotResponse:
        desk = await desks(request.prefix)
        shown = _presented(request)
        if isinstance(shown, Refusal) or desk is None:
            refusal = shown if isinstance(shown, Refusal) else _MISSING
            more = challenge_parameter(desk, USERINFO) if desk is not None else ""
            return bearer_refused(refusal, presented=refusal is not _MISSING, more=more)
        told = await user_claims(desk, request, shown)
        return _refused(desk, shown, told) if isinstance(told, Refusal) else _answer(desk, *told)

    return door


def _refused(desk: Desk, shown: ShownToken, refusal: Refusal) -> HotResponse:
    if shown.scheme != DPOP and refusal is not BOUND:
        return bearer_refused(refusal, presented=True, more=challenge_parameter(desk, USERINFO))
    return dpop_refused(desk, refusal)


async def user_claims(desk: Desk, request: HotRequest, shown: ShownToken) -> tuple[Client, dict[str, Any]] | Refusal:
    """Return whose access token it is, and what it may know of its customer.

    Any audience of ours will do: the token was issued by this tenant with the scope ``openid``, which is for this door.
    """
    token = desk.verifier.verify(shown.text)
    if isinstance(token, Refusal):
        return token
    refusal = await key_refused(desk, request, shown, token.claims)
    if refusal is not None:
        return refusal
    scopes = tuple(str(token.claims.get("scope", "")).split())
    if "openid" not in scopes or "fid" not in token.claims:
        return Forbidden("insufficient_scope", "openid is required")
    loaded = await desk.clients(str(token.claims["client_id"]))
    if loaded is None or await desk.revocations.is_revoked(token):
        return Unauthenticated("invalid_token", "revoked")
    subject = await desk.subject_of(token.claims)
    sealed = await desk.hot.customer(subject)
    customer = await desk.unseal(sealed) if sealed is not None else None
    if customer is None or not customer.is_active:
        return Unauthenticated("invalid_token", "the customer is gone")
    known = known_claims(customer)
    settings = desk.tenant.settings.profile
    extra = await custom_claims(desk, loaded.client, scopes, "userinfo", subject)
    asked = allowed_claims(settings, loaded.client.document, token.claims.get(USERINFO_CLAIMS, ()))
    standard = picked(known, (*covered(settings, scopes), *asked))
    return loaded.client, {**extra, **standard, "sub": str(token.claims["sub"])}


def _answer(desk: Desk, client: Client, claims: dict[str, Any]) -> HotResponse:
    """Return *claims* as the client registered for them: as JSON, signed, encrypted, or both (§5.3.2)."""
    document = client.document
    alg, enc = document.userinfo_encrypted_response_alg, document.userinfo_encrypted_response_enc
    signing = document.userinfo_signed_response_alg
    if not signing and not alg:
        return json_response(claims)
    away = no_key_for(document, alg)
    if away is not None:
        return refused(away)
    if signing:
        signed = {"iss": desk.issuer, "aud": client.client_id, **claims}
        text = encrypted(desk.keys.signer(signing).sign(signed, TokenType.USERINFO), document, alg, enc)
    else:
        text = encrypted(msgspec.json.encode(claims).decode(), document, alg, enc, "json")
    headers = (("content-type", "application/jwt"), ("x-content-type-options", "nosniff"), *NO_STORE)
    return HotResponse(200, headers, text.encode())


def _presented(request: HotRequest) -> ShownToken | Refusal:
    """Return the access token, from the header or a POST form, never from the query (RFC 6750 §2, RFC 9700 §4.3.2)."""
    header = request.headers.get("authorization")
    posted = _posted(request)
    if isinstance(posted, Refusal) or (posted and header is not None):
        return posted if isinstance(posted, Refusal) else _TWICE
    if header is None:
        return ShownToken(posted) if posted else _MISSING
    scheme, _, text = header.partition(" ")
    known = scheme.lower() in {BEARER, DPOP} and text.strip()
    return ShownToken(text.strip(), scheme.lower()) if known else _MISSING


def _posted(request: HotRequest) -> str | Refusal:
    """Return the token in a form; empty where no form was sent (RFC 6750 §2.2)."""
    content_type = request.headers.get("content-type") or ""
    if request.method != "POST" or not content_type.lower().startswith(FORM):
        return ""
    form = parse_form(request.body, content_type)
    return form if isinstance(form, Refusal) else form.get("access_token", "")
