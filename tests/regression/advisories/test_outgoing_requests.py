"""Requests that others were made to send: public advisories of identity servers, as tests of the one way out.

CVE-2020-10770 (Keycloak): ``request_uri`` was fetched from any address, unauthenticated. CVE-2022-36663 (Gluu oxAuth,
GHSA-hc94-9v26-gxwv) and Gravitee AM (issue 8532): likewise, http as well as https. CVE-2026-4874 (Keycloak): a part of
the back-channel logout address came from the request. Each reached metadata services, or mapped the inner network by
the difference of answers.
"""

import pytest

from limen.access.outgoing import Wanted
from limen.integration.outgoing import AddressPolicy, OutgoingSettings
from limen.integration.outgoing.client import OutgoingClient
from limen.kernel.errors import Invalid
from tests.support.clock import ManualClock
from tests.support.far_servers import far_server, plain, trusting

pytestmark = pytest.mark.anyio
REQUEST_OBJECT = Wanted("request_uri", ("application/oauth-authz-req+jwt", "application/jwt"), seconds=2.0)


async def resolve_as_written(host, port):
    """What a resolver answers to an address: itself."""
    return [{"metadata.google.internal": "169.254.169.254", "localtest.me": "127.0.0.1"}.get(host, host)]


@pytest.fixture
async def client():
    opened = OutgoingClient(OutgoingSettings(), ManualClock(), resolver=resolve_as_written)
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "https://127.0.0.1:8443/",
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/latest/meta-data/",
        "https://localtest.me:8443/",
        "https://10.0.0.1/",
        "https://[64:ff9b::a00:1]/",
        "https://0.0.0.0/",
        "https://017700000001/",
        "file:///etc/passwd",
        "dict://127.0.0.1:11211/",
        "https://public.example@127.0.0.1/",
    ],
)
async def test_keycloak_cve_2020_10770_no_inner_address_is_asked(client, url):
    refused = await client.fetch(url, REQUEST_OBJECT)
    assert isinstance(refused, Invalid)
    assert refused.code == "outgoing_forbidden"


async def test_gluu_and_gravitee_http_is_not_asked_even_at_a_public_address(client):
    refused = await client.fetch("http://client.example/request.jwt", REQUEST_OBJECT)
    assert refused == Invalid("outgoing_forbidden", "redirect_uri.insecure")


async def test_a_public_server_cannot_send_us_to_an_inner_one(tmp_path):
    async with far_server(tmp_path) as far:
        far.answer = plain(b"", "location: http://169.254.169.254/latest/meta-data/", status="302 Found")

        async def here(host, port):
            return ["127.0.0.1"]

        policy = AddressPolicy(loopback=True)
        client = OutgoingClient(OutgoingSettings(policy), ManualClock(), resolver=here, tls=trusting())
        refused = await client.fetch(far.url(), REQUEST_OBJECT)
        await client.aclose()
    assert refused == Invalid("outgoing_unexpected", "status 302")


async def test_the_public_codes_do_not_tell_which_address_was_inner(client):
    """Who names addresses must not map our network by the answers."""
    inner = await client.fetch("https://10.0.0.1/", REQUEST_OBJECT)
    other = await client.fetch("https://192.168.0.1:9000/", REQUEST_OBJECT)
    assert inner == other
