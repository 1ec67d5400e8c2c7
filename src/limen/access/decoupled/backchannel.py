"""The backchannel authentication endpoint (OpenID CIBA Core §7).

Whether a hint fits somebody is told to nobody: the answer is the same and leaves on an even step of the clock, and a
request for nobody just expires. So is a request to somebody who has as many waiting as a person can look at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from limen.access.decoupled.content import Content, coarse, seal_content
from limen.access.decoupled.requests import checked
from limen.access.decoupled.signed_request import parameters_of
from limen.access.http import HotResponse, json_response
from limen.access.oauth.checks import BACKCHANNEL
from limen.access.oauth.hints import read_hint
from limen.access.oauth.records import AuthorizationRequest
from limen.access.oauth.texts import is_plain
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.waiting import INTERVAL, WaitingKind, WaitingRequest, WaitingUnit
from limen.identity.customers.addresses import parse_email
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.kernel.clock import SECOND
from limen.kernel.encoding import sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Invalid, Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import EventId, WaitingId
from limen.kernel.mail import MAIL_FIELD, MailRequest, encode_mail_request

HINTS: Final = ("login_hint", "id_token_hint", "login_hint_token")
MOST_WAITING: Final = 5
"""Requests that one person is shown at a time; who asks more often asks nobody (fatigue attacks)."""
SHORTEST: Final = 60
"""Seconds: what expires sooner would make room for the next, and each comes with a mail."""
LONGEST_MESSAGE: Final = 100
STEP: Final = 0.25
"""Seconds: answers leave at a multiple of it (security, *Enumeration*)."""
_NOTIFICATION_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{16,1024}=*")  # RFC 6750 §2.1; CIBA Core §7.1
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,6}")
_NOBODY: Final = "nobody@invalid"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for, checked. ``subject`` is from an ID token of ours; ``address`` was only written down."""

    request: AuthorizationRequest
    subject: str
    address: str
    binding_message: str
    notify_token: str
    seconds: int


async def backchannel_authentication(ask: TokenRequest) -> HotResponse | Refusal:
    """Begin a request that a person answers elsewhere; return what the client polls with."""
    started = ask.desk.clock.monotonic()
    if not ask.client.may(WaitingKind.BACKCHANNEL.value):
        return Invalid("unauthorized_client", "CIBA")
    given = await parameters_of(ask)
    wish = given if isinstance(given, Refusal) else _wish(ask, given)
    if isinstance(wish, Refusal):
        return wish
    auth_req_id = random_token(ask.desk.entropy, 32)
    await _keep(ask, wish, auth_req_id)
    elapsed = ask.desk.clock.monotonic() - started
    await ask.desk.clock.sleep(STEP - elapsed % STEP)
    return json_response({"auth_req_id": auth_req_id, "expires_in": wish.seconds, "interval": INTERVAL})


def _wish(ask: TokenRequest, given: Mapping[str, str]) -> _Wish | Refusal:
    document = ask.client.document
    request = checked(ask, BACKCHANNEL, {name: value for name, value in given.items() if name != "request"})
    if isinstance(request, Refusal):
        return request
    if "openid" not in request.scopes:
        return Invalid("invalid_scope", "openid is required")
    who = _named(ask, given)
    if isinstance(who, Refusal):
        return who
    message = given.get("binding_message", "")
    if not is_plain(message, LONGEST_MESSAGE):
        return Invalid("invalid_binding_message", "too long, or with control characters")
    token = given.get("client_notification_token", "")
    if document.backchannel_token_delivery_mode == "ping" and not _NOTIFICATION_TOKEN.fullmatch(token):
        return Invalid("invalid_request", "client_notification_token is required, and long enough not to be guessed")
    expiry = given.get("requested_expiry")
    if expiry is not None and not _SECONDS.fullmatch(expiry):
        return Invalid("invalid_request", "requested_expiry is a positive number of seconds")
    usual = ask.desk.lifetimes.backchannel_request
    seconds = min(usual, max(SHORTEST, int(expiry))) if expiry is not None else usual
    return _Wish(msgspec.structs.replace(request, login_hint=""), *who, message, token, seconds)


def _named(ask: TokenRequest, given: Mapping[str, str]) -> tuple[str, str] | Refusal:
    """Return the subject or the address that the one hint names (CIBA Core §7.1)."""
    hints = [name for name in HINTS if name in given]
    if len(hints) != 1 or hints == ["login_hint_token"]:
        return Invalid("invalid_request", "exactly one of login_hint and id_token_hint is required")
    text = given[hints[0]]
    if hints == ["login_hint"]:
        email = parse_email(text)
        return "", _NOBODY if isinstance(email, Refusal) else email
    hint = read_hint(ask.desk, text, ask.client.document)
    if hint is None or ask.client.client_id not in hint.audiences:
        return Invalid("invalid_request", "id_token_hint is not an ID token of ours for this client")
    return hint.subject, ""


async def _keep(ask: TokenRequest, wish: _Wish, auth_req_id: str) -> None:
    """Store the request, and announce it to whom it is for, if that is anybody."""
    desk = ask.desk
    async with desk.begin() as unit:
        customer = await _customer(ask, unit, wish)
    vault = await desk.subject_vault(customer.id) if customer is not None else None
    whom = customer if vault is not None else None
    row = _row(ask, wish, auth_req_id, whom)
    async with desk.begin() as unit:
        await unit.waiting.add(row)
        if whom is not None and vault is not None:
            _announce(ask, unit, whom, vault, row)
        unit.record(
            AuditEntry(
                event="backchannel.requested",
                actor=f"client:{ask.client.client_id}",
                subject=whom.id if whom is not None else "",
                client=ask.client.client_id,
                request_id=ask.request_id,
                data={"request": row.id, "scopes": wish.request.scopes},
            )
        )


async def _customer(ask: TokenRequest, unit: WaitingUnit, wish: _Wish) -> Customer | None:
    desk = ask.desk
    if wish.subject:
        sealed = await unit.customers.find_by_subject(wish.subject)
    else:
        sealed = await unit.customers.find_by_contact(EMAIL, desk.vault.blind(EMAIL, wish.address))
    if sealed is None or not sealed.is_active:
        return None
    if len(await unit.waiting.of_customer(sealed.id, desk.clock.now())) >= MOST_WAITING:
        return None
    return await desk.unseal(sealed)


def _row(ask: TokenRequest, wish: _Wish, auth_req_id: str, customer: Customer | None) -> WaitingRequest:
    desk, http, document = ask.desk, ask.http, ask.client.document
    now = desk.clock.now()
    request_id = WaitingId.new(desk.clock, desk.entropy)
    is_ping = document.backchannel_token_delivery_mode == "ping"
    subject = customer.subject if customer is not None else ""
    content = Content(
        request=msgspec.structs.replace(wish.request, id_token_hint_subject=subject),
        network=coarse(http.address) if http is not None else "",
        binding_message=wish.binding_message,
        notify=document.backchannel_client_notification_endpoint if is_ping else "",
        notify_token=wish.notify_token if is_ping else "",
        auth_req_id=auth_req_id if is_ping else "",
    )
    return WaitingRequest(
        id=request_id,
        kind=WaitingKind.BACKCHANNEL,
        code_hash=sha256(auth_req_id.encode()),
        user_hash=None,
        client=ask.client.key,
        customer_id=customer.id if customer is not None else None,
        sealed=seal_content(desk, request_id, content),
        created_at=now,
        expires_at=now + wish.seconds * SECOND,
    )


def _announce(
    ask: TokenRequest, unit: WaitingUnit, customer: Customer, vault: SubjectVault, row: WaitingRequest
) -> None:
    """Mail where to answer. The link holds no secret: who opens it signs in first, and is asked there."""
    desk = ask.desk
    event_id = EventId.new(desk.clock, desk.entropy)
    order = MailRequest(
        template="approve_request",
        locale=customer.profile.locale or "en",
        address=customer.profile.email,
        context={"client": ask.client.document.client_name, "approve_url": f"{desk.issuer}/approve"},
        expires_at=row.expires_at,
    )
    sealed = vault.seal(MAIL_FIELD, event_id, encode_mail_request(order))
    unit.announce(Event("mail.requested", customer.id, {"template": order.template}, sealed), event_id)
