"""May this be done now? The whole way through the server, warm: from the request's bytes to the answer's.

The application is the served one, over ASGI in this process, on SQLite; a request is what the server hands to it, so
that no client's and no network's time is in it. Customers are asked about in turns, each was asked about before.
"""

import asyncio
import json
import statistics
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from time import perf_counter
from typing import Any, Final

from bench.figures import Figure
from bench.vault.place import Vault, at_most
from limen.access.clients.records import ClientDocument
from limen.access.clients.registration import Registration
from limen.app.basis import Basis
from limen.app.compose import build
from limen.app.preparing import migrate_databases
from limen.app.settings import Settings
from limen.app.settings.derived import database_urls
from limen.app.settings.sections.limits import LimitsSection
from limen.app.settings.values import Rate
from limen.identity.administrators import SYSTEM
from limen.identity.consents.decide import Deciding, Source, Wish
from limen.identity.consents.purposes import Channel, Kind, Purpose, Terms, Text, Version
from limen.identity.consents.records import Decision
from limen.identity.consents.register import Register
from limen.identity.customers.directory import Directory
from limen.identity.customers.records import Profile
from limen.identity.tenants.records import Tenant
from limen.kernel.context import RequestContext
from limen.kernel.errors import Refusal
from limen.kernel.ids import PurposeId

BASE: Final = "https://id.example"
CUSTOMERS: Final = 200
ROUNDS: Final = 2_000
GOAL_MS: Final = 1.0


def measure(_vault: Vault) -> Iterator[Figure]:
    """Yield what one answer takes."""
    yield from asyncio.run(_figures())


async def _figures() -> list[Figure]:
    """Return the median and the 99th percentile of one answer, and one answer's share of 200 asked at once."""
    with tempfile.TemporaryDirectory(prefix="limen-vault-") as folder:
        settings = Settings(
            issuer=BASE, data_dir=folder, development_mailbox=True,
            limits=LimitsSection(api_per_client=Rate.parse("1000000/60"), api_per_address=Rate.parse("off")),
        )  # fmt: skip
        await migrate_databases(database_urls(settings))
        house = _House()
        app = build(settings, prepare=house.keep)
        await app.startup()
        try:
            await house.furnish()
            return await _measured(app, house)
        finally:
            await app.shutdown()


class _House:
    """A purpose, customers who allowed it, and a client that may ask."""

    basis: Basis
    tenant: Tenant

    async def keep(self, basis: Basis, tenant: Tenant) -> None:
        self.basis, self.tenant = basis, tenant

    async def furnish(self) -> None:
        basis, tenant, database = self.basis, self.tenant, self.basis.storage.database
        registration = Registration(tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy)
        document = ClientDocument(
            client_name="machine", grant_types=("client_credentials",), scopes=("limen:consents:read",)
        )
        machine = await registration.create(document, SYSTEM)
        assert not isinstance(machine, Refusal)
        assert machine.secret is not None
        self.client = (machine.client.client_id, machine.secret.reveal())
        now = basis.clock.now()
        terms = Terms(texts={"en": Text("News", "We write to you.")}, data=("email",), clients=(self.client[0],))
        purpose_id = PurposeId.new(basis.clock, basis.entropy)
        purpose = Purpose(purpose_id, "news", Kind.MARKETING, Channel.EMAIL, "", Version(1, terms, now), 1, now)
        await Register(tenant.id, database.begin, database.read, basis.clock).create(purpose, SYSTEM)
        directory = Directory(tenant.id, basis.keyring, basis.clock, basis.entropy)
        deciding = Deciding(tenant.id, database.begin, basis.keyring, basis.clock, basis.entropy)
        self.customers = []
        for number in range(CUSTOMERS):
            customer, vault = await directory.prepare(Profile(email=f"c{number}@example.com", email_verified=True))
            async with database.begin(tenant.id) as unit:
                await directory.add(unit, customer, vault)
            source = Source("api", "system", RequestContext("req"))
            await deciding.decide(purpose, Wish("news", Decision.GIVEN, 1, "en"), customer.id, source)
            self.customers.append(customer.id)


async def _measured(app: Any, house: _House) -> list[Figure]:
    basic = b"Basic " + b64encode(":".join(house.client).encode())
    form = b"grant_type=client_credentials"
    _, answer = await _ask(app, "/token", form, b"application/x-www-form-urlencoded", basic)
    bearer = f"Bearer {json.loads(answer)['access_token']}".encode()
    questions = [
        {"customer_id": one, "purpose": "news", "data": "email", "client_id": house.client[0]}
        for one in house.customers
    ]
    bodies = [json.dumps(one).encode() for one in questions]
    for body in bodies:  # warm: each customer was asked about before
        status, answer = await _ask(app, "/api/v1/consents/ask", body, b"application/json", bearer)
        assert status == 200, answer
        assert json.loads(answer)["allowed"], answer
    took = []
    for number in range(ROUNDS):
        began = perf_counter()
        await _ask(app, "/api/v1/consents/ask", bodies[number % CUSTOMERS], b"application/json", bearer)
        took.append((perf_counter() - began) * 1_000)
    many = json.dumps({"questions": questions}).encode()
    shares = []
    for _ in range(50):
        began = perf_counter()
        await _ask(app, "/api/v1/consents/ask-many", many, b"application/json", bearer)
        shares.append((perf_counter() - began) * 1_000 / CUSTOMERS)
    how = f"{ROUNDS} requests one after the other, in process, SQLite, token verified and limits counted each time"
    slow = statistics.quantiles(took, n=100)[98]
    return [
        at_most("consent_check_ms", statistics.median(took), GOAL_MS, {"how": f"median of {how}"}),
        at_most("consent_check_p99_ms", slow, None, {"how": f"99th percentile of {how}"}),
        at_most("consent_check_bulk_ms", statistics.median(shares), GOAL_MS, {"how": f"one of {CUSTOMERS} at once"}),
    ]


async def _ask(app: Any, path: str, body: bytes, kind: bytes, bearer: bytes = b"") -> tuple[int, bytes]:
    """Send one request as the server would; return the status and the body."""
    headers = [(b"host", b"id.example"), (b"content-type", kind), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [*headers, *([(b"authorization", bearer)] if bearer else [])],
        "client": ("127.0.0.1", 40_000), "server": ("id.example", 443), "state": {},
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
