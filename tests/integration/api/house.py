"""A house of two tenants behind the administration API, in this process, over a migrated SQLite database."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.registration import Registration
from limen.access.tokens.desk import Desk
from limen.access.tokens.issue import access_token
from limen.access.tokens.records import Authentication
from limen.access.tokens.request import Mandate, TokenRequest
from limen.app.desks import TenantDesks
from limen.identity.administrators import SCOPES, SYSTEM
from limen.identity.credentials.policy import PRESETS
from limen.identity.customers.directory import Directory
from limen.identity.customers.management import CustomerAdministration, NewCustomer
from limen.identity.customers.records import Customer, Profile
from limen.identity.keyring import Keyring
from limen.identity.tenants.records import Tenant
from limen.integration.api import ApiParts, create_api
from limen.integration.edge.arrival import Arrival
from limen.kernel.errors import Refusal
from limen.storage.opening import Storage
from tests.support import doors
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

doors.share()
BASE = "https://id.example"
PLATFORM = tuple(SCOPES)
TENANT = tuple(scope for scope in SCOPES if "tenants" not in scope)


@dataclass
class House:
    """Everything a test of the API needs."""

    storage: Storage
    keyring: Keyring
    clock: ManualClock
    entropy: SeededEntropy
    parts: ApiParts
    desks: TenantDesks
    default: Tenant
    acme: Tenant
    made: list[str] = field(default_factory=list)

    async def desk(self, tenant: Tenant | None = None) -> Desk:
        desk = await self.desks((tenant or self.default).prefix)
        assert desk is not None
        return desk

    def registration(self, tenant: Tenant | None = None) -> Registration:
        tenant_id = (tenant or self.default).id
        return Registration(tenant_id, self.parts.begin, self.parts.reading, self.keyring, self.clock, self.entropy)

    def directory(self, tenant: Tenant | None = None) -> Directory:
        return self.parts.directory_for((tenant or self.default).id)

    def customers(self, tenant: Tenant | None = None) -> CustomerAdministration:
        return CustomerAdministration(
            (tenant or self.default).id,
            self.parts.begin,
            self.parts.reading,
            self.directory(tenant),
            self.parts.hasher,
            PRESETS["default"],
            self.clock,
        )

    async def machine(self, *scopes: str, tenant: Tenant | None = None, **metadata: Any) -> Client:
        document = ClientDocument(
            client_name="machine", grant_types=("client_credentials",), scopes=scopes or PLATFORM, **metadata
        )
        registered = await self.registration(tenant).create(document, SYSTEM)
        assert not isinstance(registered, Refusal)
        return registered.client

    async def token(self, *scopes: str, tenant: Tenant | None = None) -> str:
        """An access token of a fresh machine with *scopes* (all, unless told)."""
        client = await self.machine(*scopes, tenant=tenant)
        return access_token(TokenRequest(await self.desk(tenant), client, {}), Mandate(scopes or PLATFORM)).access_token

    async def customer(self, email: str, tenant: Tenant | None = None, **said: Any) -> Customer:
        made = await self.customers(tenant).create(NewCustomer(Profile(email=email, **said)), SYSTEM)
        assert not isinstance(made, Refusal)
        return made

    async def person(self, role: str | None, *scopes: str, tenant: Tenant | None = None) -> tuple[Customer, str]:
        """A customer with *role*, and a token of theirs with *scopes* (all, unless told)."""
        customer = await self.customer(f"{role}-{len(self.made)}@example.com", tenant)
        self.made.append(customer.id)
        if role is not None:
            async with self.storage.database.begin((tenant or self.default).id) as unit:
                await unit.administrators.appoint(customer.id, role, self.clock.now())
        client = await self.machine(tenant=tenant)
        seconds = self.clock.now() // 1_000_000
        authentication = Authentication(customer.subject, "sid-1", seconds, ("pwd",), "")
        desk = await self.desk(tenant)
        mandate = Mandate(scopes or PLATFORM, authentication, "fam-1")
        return customer, access_token(TokenRequest(desk, client, {}), mandate).access_token

    def http(self, token: str | None = None, tenant: Tenant | None = None) -> httpx2.AsyncClient:
        """A client of the API of *tenant* that sends *token*."""
        prefix = (tenant or self.default).prefix
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.ASGITransport(app=arriving(create_api(self.parts), prefix))
        return httpx2.AsyncClient(transport=transport, base_url=f"{BASE}{prefix}/api/v1", headers=headers)

    async def audit(self, tenant: Tenant | None = None) -> list[str]:
        async with self.storage.database.read((tenant or self.default).id) as unit:
            segments = [await unit.audit_log.segment(head.segment_id) for head in await unit.audit_log.heads()]
        return [record.event for segment in segments for record in segment[1:]]


def arriving(api: Any, prefix: str) -> Any:
    """*api* as the server calls it: behind a tenant's prefix, with an arrival."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        arrival = Arrival("req-of-a-test", "192.0.2.7", "https", prefix, is_trusted=False)
        scope = {**scope, "root_path": prefix, "state": {**scope.get("state", {}), "arrival": arrival}}
        await api(scope, receive, send)

    return app
