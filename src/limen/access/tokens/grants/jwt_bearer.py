"""The word of a trusted issuer for an access token (RFC 7523 §2.1, §3.1; RFC 7521 §4.1).

The client proves itself as always; the assertion says for whom it asks. It is used once, and never leads to a refresh
token or an ID token: whoever may speak for the subject can say so again.
"""

from dataclasses import dataclass
from typing import Any, Final

from limen.access.clients.key_sets import PATIENCE_SECONDS, fetch_key_set, key_ids, unverified_kid
from limen.access.jose.foreign import ClientKeys, parse_unverified_issuer, signed_claims
from limen.access.jose.registered_claims import good_until, is_for_us_alone, token_name
from limen.access.tokens.issue import TokenSet, access_token
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.access.tokens.scopes import passed_on, requested_scopes
from limen.access.tokens.targets import targets
from limen.identity.tenants.trust import TrustedIssuer
from limen.kernel.clock import SECOND, Instant
from limen.kernel.encoding import framed, sha256
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry

_TYPES: Final = frozenset({None, "jwt", "authorization-grant+jwt"})
_MOST_SUBJECT: Final = 500
_LONGEST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Word:
    """An assertion that holds. ``until``: as long it must be remembered."""

    issuer: TrustedIssuer
    subject: str
    jti: str
    until: Instant


async def redeem_assertion(ask: TokenRequest) -> TokenSet | Refusal:
    """Answer the assertion in *form*."""
    text = ask.form.get("assertion", "")
    if not text:
        return Invalid("invalid_request", "assertion is required")
    word = await _word(ask, text)
    if isinstance(word, Refusal):
        return word
    who = await _who(ask, word)
    if isinstance(who, Refusal):
        return who
    scopes = requested_scopes(ask.form.get("scope"), passed_on(ask.client.document.scopes))
    audiences = targets(ask)
    if isinstance(scopes, Refusal):
        return scopes
    if isinstance(audiences, Refusal):
        return audiences
    use = sha256(framed(word.issuer.issuer, word.jti)).hex()
    if not await ask.desk.first_use("jwt-bearer", use, word.until):  # last: what is refused may be shown again
        return Invalid("invalid_grant", "the assertion was used before")
    mandate = Mandate(scopes, who.authentication, audiences=audiences, subject=who.name)
    tokens = access_token(ask, mandate)
    await ask.desk.hot.record(_entry(ask, word, who.customer_id, tokens.token_id, scopes))
    return tokens


async def _word(ask: TokenRequest, text: str) -> Word | Refusal:
    """Return what the assertion says, if a trusted issuer says it through this client, to us, now."""
    name = parse_unverified_issuer(text) if len(text) <= _LONGEST and text.isascii() else None
    trusted = ask.desk.tenant.settings.trusted_issuers
    issuer = next((one for one in trusted if one.issuer == name), None)
    if issuer is None or ask.client.client_id not in issuer.clients:
        return _refused("an issuer that is not trusted with this client")
    keys = await _keys(ask, issuer, text)
    if isinstance(keys, Refusal):
        return _refused("the issuer's keys are not to be had")
    claims = signed_claims(text, keys, _TYPES)
    if isinstance(claims, Refusal):
        return _refused(claims.detail)
    return _read(ask, issuer, claims)


async def _keys(ask: TokenRequest, issuer: TrustedIssuer, text: str) -> ClientKeys | Refusal:
    if issuer.jwks is not None:
        return ClientKeys.parse(issuer.jwks)
    found = await fetch_key_set(ask.desk.outgoing, issuer.jwks_uri)
    kid = unverified_kid(text)
    if not isinstance(found, Refusal) and kid is not None and kid not in key_ids(found[0]):
        newer = ask.desk.clock.now() - PATIENCE_SECONDS * SECOND  # its keys may have changed
        found = await fetch_key_set(ask.desk.outgoing, issuer.jwks_uri, newer)
    return found if isinstance(found, Refusal) else ClientKeys.parse(found[0])


def _read(ask: TokenRequest, issuer: TrustedIssuer, claims: dict[str, Any]) -> Word | Refusal:
    desk = ask.desk
    subject, jti = claims.get("sub"), token_name(claims)
    if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT or not subject.isprintable():
        return _refused("sub is missing or unreadable")
    if not issuer.may_speak_for(subject):
        return _refused("a subject that the issuer may not speak for")
    if jti is None:
        return _refused("jti is missing or too long")
    if not is_for_us_alone(claims, {desk.issuer, f"{desk.issuer}/token", *issuer.audiences}):
        return _refused("not addressed to us alone")
    until = good_until(claims, desk.clock.now(), issuer.max_life * SECOND)
    return _refused(until.detail) if isinstance(until, Refusal) else Word(issuer, subject, jti, until)


@dataclass(frozen=True, slots=True)
class _Who:
    authentication: Authentication | None = None
    name: str = ""
    customer_id: str = ""


async def _who(ask: TokenRequest, word: Word) -> _Who | Refusal:
    """Return for whom the token is. A service is named with its issuer, so that it is never taken for a customer."""
    desk, document = ask.desk, ask.client.document
    if word.issuer.speaks_for == "service":
        return _Who(name=f"{word.issuer.issuer}|{word.subject}")
    if document.require_consent:
        return Invalid("unauthorized_client", "nobody is there to consent: only for an application of the house")
    subject = desk.subjects.public(document, word.subject)
    sealed = await desk.hot.customer(subject) if subject else None
    if sealed is None or not sealed.is_active:
        return _refused("no such customer")
    return _Who(Authentication(sealed.subject, "", 0), customer_id=sealed.id)


def _entry(ask: TokenRequest, word: Word, customer_id: str, token_id: str, scopes: tuple[str, ...]) -> AuditEntry:
    return AuditEntry(
        event="token.issued",
        actor=f"client:{ask.client.client_id}",
        subject=customer_id,
        client=ask.client.client_id,
        request_id=ask.request_id,
        data={
            "grant": "jwt-bearer",
            "issuer": word.issuer.issuer,
            "assertion": word.jti,
            "service": "" if customer_id else word.subject,
            "jti": token_id,
            "scopes": scopes,
        },
    )


def _refused(detail: str) -> Invalid:
    return Invalid("invalid_grant", detail)
