"""The device authorization endpoint (RFC 8628 §3.1, §3.2)."""

from urllib.parse import quote

from limen.access.decoupled.content import Content, coarse, seal_content
from limen.access.decoupled.requests import checked
from limen.access.decoupled.user_codes import new_user_code, user_hash
from limen.access.http import HotResponse, json_response
from limen.access.oauth.checks import DEVICE
from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.request import TokenRequest
from limen.access.tokens.waiting import INTERVAL, WaitingKind, WaitingRequest
from limen.kernel.clock import SECOND
from limen.kernel.encoding import sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Fault, Invalid, Refusal
from limen.kernel.events import AuditEntry
from limen.kernel.ids import WaitingId

PAGE = "/device"
"""Where the person types the code, below the issuer."""
_TRIES = 5
"""A code that is taken is drawn again; five in a row cannot be chance."""


async def device_authorization(ask: TokenRequest) -> HotResponse | Refusal:
    """Begin a request and return what the device shows, and what it polls with."""
    if not ask.client.may(WaitingKind.DEVICE.value):
        return Invalid("unauthorized_client", "the device grant")
    request = checked(ask, DEVICE)
    if isinstance(request, Refusal):
        return request
    device_code = random_token(ask.desk.entropy, 32)
    user_code = await _kept(ask, request, device_code)
    page = ask.desk.issuer + PAGE
    return json_response(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={quote(user_code)}",
            "expires_in": ask.desk.lifetimes.device_code,
            "interval": INTERVAL,
        }
    )


async def _kept(ask: TokenRequest, request: AuthorizationRequest, device_code: str) -> str:
    """Store the request under a user code that nobody else has; return that code."""
    for _ in range(_TRIES):
        user_code = new_user_code(ask.desk.entropy)
        waiting = _waiting(ask, request, device_code, user_code)
        async with ask.desk.begin() as unit:
            if await unit.waiting.add(waiting):
                unit.record(
                    AuditEntry(
                        event="device.requested",
                        actor=f"client:{ask.client.client_id}",
                        client=ask.client.client_id,
                        request_id=ask.request_id,
                        data={"request": waiting.id, "scopes": request.scopes},
                    )
                )
                return user_code
    msg = "no user code is free"
    raise Fault(msg)


def _waiting(ask: TokenRequest, request: AuthorizationRequest, device_code: str, user_code: str) -> WaitingRequest:
    desk, http = ask.desk, ask.http
    now = desk.clock.now()
    request_id = WaitingId.new(desk.clock, desk.entropy)
    content = Content(
        request=request,
        network=coarse(http.address) if http is not None else "",
        user_agent=(http.headers.get("user-agent") or "")[:400] if http is not None else "",
    )
    return WaitingRequest(
        id=request_id,
        kind=WaitingKind.DEVICE,
        code_hash=sha256(device_code.encode()),
        user_hash=user_hash(desk, user_code),
        client=ask.client.key,
        customer_id=None,
        sealed=seal_content(desk, request_id, content),
        created_at=now,
        expires_at=now + desk.lifetimes.device_code * SECOND,
    )
