"""A token for the administration API, by the same code grant as any application, so that it hangs on the session."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from limen.access.clients.records import AuthMethod, Client, ClientDocument
from limen.access.clients.store import ClientStore
from limen.access.oauth.code import Approval, CodeUnit, issue_code
from limen.access.oauth.records import AuthorizationRequest
from limen.access.sessions.records import Session
from limen.access.tokens.desk import Desk
from limen.access.tokens.grants.authorization_code import redeem_code
from limen.access.tokens.request import TokenRequest
from limen.identity.administrators import SCOPES, Role, scopes_of
from limen.identity.customers.records import Customer
from limen.kernel.encoding import b64url, sha256
from limen.kernel.entropy import random_token
from limen.kernel.errors import Refusal
from limen.kernel.events import AuditEntry, Event
from limen.kernel.ids import ClientKey, TenantId
from limen.kernel.units import AnnouncesEvents, TellsCaches

CONSOLE: Final = "limen-console"
"""The console's ``client_id``."""
_ALL_SCOPES: Final = tuple(SCOPES)


class ConsoleUnit(CodeUnit, AnnouncesEvents, TellsCaches, Protocol):
    """A unit of work that issues codes and reaches the clients."""

    @property
    def clients(self) -> ClientStore:
        """Return the tenant's clients."""
        ...


Begin = Callable[[TenantId], AbstractAsyncContextManager[ConsoleUnit]]


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who is signed in at the console."""

    customer: Customer
    session: Session
    role: str
    request_id: str


async def mint(desk: Desk, begin: Begin, who: Administrator) -> str | Refusal:
    """Return an access token with every administrative scope that counts for the role; it ends with the session."""
    client = await _console(desk, begin, who.request_id)
    counting = scopes_of(SCOPES, is_platform=who.role == Role.PLATFORM)
    scopes = tuple(scope for scope in _ALL_SCOPES if scope in counting)
    verifier = random_token(desk.entropy, 48)
    request = AuthorizationRequest(
        client_id=CONSOLE,
        redirect_uri=client.document.redirect_uris[0],
        scopes=scopes,
        code_challenge=b64url(sha256(verifier.encode())),
    )
    async with begin(desk.tenant.id) as unit:
        code = await issue_code(unit, desk, Approval(request, who.session, who.customer, scopes, who.request_id))
    if isinstance(code, Refusal):
        return code
    form = {"code": code, "code_verifier": verifier, "redirect_uri": request.redirect_uri}
    tokens = await redeem_code(TokenRequest(desk, client, form, who.request_id))
    return tokens if isinstance(tokens, Refusal) else tokens.access_token


async def _console(desk: Desk, begin: Begin, request_id: str) -> Client:
    """Return the built-in client, registered when it is first needed."""
    issuer, now = desk.issuer.rstrip("/"), desk.clock.now()
    async with begin(desk.tenant.id) as unit:
        known = await unit.clients.get(CONSOLE)
        if known is not None:
            return known
        document = ClientDocument(
            client_name="Limen console",
            redirect_uris=(f"{issuer}/admin",),
            grant_types=("authorization_code",),
            token_endpoint_auth_method=AuthMethod.NONE,
            scopes=_ALL_SCOPES,
            audiences=(f"{issuer}/api/v1",),
            require_consent=False,
        )
        console = Client(ClientKey.new(desk.clock, desk.entropy), CONSOLE, document, now, now)
        if not await unit.clients.add(console):  # another tab was quicker
            return await unit.clients.get(CONSOLE) or console
        unit.change("client", CONSOLE)
        unit.announce(Event("client.created", console.key, {"client_id": CONSOLE}))
        unit.record(AuditEntry(event="client.created", client=CONSOLE, request_id=request_id))
    return console
