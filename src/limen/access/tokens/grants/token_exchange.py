"""A token for another one: impersonation and delegation (RFC 8693).

What comes out is never more than what went in: its scopes and details are among the subject token's, it ends no later,
and with the same family. A token that is bound to a key is exchanged only for one that is bound to a key. A refresh
token is none of the tokens that are exchanged: it is between its client and us.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.clients.records import Client
from limen.access.tokens.details import DETAILS
from limen.access.tokens.grants.subject_tokens import ACCESS_TOKEN, JWT, SubjectToken, read_subject
from limen.access.tokens.issue import TokenSet, access_token
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.scopes import passed_on, requested_scopes
from limen.access.tokens.targets import CODE as INVALID_TARGET
from limen.access.tokens.targets import RESOURCE
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry

_DEEPEST: Final = 5
"""Actors behind each other (RFC 8693 §4.1); longer chains are a loop."""

Actor = Mapping[str, Any]


async def exchange_token(ask: TokenRequest) -> TokenSet | Refusal:
    """Exchange the subject token in *form*."""
    subject = await _subject(ask)
    if isinstance(subject, Refusal):
        return subject
    actor = await _actor(ask, subject)
    if isinstance(actor, Refusal):
        return actor
    audiences = _audiences(ask)
    if isinstance(audiences, Refusal):
        return audiences
    scopes = _scopes(ask, subject)
    if isinstance(scopes, Refusal):
        return scopes
    customer_id = await _customer(ask, subject)
    if isinstance(customer_id, Refusal):
        return customer_id
    mandate = Mandate(
        scopes,
        _authentication(subject),
        subject.family,
        audiences,
        _plain(subject.claims.get(DETAILS, ())),
        actor=actor or None,
        subject=subject.name,
        until=subject.until,
    )
    tokens = access_token(ask, mandate)
    await ask.desk.hot.record(_entry(ask, subject, customer_id, mandate, tokens.token_id))
    return msgspec.structs.replace(tokens, issued_token_type=ACCESS_TOKEN)


async def _subject(ask: TokenRequest) -> SubjectToken | Refusal:
    form, policy = ask.form, ask.client.document.token_exchange
    text, kind = form.get("subject_token", ""), form.get("subject_token_type", "")
    if not text or not kind:
        return Invalid("invalid_request", "subject_token and subject_token_type are required")
    if form.get("requested_token_type", ACCESS_TOKEN) not in {ACCESS_TOKEN, JWT}:
        return Invalid("invalid_request", "only access tokens are issued")
    subject = await read_subject(ask, text, kind)
    if isinstance(subject, Refusal):
        return subject
    mine = {ask.client.client_id, *policy.subject_clients}
    for_me = {ask.client.client_id, *policy.subject_audiences}
    if subject.issued_to not in mine and not for_me.intersection(subject.audiences):
        return Invalid("invalid_request", "a token that this client may not exchange")
    if subject.is_bound and ask.confirmation is None:
        return Invalid("invalid_request", "a token that is bound to a key is exchanged for one that is")
    return subject


async def _actor(ask: TokenRequest, subject: SubjectToken) -> Actor | Refusal:
    """Return who acts, in front of who acted before; empty for impersonation (RFC 8693 §1.1)."""
    form, policy = ask.form, ask.client.document.token_exchange
    acting: dict[str, Any] = {"sub": ask.client.client_id}
    if "actor_token" in form:
        shown = await read_subject(ask, form["actor_token"], form.get("actor_token_type", ""))
        if isinstance(shown, Refusal):
            return shown
        if shown.issued_to != ask.client.client_id:
            return Invalid("invalid_request", "another client's actor token")
        acting = {"sub": str(shown.claims["sub"])}
    elif "actor_token_type" in form:
        return Invalid("invalid_request", "actor_token_type without actor_token")  # RFC 8693 §2.1
    if not _may_act(subject, acting, ask.client):
        return Invalid("invalid_request", "may_act names another party")
    if "actor_token" not in form and policy.impersonation:
        before: Actor = _plain(subject.claims.get("act", {}))
        return before  # who acted before is not forgotten by it
    if not policy.delegation:
        return Invalid("invalid_request", "the client may not act for somebody in its own name")
    return _behind(acting, subject)


def _behind(acting: dict[str, Any], subject: SubjectToken) -> Actor | Refusal:
    before = subject.claims.get("act")
    if before is None:
        return acting
    depth, link = 1, before
    while isinstance(link, Mapping):
        depth, link = depth + 1, link.get("act")
    if depth > _DEEPEST:
        return Invalid("invalid_request", "too many parties have acted for each other")
    return {**acting, "act": _plain(before)}


def _may_act(subject: SubjectToken, acting: Actor, client: Client) -> bool:
    """Tell whether the subject token, if it says who may act, says this party (RFC 8693 §4.4)."""
    allowed = subject.claims.get("may_act")
    if allowed is None:
        return True
    if not isinstance(allowed, Mapping) or not allowed:
        return False
    known = {**acting, "client_id": client.client_id}
    return all(known.get(name) == value for name, value in allowed.items())


def _audiences(ask: TokenRequest) -> tuple[str, ...] | Refusal:
    """Return whom the token is for: ``audience`` and ``resource``, among those that the client has (RFC 8693 §2.1)."""
    own = ask.client.document.audiences or (ask.desk.issuer,)
    named = tuple(dict.fromkeys(f"{ask.form.get('audience', '')} {ask.form.get(RESOURCE, '')}".split()))
    if any(name not in own for name in named):
        return Invalid(INVALID_TARGET, "a target that the client does not have")
    return named or own


def _scopes(ask: TokenRequest, subject: SubjectToken) -> tuple[str, ...] | Refusal:
    own, held = passed_on(ask.client.document.scopes), subject.scopes
    if held is None and ask.client.document.require_consent:
        return Invalid("unauthorized_client", "an ID token is no consent: only for an application of the house")
    allowed = own if held is None else tuple(scope for scope in own if scope in held)
    scopes = requested_scopes(ask.form.get("scope"), allowed)
    return scopes or Invalid("invalid_scope", "nothing that both the token and the client allow")


async def _customer(ask: TokenRequest, subject: SubjectToken) -> str | Refusal:
    """Return whose data it is; empty for nobody's."""
    if not subject.subject:
        return ""
    sealed = await ask.desk.hot.customer(subject.subject)
    if sealed is None or not sealed.is_active:
        return Invalid("invalid_request", "the customer is gone")
    return sealed.id


def _authentication(subject: SubjectToken) -> Authentication | None:
    if not subject.subject:
        return None
    claims = subject.claims
    return Authentication(
        subject.subject,
        str(claims.get("sid", "")),
        int(claims.get("auth_time", 0)),
        tuple(str(one) for one in claims.get("amr", ())),
        str(claims.get("acr", "")),
    )


def _entry(ask: TokenRequest, subject: SubjectToken, customer_id: str, mandate: Mandate, token_id: str) -> AuditEntry:
    return AuditEntry(
        event="token.exchanged",
        actor=f"client:{ask.client.client_id}",
        subject=customer_id,
        client=ask.client.client_id,
        request_id=ask.request_id,
        data={
            "from_client": subject.issued_to,
            "from": subject.claims.get("jti", ""),
            "jti": token_id,
            "family": subject.family,
            "scopes": mandate.scopes,
            "audiences": mandate.audiences,
            "delegated": mandate.actor is not None,
        },
    )


def _plain(value: Any) -> Any:
    """Return a member of frozen claims as something that is encoded as JSON."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value
