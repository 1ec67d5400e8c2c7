"""Two processes that serve, one PostgreSQL, one Valkey: what counts once counts once between them as well."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx2
import pytest
from joserfc import jwt

from limen.kernel.clock import SystemClock
from tests.integration.tokens.proofs import Prover
from tests.integration.tokens.strict import ASSERTION_TYPE, JWKS, KEY
from tests.support.ports import free_port
from tests.support.postgres import PostgresDatabases
from tests.support.running import PATIENT, limen, process
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
TIMES = 24
_number = count(1)


@dataclass(frozen=True)
class Served:
    """Where it is."""

    url: str

    def assertion(self) -> dict[str, str]:
        now = SystemClock().now() // 1_000_000
        claims = {"iss": "machine", "sub": "machine", "aud": self.url, "jti": f"p{next(_number)}", "exp": now + 60}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt.encode({"alg": "ES256"}, claims, KEY)}

    async def at_once(
        self, forms: list[dict[str, str]], headers: dict[str, str] | None = None
    ) -> list[httpx2.Response]:
        """Send each form over a connection of its own, to whichever process takes it."""

        async def send(form: dict[str, str]) -> httpx2.Response:
            async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
                return await http.post(f"{self.url}/token", data=form, headers=headers)

        return list(await asyncio.gather(*(send(form) for form in forms)))


@pytest.fixture
def served(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: PostgresDatabases, valkey_url: str
) -> Iterator[Served]:
    """Two processes at one port."""
    folder, port = tmp_path_factory.mktemp("two"), free_port()
    url = f"http://localhost:{port}"
    data, keys = postgres_url(), postgres_url()
    more = {
        "LIMEN_ISSUER": url,
        "LIMEN_INSECURE_HTTP": "1",
        "LIMEN_SERVER_PORT": str(port),
        "LIMEN_SERVER_WORKERS": "2",
        "LIMEN_DATABASE_URL": data,
        "LIMEN_KEYSTORE_URL": keys,
        "LIMEN_CACHE_URL": valkey_url.replace("redis:", "valkey:", 1),
        "LIMEN_LIMITS_CLIENT_FAILURES_PER_ADDRESS": "10000/60",
    }
    limen("migrate", folder=folder, more=more)
    clients = [
        {
            "client_id": "machine",
            "grant_types": ["client_credentials"],
            "scopes": ["orders"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": JWKS,
        }
    ]
    (folder / "tenant.yaml").write_text(json.dumps({"version": 1, "clients": clients}))  # JSON is YAML
    limen("apply", "tenant.yaml", folder=folder, more=more)
    with process(folder, "serve", more=more, ready=f"{url}/health/ready", code=PATIENT):
        yield Served(url)
    for database in (data, keys):
        postgres_url.drop(database)


def won(answers: list[httpx2.Response]) -> int:
    assert {answer.status_code for answer in answers} <= {200, 400, 401}, [answer.text for answer in answers]
    return sum(answer.status_code == 200 for answer in answers)


async def test_assertions_and_proofs_count_once_between_processes(served: Served):
    own = {"grant_type": "client_credentials"}
    assertion = served.assertion()
    assert won(await served.at_once([{**own, **assertion}] * TIMES)) == 1
    headers = Prover(SystemClock(), base=served.url).header()
    forms = [{**own, **served.assertion()} for _ in range(TIMES)]
    assert won(await served.at_once(forms, headers)) == 1
