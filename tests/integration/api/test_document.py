"""The API keeps to its own document: whatever is sent, no fault, and no answer that the document does not name."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from limen.access.sessions.records import PASSWORD, Browser, Evidence, Session
from limen.identity.customers.records import Customer
from limen.identity.customers.scopes import ACCOUNT_SCOPES
from limen.integration.api.assembly import document
from limen.kernel.clock import DAY
from limen.kernel.ids import BrowserId, SessionId
from limen.trust.limits import Limit
from tests.integration.api.conftest import house_in
from tests.integration.api.house import House
from tests.support.clock import ManualClock
from tests.support.entropy import SeededEntropy

DOCUMENT = document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {f"{one.method.upper()} {one.path}": one for one in (found.ok() for found in SCHEMA.get_all_operations())}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Door:
    """The API on a loop of its own, called from ordinary code as hypothesis is."""

    def __init__(self, portal: BlockingPortal, https: tuple[httpx2.AsyncClient, ...], existing: dict[str, str]) -> None:
        self._portal, (self._http, self._account), self.existing = portal, https, existing

    def send(self, case: Any) -> httpx2.Response:
        kwargs = case.as_transport_kwargs(base_url="https://id.example")
        headers = [(k, v) for k, v in kwargs["headers"].items() if k.lower() not in {"authorization", "host"}]
        pairs = [(_raw(name), _raw(value)) for name, value in headers]
        body = json.dumps(kwargs["json"]).encode() if "json" in kwargs else kwargs.get("data")

        async def sent() -> httpx2.Response:
            method, url, params = kwargs["method"], kwargs["url"], kwargs.get("params")
            http = self._account if "/api/v1/account" in url else self._http
            return await http.request(method, url, params=params, headers=pairs, content=body)

        return self._portal.call(sent)


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")


@pytest.fixture(scope="module")
def door(empty_databases, tmp_path_factory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("document")
    for name in ("limen.db", "keys.db"):
        shutil.copy(empty_databases / name, folder / name)

    @asynccontextmanager
    async def opened():
        async with house_in(folder, ManualClock(), SeededEntropy()) as house:
            house.parts = dataclasses.replace(house.parts, limit=Limit(1_000_000, 60, "api"))
            existing = await _furnished(house)
            customer, token = await house.person(None, *ACCOUNT_SCOPES)
            await _signed_in(house, customer)
            async with house.http(await house.token()) as http, house.http(token) as account:
                yield (http, account), existing

    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(opened()) as (https, existing),
    ):
        yield Door(portal, https, existing)


async def _furnished(house: House) -> dict[str, str]:
    client, customer = await house.machine(), await house.customer("ann@example.com")
    return {"client_id": client.client_id, "customer_id": customer.id, "slug": "acme"}


async def _signed_in(house: House, customer: Customer) -> None:
    """A session behind the customer's token, so that what is sensitive is done."""
    now = house.clock.now()
    browser = Browser(BrowserId.new(house.clock, house.entropy), b"b" * 32, now, now)
    proof, until = Evidence(PASSWORD, now), now + 365 * DAY
    session_id = SessionId.new(house.clock, house.entropy)
    async with house.storage.database.begin(house.default.id) as unit:
        await unit.sessions.add_browser(browser)
        await unit.sessions.add(Session(session_id, "sid-1", browser.id, customer.id, (proof,), now, now, until))


def _asked() -> Iterator[Any]:
    """Every operation in every mode, but that what takes nothing cannot be asked wrongly."""
    for name, operation in sorted(OPERATIONS.items()):
        yield pytest.param(GenerationMode.POSITIVE, name, id=f"positive-{name}")
        if operation.body or any(operation.iter_parameters()):
            yield pytest.param(GenerationMode.NEGATIVE, name, id=f"negative-{name}")


@pytest.mark.parametrize(("mode", "name"), list(_asked()))
def test_every_answer_is_one_that_the_document_names(door, name, mode):
    operation = OPERATIONS[name]
    existing = {key: value for key, value in door.existing.items() if f"{{{key}}}" in operation.path}
    fixed = {"path_parameters": existing} if existing and mode is GenerationMode.POSITIVE else {}

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode, **fixed))
    def answers(case: Any) -> None:
        case.validate_response(door.send(case), checks=CHECKS)

    answers()


def test_every_operation_names_the_scope_it_needs_and_how_it_refuses():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            [requirement] = operation["security"]
            scheme = "customer" if path.startswith("/api/v1/account") else "limen"
            assert len(requirement[scheme]) == 1, (method, path)
            assert {"400", "401", "403", "404", "422", "429"} <= operation["responses"].keys(), (method, path)
            assert set(operation["responses"]["401"]["content"]) == {"application/problem+json"}
