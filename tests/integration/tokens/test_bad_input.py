"""Whatever comes in at an OAuth endpoint: an answer in the shape of its interface, never a 500, nothing half-written.

A refusal may leave audit records (and the limiter's memory); no other table changes.
"""

import json
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen.storage import schema
from tests.integration.tokens.kit import EMAIL, Shop, shop_in
from tests.support.house import CALLBACK
from tests.support.walker import CHALLENGE, VERIFIER

pytestmark = pytest.mark.anyio
DOORS = ("/token", "/par", "/introspect", "/revoke", "/userinfo", "/device_authorization", "/bc-authorize")
BEGINNERS = {"/device_authorization", "/bc-authorize"}
"""A good request is kept there until a person answers it."""
RESOURCE = "/.well-known/oauth-protected-resource"
DOCUMENTS = ("/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", RESOURCE)
PAGES = ("/authorize", "/logout")
FORM = "application/x-www-form-urlencoded"
LEDGERS = {"audit_records", "audit_segments"}
MADE_UP = {
    "authorization_code": "code",
    "refresh_token": "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code": "device_code",
    "urn:openid:params:grant-type:ciba": "auth_req_id",
    "urn:ietf:params:oauth:grant-type:token-exchange": "subject_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "assertion",
}
"""What each grant is asked with; the seventh, ``client_credentials``, with the client's own proof."""
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
examples = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

NAMES = (
    "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret",
    "client_assertion", "client_assertion_type", "token", "token_type_hint", "access_token", "response_type", "state",
    "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age", "response_mode", "id_token_hint",
    "post_logout_redirect_uri", "ui_locales", "acr_values", "login_hint", "resource", "request", "claims", "csrf",
    "request_uri", "display", "device_code", "auth_req_id", "subject_token", "subject_token_type", "actor_token",
    "actor_token_type", "requested_token_type", "audience", "assertion", "authorization_details", "dpop_jkt",
    "binding_message", "requested_expiry", "client_notification_token", "user_code", "login_hint_token",
)  # fmt: skip
GOOD = (
    "authorization_code", "refresh_token", "client_credentials", "code", "openid", "openid email", CALLBACK, VERIFIER,
    CHALLENGE, "S256", "none", "login", "form_post", "query", "0", "3600", "en", "rt_AAAA", "e30.e30.AAAA",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "SHOP", "SECRET", EMAIL, *MADE_UP, ACCESS_TOKEN,
    "urn:ietf:params:oauth:token-type:id_token", "[]", "{}", '[{"type":"x"}]', "null", "9" * 5_000, "https://id.example",
)  # fmt: skip

texts = st.one_of(
    st.sampled_from(GOOD),
    st.text(max_size=60),
    st.sampled_from(
        ["\x00", "\r\nx: y", "\u202e", "\ufeff", "a" * 9_000, "../..", "' OR 1=1 --", "{{7*7}}", "\U0001f600"]
    ),
)
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=80)), texts), max_size=14)
broken = st.sampled_from(
    [b"%", b"%zz", b"%00", b"a=%ff%fe", b"\xff\xfe", b"=", b"&&&", b"a=b&a=b", b"=x", b"a;b", b"a" * 70_000,
     b"&".join(b"a%d=1" % n for n in range(200)), b"{}", b'{"grant_type":"x"}', b"<x/>"]
)  # fmt: skip
bodies = st.one_of(pairs.map(lambda found: urlencode(found).encode()), broken, st.binary(max_size=200))
content_types = st.one_of(
    st.just(FORM),
    st.sampled_from([FORM + "; charset=utf-8", FORM + ";charset=latin-1", FORM.upper(), "application/json",
                     "multipart/form-data; boundary=x", "text/plain", "", "x", FORM + ";;", ";" * 500]),
)  # fmt: skip
header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
authorizations = st.one_of(
    st.none(),
    st.just("GOOD"),
    st.sampled_from(["Basic", "Basic =", "Basic " + "A" * 5_000, "Bearer", "Bearer x", "bearer  ", "Bearer a b", ":"]),
    header_text,
    st.binary(max_size=60).map(lambda data: "Basic " + b64encode(data).decode()),
    texts.map(lambda text: "Basic " + b64encode(f"SHOP:{text}".encode()).decode()),
)
methods = st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO"])
HEADERS = (
    "cookie", "origin", "accept", "accept-language", "x-forwarded-for", "forwarded", "sec-fetch-site", "user-agent",
    "if-none-match", "host", "range", "expect", "dpop", "x-request-id", "content-encoding",
)  # fmt: skip
further = st.dictionaries(st.sampled_from(HEADERS), header_text, max_size=4)


@pytest.fixture(scope="module")
async def shop(tmp_path_factory, house_files, anyio_backend) -> AsyncIterator[Shop]:
    async with shop_in(tmp_path_factory.mktemp("bad-input"), house_files, client_failures_per_address="off") as shop:
        every = ("client_credentials", *MADE_UP)
        await shop.house.change_client(shop.client_id, grant_types=every, backchannel_token_delivery_mode="poll")
        yield shop


def filled(shop: Shop, text: str) -> str:
    return text.replace("SHOP", shop.client_id).replace("SECRET", shop.auth[1])


async def send(shop: Shop, path: str, method: str, body: bytes, headers: dict[str, str | None]) -> httpx2.Response:
    """Send the request as it is; what no HTTP client would let through is left out."""
    body = body.replace(b"SHOP", shop.client_id.encode()).replace(b"SECRET", shop.auth[1].encode())
    authorization = headers.get("authorization")
    if authorization == "GOOD":
        authorization = "Basic " + b64encode(":".join(shop.auth).encode()).decode()
    given = [(n, v.strip().encode("latin-1")) for n, v in {**headers, "authorization": authorization}.items() if v]
    return await shop.http.request(method, path, content=body, headers=given)


def state(shop: Shop) -> tuple[int, ...]:
    """How many rows each table has, in one look of our own at the file."""
    tables = [table.name for table in schema.metadata.sorted_tables if table.name not in LEDGERS]
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in tables)
    with closing(sqlite3.connect(shop.house.storage.database.dialect.path)) as database:
        return tuple(database.execute(f"SELECT {counts}").fetchone())


def is_oauth_answer(answer: httpx2.Response) -> bool:
    """An OAuth answer: JSON with an error code where it is an error; a 204 or a HEAD has no body."""
    if answer.status_code == 204 or answer.request.method == "HEAD":
        return answer.content == b""
    body = json.loads(answer.content)
    if answer.status_code >= 400:
        return isinstance(body["error"], str) and set(body) <= {"error", "error_description"}
    return isinstance(body, dict)


@examples
@given(st.sampled_from(DOORS), methods, bodies, content_types, authorizations, further)
async def test_the_token_doors_answer_whatever_comes(shop: Shop, path, method, body, content_type, authorization, more):
    before = state(shop)
    headers = {**more, "content-type": content_type, "authorization": authorization}
    answer = await send(shop, path, method, body, headers)
    assert answer.status_code in {200, 204, 400, 401, 403, 405, 413, 414}, answer
    assert is_oauth_answer(answer), answer.content
    assert answer.status_code != 401 or "www-authenticate" in answer.headers
    assert state(shop) == before or (path in BEGINNERS and answer.status_code == 200)


@examples
@given(st.sampled_from(DOORS), pairs)
async def test_an_authenticated_client_gets_an_oauth_answer_for_every_form(shop: Shop, path, found):
    before = state(shop)
    body = urlencode([(name, value) for name, value in found if not name.startswith("client_")]).encode()
    answer = await send(shop, path, "POST", body, {"content-type": FORM, "authorization": "GOOD"})
    assert answer.status_code in {200, 400, 401, 413}, answer
    assert is_oauth_answer(answer), answer.content
    assert state(shop) == before or (path in BEGINNERS and answer.status_code == 200)


@examples
@given(st.sampled_from(list(MADE_UP)), texts, texts, texts, st.booleans())
async def test_no_made_up_code_or_token_gets_anything(shop: Shop, grant_type, first, second, third, is_typed):
    before = state(shop)
    form = {"grant_type": grant_type, MADE_UP[grant_type]: first, "code_verifier": second, "scope": third}
    form |= {"redirect_uri": CALLBACK, "subject_token_type": ACCESS_TOKEN if is_typed else second, "actor_token": third}
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    answer = await send(shop, "/token", "POST", body, {"content-type": FORM, "authorization": "GOOD"})
    assert answer.status_code in {400, 413}
    assert answer.json()["error"] in {"invalid_request", "invalid_grant"}
    assert state(shop) == before


@examples
@given(texts.filter(lambda text: text != "SECRET"))
async def test_no_made_up_secret_gets_anything(shop: Shop, secret):
    form = {"grant_type": "client_credentials", "client_id": shop.client_id, "client_secret": secret}
    answer = await send(shop, "/token", "POST", urlencode(form).encode(), {"content-type": FORM})
    assert answer.status_code in {400, 401, 413}
    assert is_oauth_answer(answer), answer.content


@examples
@given(st.sampled_from(DOCUMENTS), methods, st.text(max_size=50), further)
async def test_the_documents_answer_whatever_comes(shop: Shop, path, method, query, more):
    answer = await send(shop, f"{path}?{quote(query)}", method, b"", more)
    assert answer.status_code in {200, 204, 304, 400, 405, 414} | ({404} if path == RESOURCE else set()), answer
    if answer.status_code not in {204, 304} and method != "HEAD":
        json.loads(answer.content)


@examples
@given(st.sampled_from(PAGES), st.sampled_from(["GET", "POST"]), bodies, content_types, further)
async def test_the_pages_answer_whatever_comes(shop: Shop, path, method, body, content_type, more):
    before = state(shop)
    query = quote(body[:4_000], safe="=&%+") if method == "GET" else ""
    answer = await send(
        shop, f"{path}?{query}", method, body if method == "POST" else b"", {**more, "content-type": content_type}
    )
    assert answer.status_code in {200, 303, 400, 403, 404, 410, 413, 414, 431}, answer
    if answer.status_code >= 400:
        assert state(shop) == before
        kind = answer.headers["content-type"]
        assert kind.startswith(("text/html", "application/json", "application/problem+json")), kind
    if answer.status_code == 303:
        assert answer.headers["location"].startswith(("/journey/", "/account", "/authorize?", "/logout?", CALLBACK)), (
            answer.headers
        )


CHANGEABLE = (
    "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age",
    "response_mode", "id_token_hint", "ui_locales", "acr_values", "login_hint", "claims", "redirect_uri",
)  # fmt: skip
changed = st.dictionaries(st.sampled_from(CHANGEABLE), texts, max_size=6)


@examples
@given(changed)
async def test_a_request_of_a_known_client_goes_back_to_its_own_address_or_to_a_page(
    shop: Shop, changes: dict[str, Any]
):
    before = state(shop)
    request = shop.walker.request(shop.client_id) | changes
    answer = await shop.http.get("/authorize", params=request)
    assert answer.status_code in {200, 303, 400, 414}, answer
    location = answer.headers.get("location", "")
    assert location.startswith(("/journey/", CALLBACK + "?")) or not location
    if location.startswith(CALLBACK):
        assert "error=" in location  # nobody is signed in at this browser
        assert "iss=https%3A%2F%2Fid.example" in location
    if answer.status_code == 400 or location.startswith(CALLBACK):
        assert state(shop) == before


@pytest.mark.parametrize("path", DOORS)
async def test_a_body_that_is_too_long_is_refused_before_it_is_read(shop: Shop, path: str):
    answer = await send(shop, path, "POST", b"a" * 70_000, {"content-type": FORM})
    assert answer.status_code == 413
    assert is_oauth_answer(answer)


@pytest.mark.parametrize("path", [*DOORS, *DOCUMENTS])
async def test_a_query_that_is_too_long_is_refused(shop: Shop, path: str):
    answer = await shop.http.request("POST" if path in DOORS else "GET", path + "?a=" + "b" * 20_000)
    assert answer.status_code == 414
    assert is_oauth_answer(answer)


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_a_wrong_content_type_is_an_invalid_request(shop: Shop, path: str, content_type: str):
    answer = await send(shop, path, "POST", b"token=x", {"content-type": content_type, "authorization": "GOOD"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_nul_is_nobodys_client_and_no_error_of_the_database(shop: Shop):
    for path in ("/token", "/revoke"):
        answer = await send(shop, path, "POST", b"client_id=%00&token=x", {"content-type": FORM})
        assert answer.status_code == 400
    value = "Basic " + b64encode(b"%00:x").decode()
    assert (await send(shop, "/token", "POST", b"", {"content-type": FORM, "authorization": value})).status_code == 401
