"""RFC 9126: OAuth 2.0 Pushed Authorization Requests."""

import asyncio
from urllib.parse import urlencode

import pytest

from limen.identity.tenants.records import Lifetimes, TenantSettings
from tests.integration.tokens.kit import EMAIL, Shop, error, open_shop
from tests.support.house import CALLBACK, PASSWORD

pytestmark = pytest.mark.anyio

URN = "urn:ietf:params:oauth:request_uri:"


async def push(shop: Shop, auth=None, **changes):
    auth = auth or shop.auth
    form = shop.walker.request(auth[0], **changes)
    return await shop.post("/par", form, auth if auth[1] else None)


async def pushed(shop: Shop, auth=None, **changes) -> str:
    answer = await push(shop, auth, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["request_uri"]


async def arrive(walker, client_id: str, uri: str, **more: str):
    return await walker.get(f"/authorize?{urlencode({'client_id': client_id, 'request_uri': uri, **more})}")


# ------------------------------------------------------------------------------------------------ §2.1: the request


async def test_rfc9126_s2_1_the_client_authenticates_as_at_the_token_endpoint(shop: Shop):
    form = shop.walker.request(shop.client_id)
    assert error(await shop.post("/par", form)) == (401, "invalid_client")
    assert error(await shop.post("/par", form, (shop.client_id, "x" * 40))) == (401, "invalid_client")
    posted = await shop.another(token_endpoint_auth_method="client_secret_post")
    form = shop.walker.request(posted[0]) | {"client_secret": posted[1]}
    assert (await shop.post("/par", form)).status_code == 201


async def test_rfc9126_s2_1_a_public_client_pushes_with_its_client_id(shop: Shop):
    public = await shop.another(token_endpoint_auth_method="none")
    uri = await pushed(shop, public)
    assert "code" in (await arrive(shop.walker, public[0], uri)).answer


async def test_rfc9126_s2_1_request_uri_must_not_be_pushed(shop: Shop):
    for uri in (URN + "x", "https://shop.example/object"):
        assert error(await push(shop, request_uri=uri)) == (400, "invalid_request")


async def test_rfc9126_s2_1_the_client_id_must_be_the_authenticated_clients(shop: Shop):
    other = await shop.another()
    assert error(await shop.post("/par", shop.walker.request(other[0]), shop.auth)) == (400, "invalid_request")
    form = shop.walker.request(shop.client_id) | {"client_id": None}
    assert (await shop.post("/par", form, shop.auth)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.example/cb"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": "a\r\nb"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"id_token_hint": "no token"}, "invalid_request"),
    ],
)
async def test_rfc9126_s2_1_a_request_is_checked_as_at_the_authorization_endpoint(shop: Shop, changes, code):
    answer = await push(shop, **changes)
    assert error(answer) == (400, code)
    assert answer.json()["error_description"]


async def test_rfc9126_s2_1_a_repeated_parameter_is_refused(shop: Shop):
    body = urlencode([*shop.walker.request(shop.client_id).items(), ("scope", "openid")])
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.http.post("/par", content=body, auth=shop.auth, headers=headers)
    assert error(answer) == (400, "invalid_request")


# ----------------------------------------------------------------------------------------------- §2.2: the response


async def test_rfc9126_s2_2_the_answer_is_201_with_a_urn_and_its_seconds(shop: Shop):
    answer = await push(shop)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["request_uri"].startswith(URN)
    assert body["expires_in"] == 60
    assert set(body) == {"request_uri", "expires_in"}


async def test_rfc9126_s2_2_the_reference_has_entropy_and_is_another_each_time(shop: Shop):
    made = [await pushed(shop) for _ in range(3)]
    times, chances = {uri.removeprefix(URN)[:12] for uri in made}, {uri.removeprefix(URN)[12:] for uri in made}
    assert len(times) == 1  # the clock stands still: what differs is chance
    assert len(chances) == 3
    assert all(len(chance) == 43 for chance in chances)  # 256 bits


async def test_rfc9126_s2_2_its_life_is_the_tenants_setting(shop: Shop):
    tenant = await shop.house.add_tenant("brief", TenantSettings(lifetimes=Lifetimes(pushed_request=5)))
    async with open_shop(shop.house, tenant, "ben@example.com") as brief:
        answer = await push(brief)
        assert answer.json()["expires_in"] == 5
        brief.house.clock.advance(5)
        page = await arrive(brief.walker, brief.client_id, answer.json()["request_uri"])
        assert page.status == 410


# ------------------------------------------------------------------------------------------------- §2.3: the errors


async def test_rfc9126_s2_3_another_method_is_405(shop: Shop):
    answer = await shop.http.get("/par")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_rfc9126_s2_3_too_many_from_an_address_whose_client_proves_nothing_is_429(shop: Shop):
    public = await shop.another(token_endpoint_auth_method="none")
    statuses = [(await push(shop, public)).status_code for _ in range(121)]
    assert (statuses[0], statuses[119], statuses[120]) == (201, 201, 429)
    assert (await push(shop)).status_code == 201  # a client that proves itself is not meant


async def test_rfc9126_s2_3_too_much_is_413(shop: Shop):
    assert (await push(shop, state="x" * 70_000)).status_code == 413


# ----------------------------------------------------------------------------------- §4: the authorization request


async def test_rfc9126_s4_a_pushed_request_is_answered_as_if_it_had_come_by_the_browser(shop: Shop):
    page = await arrive(shop.walker, shop.client_id, await pushed(shop))
    assert page.location.startswith(CALLBACK)
    assert (page.answer["state"], page.answer["iss"]) == ("the-state", "https://id.example")
    tokens = (await shop.redeem(page.answer["code"])).json()
    assert "id_token" in tokens


async def test_rfc9126_s4_parameters_beside_it_count_for_nothing(shop: Shop):
    uri = await pushed(shop)
    page = await arrive(shop.walker, shop.client_id, uri, state="another", redirect_uri="https://evil.example")
    assert page.location.startswith(CALLBACK)
    assert page.answer["state"] == "the-state"


async def test_rfc9126_s4_a_client_uses_no_request_of_another(shop: Shop):
    other = await shop.another()
    page = await arrive(shop.walker, other[0], await pushed(shop))
    assert (page.status, page.location) == (410, "")


async def test_rfc9126_s4_without_its_client_id_it_leads_nowhere(shop: Shop):
    page = await shop.walker.get(f"/authorize?{urlencode({'request_uri': await pushed(shop)})}")
    assert (page.status, page.location) == (400, "")


async def test_rfc9126_s4_it_is_used_once(shop: Shop):
    uri = await pushed(shop)
    assert "code" in (await arrive(shop.walker, shop.client_id, uri)).answer
    again = await arrive(shop.walker, shop.client_id, uri)
    assert (again.status, again.location) == (410, "")


async def test_rfc9126_s4_two_tabs_of_a_browser_get_one_code(shop: Shop):
    uri = await pushed(shop)
    pages = await asyncio.gather(*(arrive(shop.walker, shop.client_id, uri) for _ in range(2)))
    assert sorted("code" in page.answer for page in pages) == [False, True]


async def test_rfc9126_s4_a_reload_and_the_back_button_lead_on_in_the_same_browser(shop: Shop):
    uri, walker = await pushed(shop), shop.house.walker()
    first = await arrive(walker, shop.client_id, uri)
    assert first.fields.keys() >= {"email", "password"}
    shop.house.clock.advance(600)  # far beyond its minute, within the journey's life
    again = await arrive(walker, shop.client_id, uri)
    page = await walker.sign_in(EMAIL, PASSWORD, again)
    assert page.answer["state"] == "the-state"
    assert (await arrive(walker, shop.client_id, uri)).status == 410  # a code was issued


async def test_rfc9126_s4_of_two_journeys_begun_with_it_one_gets_a_code(shop: Shop):
    uri, walker = await pushed(shop), shop.house.walker()
    tabs = [await arrive(walker, shop.client_id, uri) for _ in range(2)]
    first = await walker.sign_in(EMAIL, PASSWORD, tabs[0])
    second = await walker.get(tabs[1].path)
    if second.forms:
        second = await walker.post(second)
    assert "code" in first.answer
    assert "code" not in second.answer


async def test_rfc9126_s4_another_browser_cannot_begin_with_it(shop: Shop):
    uri, mine, other = await pushed(shop), shop.house.walker(), shop.house.walker()
    assert (await arrive(mine, shop.client_id, uri)).status == 200
    page = await arrive(other, shop.client_id, uri)
    assert (page.status, page.location, page.forms) == (410, "", [])
    assert (await arrive(mine, shop.client_id, uri)).status == 200


async def test_rfc9126_s4_it_expires(shop: Shop):
    uri = await pushed(shop)
    shop.house.clock.advance(60)
    assert (await arrive(shop.walker, shop.client_id, uri)).status == 410


async def test_rfc9126_s4_an_unknown_reference_is_refused_on_a_page(shop: Shop):
    for uri in (URN, URN + "x" * 43, URN + "\u2603", URN + "x" * 8_000):
        page = await arrive(shop.walker, shop.client_id, uri)
        assert (page.status in {410, 414}, page.location) == (True, "")


async def test_rfc9126_s4_a_redirect_uri_withdrawn_meanwhile_leads_nowhere(shop: Shop):
    uri = await pushed(shop)
    await shop.house.change_client(shop.client_id, redirect_uris=("https://shop.example/elsewhere",))
    page = await arrive(shop.walker, shop.client_id, uri)
    assert (page.status, page.location) == (400, "")


async def test_rfc9126_s4_prompt_none_is_refused_without_using_it_up(shop: Shop):
    uri = await pushed(shop, prompt="none")
    stranger = shop.house.walker()
    assert (await arrive(stranger, shop.client_id, uri)).answer["error"] == "login_required"
    assert "code" in (await arrive(shop.walker, shop.client_id, uri)).answer


async def test_rfc9126_s4_another_tenant_knows_nothing_of_it(shop: Shop):
    tenant = await shop.house.add_tenant("other")
    uri = await pushed(shop)
    async with open_shop(shop.house, tenant, "fay@example.com") as other:
        page = await other.walker.get(f"/authorize?{urlencode({'client_id': other.client_id, 'request_uri': uri})}")
        assert (page.status, page.location) == (410, "")


async def test_rfc9126_s4_a_denied_request_may_be_allowed_after_all_in_the_same_browser(shop: Shop):
    auth = await shop.another(require_consent=True)
    uri = await pushed(shop, auth)
    page = await shop.walker.post(await arrive(shop.walker, auth[0], uri), decision="deny")
    assert page.answer["error"] == "access_denied"
    assert "code" in (await shop.walker.allow(await arrive(shop.walker, auth[0], uri))).answer


# ------------------------------------------------------------------------------------- §5, §6: metadata


async def test_rfc9126_s5_the_endpoint_is_announced(shop: Shop):
    document = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert document["pushed_authorization_request_endpoint"] == "https://id.example/par"
    assert document["require_pushed_authorization_requests"] is False


async def test_rfc9126_s5_a_tenant_may_require_it_of_every_client(shop: Shop):
    tenant = await shop.house.add_tenant("strict", TenantSettings(require_pushed_authorization_requests=True))
    async with open_shop(shop.house, tenant, "cid@example.com") as strict:
        document = (await strict.http.get(f"{strict.prefix}/.well-known/openid-configuration")).json()
        assert document["require_pushed_authorization_requests"] is True
        assert (await strict.arrive()).answer["error"] == "invalid_request"
        assert "code" in (await arrive(strict.walker, strict.client_id, await pushed(strict))).answer


async def test_rfc9126_s6_a_client_may_require_it_of_itself(shop: Shop):
    auth = await shop.another(require_pushed_authorization_requests=True)
    page = await shop.arrive(auth[0])
    assert page.answer["error"] == "invalid_request"
    assert "code" in (await arrive(shop.walker, auth[0], await pushed(shop, auth))).answer


# ------------------------------------------------------------------------------------------------- §7: security


async def test_rfc9126_s7_1_what_is_pushed_is_stored_sealed_and_its_reference_hashed(shop: Shop, tmp_path):
    uri = await pushed(shop, login_hint="zoe@example.org", state="a-state-to-look-for")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("limen.db"))
    assert b"pushed_requests" in written
    for secret in ("zoe@example.org", "a-state-to-look-for", uri.removeprefix(URN)):
        assert secret.encode() not in written


async def test_a_push_is_on_record_without_what_was_asked(shop: Shop):
    await pushed(shop, login_hint="ann@example.com")
    [told] = await shop.told("request.pushed")
    assert (told["client"], told["data"]) == (shop.client_id, {"signed": False})
