"""Prepares a running Limen: customers through the administration API, then refresh tokens through real sign-ins.

All that is particular to Limen's administration interface stands in the constants below.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from bench.limen.walk import Harvesting, Person, Site
from bench.load.engine import Engine, Plan

TOKENS = 64
ADMIN_SCOPE = "limen:customers:write"
CUSTOMERS_PATH = "/api/v1/customers"
_PASSWORD = "threshold-{index}-of-many-doors"
_PARALLEL = 4
_HARVEST_SECONDS = 60.0


class PrepareError(Exception):
    """Limen did not let itself be prepared; the text holds its answer."""


def post(port: int, path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    """POST and return the JSON object of a 2xx answer; raises ``PrepareError`` for anything else."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status // 100 != 2:
        message = f"POST {path}: {response.status} {answer[:300].decode('utf-8', 'replace')}"
        raise PrepareError(message)
    return dict(json.loads(answer))


def access_token(port: int, basic: str, scope: str) -> str:
    """Return an access token by client credentials."""
    headers = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
    form = urlencode({"grant_type": "client_credentials", "scope": scope})
    return str(post(port, "/token", headers, form)["access_token"])


def begin_device(port: int, basic: str) -> None:
    """Let a device ask once: the model of those that are polled for."""
    headers = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
    post(port, "/device_authorization", headers, urlencode({"scope": "openid"}))


def make_customers(port: int, admin_basic: str, count: int) -> list[Person]:
    """Create *count* customers with verified addresses and passwords."""
    headers = {
        "Authorization": f"Bearer {access_token(port, admin_basic, ADMIN_SCOPE)}",
        "Content-Type": "application/json",
    }
    people = [Person(f"person-{i}@example.test", _PASSWORD.format(index=i)) for i in range(count)]

    def create(person: Person) -> None:
        record = {"email": person.email, "email_verified": True, "password": person.password}
        post(port, CUSTOMERS_PATH, headers, json.dumps(record))

    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(create, people))
    return people


def harvest_refresh_tokens(port: int, site: Site, people: list[Person]) -> list[str]:
    """Sign in until there are ``TOKENS`` refresh tokens; raises ``PrepareError`` where pages or tokens fail."""
    work = Harvesting(site, people, TOKENS)
    plan = Plan(port, _PARALLEL, warmup=0.0, seconds=_HARVEST_SECONDS, spread_addresses=True)
    tally = Engine(plan, work).run()
    tokens = work.state()
    if len(tokens) < TOKENS:
        message = f"{len(tokens)} of {TOKENS} refresh tokens; first failure: {tally.first_failure}"
        raise PrepareError(message)
    return tokens
