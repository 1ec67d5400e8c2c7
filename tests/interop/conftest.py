"""A running Limen, relying parties registered over its API, and a customer who signs in by forms alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from tests.support.ports import free_port
from tests.support.postgres import on_thread
from tests.support.running import Running, demonstration
from tests.support.visitor import Visitor, visiting
from tests.support.waiting import PATIENCE
from tests.support.walker import Page

EMAIL = "ada.brook@example.com"
PASSWORD = "plum lantern quarry sixteen"
CALLBACK = "https://rp.example/callback"
GOODBYE = "https://rp.example/gone"
SPA = f"http://localhost:{free_port()}"
"""Where the application that runs in a browser is served."""
MANY = {"LIMEN_LIMITS_SIGN_IN_PER_IDENTIFIER": "10000/3600", "LIMEN_LIMITS_JOURNEYS_PER_ADDRESS": "10000/3600"}
"""One customer signs in for every test. Limits have tests of their own."""
_TOKEN = re.compile(r'id="token"[^>]*>([^<]+)<')


@dataclass(frozen=True)
class Registered:
    """A relying party as it knows itself; ``secret`` is empty where it has a key or nothing."""

    client_id: str
    method: str
    alg: str
    secret: str = ""
    key: ECKey | None = None


PIPELINE = ECKey.generate_key("P-256", {"kid": "pipeline", "use": "sig", "alg": "ES256"})
"""The key of :data:`TRUSTED`, whose word a workload brings (RFC 7523 §2.1)."""
TRUSTED = "https://ci.example"


@dataclass(frozen=True)
class Place:
    """The running house and who is registered there."""

    running: Running
    parties: dict[str, Registered]

    @property
    def issuer(self) -> str:
        return self.running.url


class Person(Visitor):
    """A customer, and what applications ask of one."""

    async def approve(self, url: str) -> str:
        """Follow an application's address, sign in and consent; return where the application is answered."""
        page = await self.get(url)
        if "password" in page.fields:
            page = await self.sign_in(EMAIL, PASSWORD, page)
        if not page.location:
            page = await self.allow(page)
        assert page.location.startswith(CALLBACK), page
        return page.location

    async def leave(self, url: str) -> Page:
        """Follow an application's address for signing out."""
        return await self.get(url)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One house for all relying parties."""
    with demonstration(tmp_path_factory.mktemp("interop"), MANY) as running:
        yield Place(running, on_thread(lambda: asyncio.run(_prepare(running))))


@pytest.fixture
async def person(place: Place) -> AsyncIterator[Person]:
    """The customer, not signed in."""
    async with visiting(place.issuer, kind=Person) as one:
        yield one


async def _prepare(running: Running) -> dict[str, Registered]:
    async with visiting(running.url) as customer:
        await customer.sign_up(EMAIL, PASSWORD)
    async with visiting(running.url) as administrator:
        page = await administrator.get(running.setup_link)
        page = await administrator.post(page, email="root@example.com", password=PASSWORD)
        page = await administrator.post(page, intent="create_token")
        found = _TOKEN.search(page.text)
        assert found, page
    headers = {"authorization": f"Bearer {found[1].strip()}"}
    async with httpx2.AsyncClient(base_url=running.url, headers=headers, trust_env=False, timeout=PATIENCE) as api:
        await _trust(api)
        await _tools(api, running.url)
        usual = {name: await _register(api, name, *shape) for name, shape in PARTIES.items()}
        return usual | {name: await _register(api, name, *shape, **more) for name, (*shape, more) in FURTHER.items()}


PARTIES = {
    "basic-es256": ("client_secret_basic", "ES256"),
    "post-rs256": ("client_secret_post", "RS256"),
    "mac-es256": ("client_secret_jwt", "ES256"),
    "key-es256": ("private_key_jwt", "ES256"),
    "public-rs256": ("none", "RS256"),
}


_CODE = ["authorization_code", "refresh_token"]
_WAITING = ["urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba", "refresh_token"]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FAPI = {"dpop_bound_access_tokens": True, "grant_types": _CODE}
FURTHER: dict[str, tuple[str, str, dict[str, Any]]] = {
    "signing-requests": ("private_key_jwt", "ES256", {}),
    "without-pkce": ("client_secret_post", "RS256", {"require_pkce": False}),
    "waiting": (
        "client_secret_basic",
        "ES256",
        {"grant_types": _WAITING, "redirect_uris": [], "backchannel_token_delivery_mode": "poll"},
    ),
    "spa": (
        "none",
        "ES256",
        {
            "redirect_uris": [f"{SPA}/callback", f"{SPA}/silent"],
            "post_logout_redirect_uris": [f"{SPA}/gone"],
            "require_consent": False,
        },
    ),
    "back-end": (
        "client_secret_basic",
        "ES256",
        {
            "grant_types": [EXCHANGE],
            "redirect_uris": [],
            "scopes": ["email", "stock:read"],
            "token_exchange": {"subject_clients": ["basic-es256"]},
        },
    ),
    "deploying": ("client_secret_basic", "ES256", {"grant_types": [JWT_BEARER], "redirect_uris": []}),
    "fapi2_security": ("private_key_jwt", "ES256", {"profile": "fapi2_security", **_FAPI}),
    "fapi2_message_signing": ("private_key_jwt", "ES256", {"profile": "fapi2_message_signing", **_FAPI}),
}
"""Parties that take other ways than the usual one."""


async def _trust(api: httpx2.AsyncClient) -> None:
    word = {"issuer": TRUSTED, "jwks": {"keys": [PIPELINE.as_dict(private=False)]}}
    word |= {"subjects": ["repo:acme/*"], "clients": ["deploying"]}
    settings = {"settings": {"trusted_issuers": [word]}}
    changed = await api.patch("/api/v1/tenants/default", json=settings, headers={"if-match": "*"})
    assert changed.status_code == 200, changed.text


async def _tools(api: httpx2.AsyncClient, url: str) -> None:
    """Let the clients of agents register themselves, for an MCP server at our own host."""
    server = {"identifier": f"{url}/mcp", "name": "Tools", "scopes": ["tools:call"]}
    made = await api.post("/api/v1/resource-servers", json=server)
    assert made.status_code == 201, made.text
    policy = {"mode": "open", "profile": "mcp", "audiences": [f"{url}/mcp"], "scopes": ["tools:call", "offline_access"]}
    settings = {"settings": {"registration": policy}}
    changed = await api.patch("/api/v1/tenants/default", json=settings, headers={"if-match": "*"})
    assert changed.status_code == 200, changed.text


async def _register(api: httpx2.AsyncClient, name: str, method: str, alg: str, **more: Any) -> Registered:
    is_keyed = method == "private_key_jwt"
    key = ECKey.generate_key("P-256", {"kid": "rp-key", "use": "sig", "alg": "ES256"}) if is_keyed else None
    grants = ["authorization_code", "refresh_token", *(["client_credentials"] if method != "none" else [])]
    document: dict[str, Any] = {
        "client_id": name,
        "client_name": f"Party {name}",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [GOODBYE],
        "grant_types": grants,
        "token_endpoint_auth_method": method,
        "scopes": ["openid", "profile", "email", "offline_access", "stock:read"],
        "id_token_signed_response_alg": alg,
        "access_token_signed_response_alg": alg,
        **more,
    }
    if key is not None:
        document["jwks"] = {"keys": [key.as_dict(private=False)]}
    made = await api.post("/api/v1/clients", json=document)
    assert made.status_code == 201, made.text
    return Registered(name, method, alg, made.json().get("client_secret") or "", key)
