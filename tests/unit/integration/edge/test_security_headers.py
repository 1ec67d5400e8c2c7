"""The policy of each answer."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from limen.integration.edge.security_headers import ContentPolicy, SecurityHeaders, TransportSecurity, form_source
from tests.support.entropy import SeededEntropy


async def _page(request: Request) -> Response:
    return HTMLResponse(f"<script nonce='{request.state.csp.nonce}'></script>")


async def _plain(_request: Request) -> Response:
    return HTMLResponse("<p>")


async def _form(request: Request) -> Response:
    request.state.csp.allow_form_target("https://app.example:8443/callback?x=1")
    request.state.csp.allow_form_target("https://app.example:8443/other")
    return HTMLResponse("<form>")


async def _asset(_request: Request) -> Response:
    return JSONResponse({}, headers={"cache-control": "public, max-age=60", "referrer-policy": "origin"})


def _client(scheme: str = "https", **options: Any) -> TestClient:
    routes = [Route("/page", _page), Route("/plain", _plain), Route("/form", _form), Route("/asset", _asset)]
    app = SecurityHeaders(Starlette(routes=routes), SeededEntropy(), TransportSecurity(**options))
    return TestClient(app, base_url=f"{scheme}://localhost")


def _directives(response: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}


def test_the_nonce_in_the_page_is_the_one_in_the_policy_and_new_each_time() -> None:
    client = _client()
    pages = [client.get("/page") for _ in range(2)]
    nonces = [page.text.partition("nonce='")[2].partition("'")[0] for page in pages]
    assert nonces[0] != nonces[1]
    assert len(nonces[0]) >= 22
    for page, nonce in zip(pages, nonces, strict=True):
        assert _directives(page)["script-src"] == ["'self'", f"'nonce-{nonce}'"]
        assert _directives(page)["style-src"] == ["'self'", f"'nonce-{nonce}'"]


def test_a_page_allows_nothing_from_elsewhere() -> None:
    directives = _directives(_client().get("/plain"))
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]
    assert directives["connect-src"] == ["'self'"]
    assert directives["script-src"] == ["'self'"]
    assert "unsafe" not in str(directives)


def test_a_handler_may_let_its_form_lead_to_a_proven_redirect_uri() -> None:
    client = _client()
    assert _directives(client.get("/form"))["form-action"] == ["'self'", "https://app.example:8443"]
    assert _directives(client.get("/plain"))["form-action"] == ["'self'"]


@pytest.mark.parametrize(
    ("uri", "more"),
    [
        ("https://app.example/cb", ["https:"]),
        ("HTTP://localhost:8080/cb", ["http:"]),
        ("com.example.app:/cb", []),
        ("javascript:alert(1)", []),
    ],
)
def test_who_gets_a_form_that_sends_itself_may_hand_the_browser_on_over_its_own_scheme(
    uri: str, more: list[str]
) -> None:
    policy = ContentPolicy(SeededEntropy())
    policy.allow_handing_on(uri)
    assert f"form-action {' '.join(['self', *more])};".replace("self", "'self'") in policy.render()


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://app.example/cb", "https://app.example"),
        ("http://127.0.0.1:4711/cb", "http://127.0.0.1:4711"),
        ("http://[::1]:4711/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
        ("COM.Example.App://cb", "com.example.app:"),
    ],
)
def test_a_form_target_is_named_as_narrowly_as_the_grammar_lets(uri: str, source: str) -> None:
    assert form_source(uri) == source


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "//app.example",
        "https://a;script-src *",
        "https://a b/",
        "https://*/",
        "https://*.example/",
        "'self'",
        "https://app.example:port/",
        "",
    ],
)
def test_what_has_no_origin_that_a_policy_can_name_is_not_allowed(uri: str) -> None:
    with pytest.raises(ValueError):
        form_source(uri)


def test_what_the_application_sets_itself_stays() -> None:
    headers = _client().get("/asset").headers
    assert headers["cache-control"] == "public, max-age=60"
    assert headers["referrer-policy"] == "origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_answer_that_is_no_page_may_load_nothing() -> None:
    assert _directives(_client().get("/asset")) == {
        "default-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_transport_security_is_sent_over_https_only() -> None:
    assert _client().get("/plain").headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in _client("http").get("/plain").headers
    assert "strict-transport-security" not in _client(max_age=0).get("/plain").headers
    with_all = _client(include_subdomains=True).get("/plain").headers["strict-transport-security"]
    assert with_all.endswith("; includeSubDomains")
