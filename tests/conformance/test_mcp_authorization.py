"""The Model Context Protocol's authorization (revision 2025-11-25), as an AI agent's client walks it.

https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization: a test's name begins with its section. The
MCP server is one that checks its tokens with our helper for resource servers; the client knows that server's address
and nothing else. Its metadata document lies on a server of its own, over TLS, and is fetched by the one way out.
"""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from limen_resource import Call, Challenge, IssuerKeys, Need, ResourceServer, Token

from limen.access.resources.catalogue import RESOURCE_SERVERS, Catalogue
from limen.access.resources.records import ResourceDocument
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Tenant, TenantSettings
from limen.identity.tenants.registration import RegistrationSettings
from limen.integration.outgoing import AddressPolicy, OutgoingSettings
from limen.integration.outgoing.client import OutgoingClient
from limen.kernel.clock import SECOND
from limen.kernel.errors import Refusal
from tests.integration.tokens.kit import claims
from tests.support.far_servers import FarServer, far_server, plain, trusting
from tests.support.house import BASE, PASSWORD, House
from tests.support.walker import CHALLENGE, VERIFIER, Page

pytestmark = pytest.mark.anyio
TOOLS, OTHER = "https://tools.example/mcp", "https://other.example/mcp"
CALLBACK = "http://127.0.0.1/callback"
PORT_OF_TODAY = "http://127.0.0.1:49152/callback"
EMAIL = "ann@example.com"


@dataclass
class Tools:
    """An MCP server: it gives its answer to whoever shows a token for it."""

    guard: ResourceServer

    def call(self, token: str = "", *scopes: str) -> Token | Challenge:
        """Answer a request, which needs *scopes*."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.guard.check(Call("POST", "/mcp", headers), Need(scopes=scopes or ("tools:call",)))


@dataclass
class Agent:
    """The client of an AI agent, in front of a person with a browser."""

    house: House
    far: FarServer
    tools: Tools
    tenant: Tenant
    client_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    async def get(self, url: str) -> tuple[int, Any]:
        """Fetch *url* of the authorization server's."""
        assert url.startswith(f"{BASE}/")
        async with self.house.client() as http:
            answer = await http.get(url)
        return answer.status_code, answer.json() if answer.status_code == 200 else None

    async def discover(self) -> dict[str, Any]:
        """From the refusal of the MCP server to the metadata of its authorization server."""
        refused = self.tools.call()
        assert isinstance(refused, Challenge)
        assert refused.status == 401
        found = re.search(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
        assert found, refused.headers
        _, resource = await self.get(found[1])
        assert resource["resource"] == TOOLS  # RFC 9728 §3.3
        [issuer] = resource["authorization_servers"]
        parts = urlsplit(issuer)
        status, self.metadata = await self.get(f"{BASE}/.well-known/oauth-authorization-server{parts.path}")
        assert status == 200
        assert self.metadata["issuer"] == issuer  # RFC 8414 §3.3
        return dict(resource)

    async def by_document(self, **changes: Any) -> None:
        """Publish a metadata document, and be named by its address."""
        self.client_id = self.far.url("/agent.json")
        document = {"client_id": self.client_id, "client_name": "An agent", "redirect_uris": [CALLBACK],
                    "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                    "token_endpoint_auth_method": "none", "scope": "tools:call offline_access"}  # fmt: skip
        self.far.answer = plain(json.dumps(document | changes).encode(), "cache-control: max-age=3600")

    async def by_registration(self) -> None:
        """Register at the endpoint that the metadata names."""
        asked = {"client_name": "An agent", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
                 "grant_types": ["authorization_code", "refresh_token"],
                 "scope": "tools:call offline_access"}  # fmt: skip
        async with self.house.client() as http:
            made = await http.post(self.metadata["registration_endpoint"], json=asked)
        assert made.status_code == 201, made.text
        self.client_id = made.json()["client_id"]

    async def ask(self, **changes: str | None) -> Page:
        """Send the person to the authorization endpoint."""
        asked = {"client_id": self.client_id, "response_type": "code", "redirect_uri": PORT_OF_TODAY, "state": "s",
                 "scope": "tools:call offline_access", "resource": TOOLS, "code_challenge": CHALLENGE,
                 "code_challenge_method": "S256"}  # fmt: skip
        given = {name: value for name, value in (asked | changes).items() if value is not None}
        walker = self.house.walker(prefix=self.tenant.prefix)
        page = await walker.get(f"{self.metadata['authorization_endpoint']}?{urlencode(given)}")
        if not page.forms or "password" not in page.fields:
            return page
        page = await walker.sign_in(EMAIL, PASSWORD, page)
        return page if page.location else await walker.allow(page)  # who allowed it before is not asked again

    async def token(self, **form: str) -> dict[str, Any]:
        """Ask the token endpoint."""
        async with self.house.client() as http:
            answer = await http.post(self.metadata["token_endpoint"], data={"client_id": self.client_id} | form)
        return dict(answer.json())

    async def tokens(self, **changes: str | None) -> dict[str, Any]:
        """Ask the person, and redeem the code with the resource named again."""
        page = await self.ask(**changes)
        assert page.answer["iss"] == self.metadata["issuer"]  # RFC 9207 §2.4
        return await self.token(
            grant_type="authorization_code",
            code=page.answer["code"],
            redirect_uri=PORT_OF_TODAY,
            code_verifier=VERIFIER,
            resource=TOOLS,
        )


@pytest.fixture
async def agent(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Agent]:
    """A tenant below a path for agents that nobody registered, and an MCP server that points to it."""
    policy = RegistrationSettings(
        mode="open",
        scopes=("tools:call", "tools:write", "offline_access"),
        profile="mcp",
        audiences=(TOOLS, OTHER),
        client_id_documents=True,
    )
    tenant = await house.add_tenant("acme", TenantSettings(registration=policy))
    await house.customer(EMAIL, tenant=tenant)
    basis, database = house.basis, house.storage.database
    catalogue = Catalogue(
        RESOURCE_SERVERS, tenant.id, database.begin, database.read, basis.keyring, basis.clock, basis.entropy
    )
    for identifier in (TOOLS, OTHER):
        document = ResourceDocument(identifier=identifier, name="Tools", scopes=("tools:call", "tools:write"))
        assert not isinstance(await catalogue.create(document, SYSTEM), Refusal)
    documents = {}
    async with house.client() as http:
        for url in (f"{BASE}/.well-known/oauth-authorization-server/t/acme", f"{tenant.issuer}/jwks"):
            documents[url] = (await http.get(url)).json()
    guard = ResourceServer(
        TOOLS,
        IssuerKeys(tenant.issuer, documents.__getitem__),
        url="https://tools.example",
        metadata=f"{tenant.issuer}/resource-metadata?resource={quote(TOOLS, safe='')}",
        clock=lambda: house.clock.now() / SECOND,
    )

    async def resolved(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    allowed = OutgoingSettings(AddressPolicy(loopback=True))
    out = OutgoingClient(allowed, house.clock, lambda *_: None, resolved, trusting())
    monkeypatch.setattr(house.web, "fetch", out.fetch)
    async with far_server(tmp_path) as far:
        yield Agent(house, far, Tools(guard), tenant)
    await out.aclose()


async def test_protected_resource_metadata_discovery_requirements_the_challenge_leads_to_the_authorization_server(
    agent: Agent,
):
    refused = agent.tools.call()
    assert isinstance(refused, Challenge)
    assert 'scope="tools:call"' in refused.headers["www-authenticate"]  # SHOULD
    resource = await agent.discover()
    assert resource["authorization_servers"] == [agent.tenant.issuer]
    assert set(resource["scopes_supported"]) >= {"tools:call"}


async def test_authorization_server_metadata_discovery_an_issuer_with_a_path_answers_all_three_ways(agent: Agent):
    for where in ("/.well-known/oauth-authorization-server/t/acme", "/.well-known/openid-configuration/t/acme",
                  "/t/acme/.well-known/openid-configuration"):  # fmt: skip
        status, said = await agent.get(BASE + where)
        assert (status, said["issuer"]) == (200, agent.tenant.issuer), where
        assert said["code_challenge_methods_supported"] == ["S256"]  # Authorization Code Protection: MUST include
        assert said["client_id_metadata_document_supported"] is True
        assert said["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("way", ["by_document", "by_registration"])
async def test_access_token_usage_from_a_refused_call_to_one_that_passes_and_again_after_a_refresh(
    agent: Agent, way: str
):
    await agent.discover()
    await getattr(agent, way)()
    tokens = await agent.tokens()
    assert claims(tokens["access_token"])["aud"] == TOOLS  # Token Audience Binding: that server, and no other
    assert isinstance(agent.tools.call(tokens["access_token"]), Token)
    agent.house.clock.advance(600)
    stale = agent.tools.call(tokens["access_token"])
    assert isinstance(stale, Challenge)
    assert (stale.status, stale.error) == (401, "invalid_token")
    form = {"grant_type": "refresh_token", "resource": TOOLS}
    renewed = await agent.token(refresh_token=tokens["refresh_token"], **form)
    assert claims(renewed["access_token"])["aud"] == TOOLS
    assert isinstance(agent.tools.call(renewed["access_token"]), Token)
    assert renewed["refresh_token"] != tokens["refresh_token"]  # Token Theft: MUST rotate for public clients
    if way == "by_document":
        assert [request.split()[1] for request in agent.far.requests] == [b"/agent.json"]  # cached as it may be


async def test_resource_parameter_implementation_a_request_without_resource_is_refused_with_the_clause(agent: Agent):
    await agent.discover()
    await agent.by_document()
    page = await agent.ask(resource=None)
    assert page.answer["error"] == "invalid_request"
    assert "MCP authorization, Resource Parameter Implementation" in page.answer["error_description"]


async def test_token_handling_a_token_for_another_server_is_refused_here_and_not_given_for_this_one(agent: Agent):
    await agent.discover()
    await agent.by_document()
    page = await agent.ask(resource=OTHER)
    form = {"grant_type": "authorization_code", "code": page.answer["code"], "redirect_uri": PORT_OF_TODAY,
            "code_verifier": VERIFIER}  # fmt: skip
    assert (await agent.token(**form, resource=TOOLS))["error"] == "invalid_target"
    page = await agent.ask(resource=OTHER)
    elsewhere = (await agent.token(**form | {"code": page.answer["code"]}))["access_token"]
    assert claims(elsewhere)["aud"] == OTHER
    refused = agent.tools.call(elsewhere)
    assert isinstance(refused, Challenge)
    assert (refused.status, refused.error) == (401, "invalid_token")


async def test_scope_challenge_handling_a_call_that_needs_more_is_told_what_and_gets_it_by_asking_again(agent: Agent):
    await agent.discover()
    await agent.by_document(scope="tools:call tools:write offline_access")
    tokens = await agent.tokens()
    refused = agent.tools.call(tokens["access_token"], "tools:call", "tools:write")
    assert isinstance(refused, Challenge)
    challenge = refused.headers["www-authenticate"]
    assert (refused.status, refused.error) == (403, "insufficient_scope")
    assert 'scope="tools:call tools:write"' in challenge
    assert "resource_metadata=" in challenge
    more = await agent.tokens(scope="tools:call tools:write")
    assert isinstance(agent.tools.call(more["access_token"], "tools:call", "tools:write"), Token)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:49152/other"},
        {"resource": "https://tools.example/other"},
        {"resource": f"{TOOLS}#fragment"},
        {"scope": "limen:clients:write"},
    ],
    ids=str,
)
async def test_security_considerations_what_an_agent_may_not_ask_gives_no_code(
    agent: Agent, changes: dict[str, str | None]
):
    await agent.discover()
    await agent.by_document()
    page = await agent.ask(**changes)
    assert "code" not in page.answer, page
    if "redirect_uri" in changes:
        assert page.status == 400  # Open Redirection: the browser is sent nowhere


@pytest.mark.parametrize("wrong", [{"client_id": "https://client.example/other.json"}, {"redirect_uris": []}])
async def test_client_id_metadata_documents_one_that_does_not_name_itself_is_no_client(
    agent: Agent, wrong: dict[str, Any]
):
    await agent.discover()
    await agent.by_document(**wrong)
    page = await agent.ask()
    assert (page.status, page.answer) == (400, {})


async def test_authorization_server_abuse_protection_an_address_inside_is_not_fetched(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
):
    async def inside(_host: str, _port: int) -> list[str]:
        return ["10.0.0.1"]

    out = OutgoingClient(OutgoingSettings(AddressPolicy()), agent.house.clock, lambda *_: None, inside, trusting())
    monkeypatch.setattr(agent.house.web, "fetch", out.fetch)
    await agent.discover()
    await agent.by_document()
    assert (await agent.ask()).status in {400, 503}
    assert agent.far.requests == []
    await out.aclose()
