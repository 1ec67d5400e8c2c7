"""A desk, a client and requests for the tests of the authorization endpoint."""

from typing import Any, cast
from urllib.parse import urlencode

from limen.access.clients.records import Client, ClientDocument
from limen.access.jose.signer import TokenType
from limen.access.oauth.records import AuthorizationRequest
from limen.access.sessions.records import Evidence, Session
from limen.access.tokens.desk import Desk, LoadedClient
from limen.access.tokens.subjects import Subjects
from limen.identity.customers.records import Customer, Profile
from limen.identity.tenants.records import Tenant
from limen.kernel.clock import SECOND
from limen.kernel.encoding import b64url, sha256
from limen.kernel.ids import BrowserId, ClientKey, CustomerId, SessionId, TenantId
from tests.support.clock import START, ManualClock
from tests.support.entropy import SeededEntropy
from tests.unit.access.jose.doubles import ISSUER, key_set, signing_key

CLIENT_ID = "shop"
REDIRECT = "https://shop.example/cb"
AFTERWARDS = "https://shop.example/bye"
CHALLENGE = b64url(sha256(b"a verifier"))
KEYS = key_set(signing_key())

REGISTERED = (
    REDIRECT,
    "https://shop.example/other?tenant=7",
    "http://127.0.0.1/native",
    "http://[::1]:4000/native?x=1",
    "http://localhost:3000/cb",
    "com.example.app:/cb",
)
DOCUMENT = ClientDocument(
    client_name="Shop",
    redirect_uris=REGISTERED,
    post_logout_redirect_uris=(AFTERWARDS, "https://shop.example/bye?from=limen"),
    scopes=("openid", "profile", "email", "offline_access", "orders"),
)


def client(client_id: str = CLIENT_ID, document: ClientDocument = DOCUMENT) -> Client:
    return Client(ClientKey(f"cli_{client_id}"), client_id, document, START, START)


async def no_vault(_customer_id: str) -> None:
    """There is no key: nothing personal can be sealed."""


def desk(*clients: Client, issuer: str = ISSUER, slug: str = "default", **changes: Any) -> Desk:
    known = {one.client_id: LoadedClient(one) for one in clients or (client(),)}

    async def find(client_id: str) -> LoadedClient | None:
        return known.get(client_id)

    unused = cast("Any", None)
    parts: dict[str, Any] = {
        "tenant": Tenant(TenantId("ten_1"), slug, issuer, "Test", START, START),
        "keys": KEYS,
        "clients": find,
        "hot": unused,
        "refresh": unused,
        "verifier": unused,
        "assertions": unused,
        "revocations": unused,
        "secret_key": bytes(32),
        "unseal": unused,
        "first_use": unused,
        "clock": ManualClock(),
        "entropy": SeededEntropy(),
        "vault": unused,
        "opaque": unused,
        "subjects": Subjects(bytes(64)),
        "subject_vault": no_vault,
        "nonces": unused,
        "begin": unused,
    }
    return Desk(**parts | changes)


def asked(**changes: Any) -> str:
    """Return the query of a good request; a change to ``...`` leaves a parameter out."""
    parameters = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile",
        "state": "a state",
        "nonce": "a nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return urlencode({name: value for name, value in parameters.items() if value is not ...})


def request(**changes: Any) -> AuthorizationRequest:
    fields: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scopes": ("openid", "profile"),
        "code_challenge": CHALLENGE,
        "state": "a state",
        "nonce": "a nonce",
    }
    return AuthorizationRequest(**fields | changes)


def id_token(at: Desk, **changes: Any) -> str:
    """Return an ID token of *at*, expired long ago."""
    claims = {"iss": at.issuer, "sub": "a-subject", "aud": CLIENT_ID, "iat": 1, "exp": 2, "sid": "a-sid", **changes}
    return at.keys.signer("ES256").sign({n: v for n, v in claims.items() if v is not ...}, TokenType.ID)


def customer(**changes: Any) -> Customer:
    fields = {"id": CustomerId("cus_1"), "subject": "a-subject", "profile": Profile(), "created_at": START}
    return Customer(**fields | {"updated_at": START} | changes)


def session(*evidence: Evidence, **changes: Any) -> Session:
    fields: dict[str, Any] = {
        "id": SessionId("ses_1"),
        "sid": "a-sid",
        "browser_id": BrowserId("bro_1"),
        "customer_id": CustomerId("cus_1"),
        "evidence": evidence or (Evidence("pwd", START),),
        "created_at": START,
        "seen_at": START,
        "expires_at": START + 30 * 86_400 * SECOND,
    }
    return Session(**fields | changes)
