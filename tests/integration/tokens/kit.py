"""A shop at the house: one application, one customer who is signed in, and the calls that an application makes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any

import httpx2

from limen.access.resources.catalogue import DETAIL_TYPES, RESOURCE_SERVERS, Catalogue
from limen.access.resources.records import DetailTypeDocument, Entry, ResourceDocument
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Customer
from limen.identity.tenants.records import Tenant
from limen.kernel.encoding import from_b64url
from limen.kernel.errors import Refusal
from tests.support import rsa_keys
from tests.support.entropy import SeededEntropy
from tests.support.house import CALLBACK, PASSWORD, House, copy_files, open_house, open_part
from tests.support.postgres import on_thread
from tests.support.walker import VERIFIER, Page, Walker

EMAIL = "ann@example.com"
SCOPES = ("openid", "profile", "email", "offline_access", "orders")
Auth = tuple[str, str] | None


@dataclass
class Shop:
    """``auth`` is the application's identifier and secret; ``walker`` is the browser of ``customer``."""

    house: House
    auth: tuple[str, str]
    http: httpx2.AsyncClient
    walker: Walker
    customer: Customer
    tenant: Tenant

    @property
    def prefix(self) -> str:
        return self.tenant.prefix

    @property
    def client_id(self) -> str:
        return self.auth[0]

    async def another(self, **document: Any) -> tuple[str, str]:
        """Register another application of the same tenant."""
        return await self.house.register_client(self.tenant, **{"scopes": SCOPES, "require_consent": False, **document})

    async def machine(self, *scopes: str, **document: Any) -> tuple[str, str]:
        """Register an application that speaks for itself."""
        given = {"grant_types": ("client_credentials",), "redirect_uris": (), "scopes": scopes or ("orders",)}
        return await self.another(**{**given, **document})

    async def resource_server(self, identifier: str, **document: Any) -> Entry[ResourceDocument]:
        """Register a resource server of the same tenant."""
        return await self._registered(
            RESOURCE_SERVERS, ResourceDocument(identifier=identifier, name="An API", **document)
        )

    async def detail_type(self, name: str, schema: dict[str, Any], wording: str) -> Entry[DetailTypeDocument]:
        """Register a type of ``authorization_details`` of the same tenant."""
        document = DetailTypeDocument(type=name, detail_schema=schema, wording={"en": wording})
        return await self._registered(DETAIL_TYPES, document)

    async def _registered(self, kind: Any, document: Any) -> Any:
        database, basis = self.house.storage.database, self.house.basis
        made = await Catalogue(
            kind, self.tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy
        ).create(document, SYSTEM)
        assert not isinstance(made, Refusal), made
        return made

    async def arrive(self, client_id: str = "", **params: str | None) -> Page:
        """Send the browser through the authorization endpoint."""
        return await self.walker.authorize(client_id or self.client_id, **params)

    async def code(self, client_id: str = "", **params: str | None) -> str:
        page = await self.arrive(client_id, **params)
        assert "code" in page.answer, page
        return page.answer["code"]

    async def post(self, path: str, form: dict[str, Any], auth: Auth = None, **options: Any) -> httpx2.Response:
        """POST *form* to a door of this tenant, authenticated by HTTP Basic where *auth* says so."""
        given = {name: value for name, value in form.items() if value is not None}
        return await self.http.post(f"{self.prefix}{path}", data=given, auth=auth, **options)

    async def redeem(self, code: str, auth: Auth = None, /, **changes: Any) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return await self.post("/token", form | changes, auth or self.auth)

    async def redeem_publicly(self, code: str, client_id: str, /, **changes: Any) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return await self.post("/token", form | {"client_id": client_id} | changes)

    async def tokens(self, auth: Auth = None, **params: str | None) -> dict[str, Any]:
        """Take the whole way: authorization endpoint, code, tokens."""
        auth = auth or self.auth
        code = await self.code(auth[0], **params)
        answer = await (self.redeem(code, auth) if auth[1] else self.redeem_publicly(code, auth[0]))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, token: str, auth: Auth = None, /, **changes: Any) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token} | changes
        auth = auth or self.auth
        return await self.post("/token", form | ({} if auth[1] else {"client_id": auth[0]}), auth if auth[1] else None)

    async def own_token(self, auth: tuple[str, str], **changes: Any) -> dict[str, Any]:
        """An access token for a machine."""
        answer = await self.post("/token", {"grant_type": "client_credentials"} | changes, auth)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def introspect(self, token: str, auth: Auth = None) -> dict[str, Any]:
        answer = await self.post("/introspect", {"token": token}, auth or self.auth)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def is_active(self, token: str, auth: Auth = None) -> bool:
        return (await self.introspect(token, auth))["active"]

    async def revoke(self, token: str, auth: Auth = None, /, **changes: Any) -> httpx2.Response:
        return await self.post("/revoke", {"token": token} | changes, auth or self.auth)

    async def userinfo(self, token: str) -> httpx2.Response:
        return await self.http.get(f"{self.prefix}/userinfo", headers={"authorization": f"Bearer {token}"})

    async def told(self, event: str) -> list[dict[str, Any]]:
        """The open facts of every audit record called *event*."""
        return [open_part(record) for record in await self.house.audit(self.tenant) if record.event == event]

    def announced(self, name: str) -> list[dict[str, Any]]:
        """What subscribers heard under *name*."""
        return [data for heard, data in self.house.announced if heard == name]


@asynccontextmanager
async def open_shop(
    house: House, tenant: Tenant | None = None, email: str = EMAIL, **document: Any
) -> AsyncIterator[Shop]:
    """Register a shop at *house* and sign its customer in."""
    tenant = tenant or house.tenant
    auth = await house.register_client(tenant, **{"scopes": SCOPES, "require_consent": False, **document})
    customer = await house.customer(email, tenant=tenant)
    walker = house.walker(prefix=tenant.prefix)
    page = await walker.sign_in(email, PASSWORD)
    assert page.status == 200, page
    async with house.client() as http:
        yield Shop(house, auth, http, walker, customer, tenant)
        await walker.http.aclose()


@dataclass(frozen=True)
class Furnished:
    """A house on file in which a shop was opened once: who is there, and what the browser keeps."""

    files: Path
    auth: tuple[str, str]
    customer: Customer
    cookies: tuple[Cookie, ...]
    earlier: frozenset[bytes]
    """The audit records from before the shop was opened."""


@cache
def furnished(files: Path) -> Furnished:
    """Open a shop in a copy of the prepared *files*, once. Blocks for a second."""
    folder = files / "shop"
    folder.mkdir()
    copy_files(files, folder)

    async def furnish() -> Furnished:
        async with open_house(folder, entropy=SeededEntropy(8_888_888)) as house, open_shop(house) as shop:
            cookies = tuple(shop.walker.http.cookies.jar)
            return Furnished(folder, shop.auth, shop.customer, cookies, frozenset(house._earlier))

    with rsa_keys.of_its_own():
        return on_thread(lambda: asyncio.run(furnish()))


@asynccontextmanager
async def shop_in(folder: Path, files: Path, *, seed: int = 0, **limits: str) -> AsyncIterator[Shop]:
    """A shop over a copy of the prepared *files*."""
    made = furnished(files)
    copy_files(made.files, folder)
    async with open_house(folder, entropy=SeededEntropy(seed), **limits) as house, house.client() as http:
        house._earlier = set(made.earlier)
        walker = house.walker(prefix=house.tenant.prefix)
        for cookie in made.cookies:
            walker.http.cookies.jar.set_cookie(cookie)
        yield Shop(house, made.auth, http, walker, made.customer, house.tenant)
        await walker.http.aclose()


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, unverified."""
    return json.loads(from_b64url(token.split(".")[1]))


def header(token: str) -> dict[str, Any]:
    """The protected header of a JWT."""
    return json.loads(from_b64url(token.split(".", maxsplit=1)[0]))


def error(answer: httpx2.Response) -> tuple[int, str]:
    """Status and error code of an OAuth error."""
    return answer.status_code, answer.json()["error"]
