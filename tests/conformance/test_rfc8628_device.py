"""RFC 8628, OAuth 2.0 Device Authorization Grant.

The device answers for itself: ``verification_uri_complete`` never skips the comparison of codes (§3.3.1, §5.4).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.validation import validate
from limen.access.tokens.waiting import WaitingKind
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS
from limen.storage.schema.tokens import waiting_requests
from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop, claims, error
from tests.integration.tokens.proofs import Prover
from tests.support.walker import Page, Walker, says

pytestmark = pytest.mark.anyio

GRANT = WaitingKind.DEVICE.value
SCOPE = "openid email offline_access"


@dataclass
class Television:
    """A device without a browser, and the people around it."""

    shop: Shop
    auth: tuple[str, str]

    async def ask(self, **changes: Any) -> httpx2.Response:
        form = {"scope": SCOPE} | ({} if self.auth[1] else {"client_id": self.auth[0]}) | changes
        return await self.shop.post("/device_authorization", form, self.auth if self.auth[1] else None)

    async def begin(self, **changes: Any) -> dict[str, Any]:
        answer = await self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def poll(self, code: str, **changes: Any) -> httpx2.Response:
        form = {"grant_type": GRANT, "device_code": code} | ({} if self.auth[1] else {"client_id": self.auth[0]})
        return await self.shop.post("/token", form | changes, self.auth if self.auth[1] else None)

    async def compare(self, user_code: str, walker: Walker | None = None) -> Page:
        """Type the code, as far as the page that asks whether it is the same."""
        walker = walker or self.shop.walker
        return await walker.post(await walker.get("/device"), user_code=user_code)

    async def approve(self, user_code: str, walker: Walker | None = None) -> Page:
        walker = walker or self.shop.walker
        page = await self.compare(user_code, walker)
        page = await walker.post(page, decision="continue")
        if page.path.startswith("/journey/") and any(name == "decision" for name, _ in page.form.buttons):
            page = await walker.allow(page)
        return page


@pytest.fixture
async def tv(shop: Shop) -> Television:
    auth = await shop.another(
        client_name="Living Room",
        grant_types=(GRANT, "refresh_token"),
        redirect_uris=(),
        token_endpoint_auth_method=AuthMethod.NONE,
        require_consent=True,
    )
    return Television(shop, auth)


async def test_rfc8628_s3_1_the_client_proves_itself_as_at_the_token_endpoint(shop: Shop):
    confidential = await shop.another(grant_types=(GRANT,), redirect_uris=())
    assert (await Television(shop, confidential).ask()).status_code == 200
    refused = await Television(shop, (confidential[0], "wrong" * 10)).ask()
    assert error(refused) == (401, "invalid_client")
    assert error(await shop.post("/device_authorization", {"scope": SCOPE})) == (401, "invalid_client")


async def test_rfc8628_s3_1_a_client_without_the_grant_is_refused(shop: Shop):
    assert error(await Television(shop, shop.auth).ask()) == (400, "unauthorized_client")


async def test_rfc8628_s3_1_scopes_are_checked_before_a_code_is_given(tv: Television):
    assert error(await tv.ask(scope="openid admin")) == (400, "invalid_scope")
    assert error(await tv.ask(request="eyJ"))[0] == 400


async def test_rfc8628_s5_4_what_is_answered_on_another_device_never_sets_up_how_its_customer_signs_in(shop: Shop):
    scopes = ("openid", ACCOUNT_CREDENTIALS)
    both = {"grant_types": (GRANT, WaitingKind.BACKCHANNEL.value), "backchannel_token_delivery_mode": "poll"}
    wrong = validate(ClientDocument(client_name="Living Room", scopes=scopes, **both))
    assert wrong is not None
    assert wrong.fields == {"scopes.1": "scope.code_grant"}
    auth = await shop.another(scopes=scopes, **both | {"grant_types": (*both["grant_types"], "authorization_code")})
    for path, form in (("/device_authorization", {}), ("/bc-authorize", {"login_hint": EMAIL})):
        assert error(await shop.post(path, form | {"scope": " ".join(scopes)}, auth)) == (400, "invalid_scope")
        assert (await shop.post(path, form | {"scope": "openid"}, auth)).status_code == 200


async def test_rfc8628_s3_2_the_answer_has_all_that_the_device_needs(tv: Television):
    answer = await tv.ask()
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {
        "device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval",
    }  # fmt: skip
    assert (body["expires_in"], body["interval"]) == (600, 5)
    assert body["verification_uri"] == "https://id.example/device"
    assert body["verification_uri_complete"].endswith(f"?user_code={body['user_code']}")


async def test_rfc8628_s3_3_the_person_compares_signs_in_and_allows_and_the_device_has_tokens(tv: Television):
    begun = await tv.begin()
    walker = tv.shop.house.walker()
    page = await tv.compare(begun["user_code"], walker)
    assert begun["user_code"] in page.text
    assert "Living Room" in page.text
    assert says("device.confirm.warning") in page.text
    page = await walker.post(page, decision="continue")
    page = await walker.sign_in(EMAIL, PASSWORD, page)
    assert "Living Room" in page.h1  # consent
    page = await walker.allow(page)
    assert page.h1 == says("device.done.approved.title")
    answer = await tv.poll(begun["device_code"])
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert claims(tokens["id_token"])["sub"] == tv.shop.customer.subject
    assert tokens["scope"] == SCOPE
    refreshed = await tv.shop.refresh(tokens["refresh_token"], tv.auth)
    assert refreshed.status_code == 200
    told = await tv.shop.house.events()
    assert {"device.requested", "device.approved", "code.redeemed"} <= set(told)


async def test_rfc8628_s3_3_1_a_complete_link_fills_the_code_in_and_still_asks(tv: Television):
    begun = await tv.begin()
    path = begun["verification_uri_complete"].removeprefix("https://id.example")
    page = await tv.shop.walker.get(path)
    assert page.fields["user_code"] == begun["user_code"]
    assert "Living Room" not in page.text  # a GET looks nothing up
    page = await tv.shop.walker.post(page)
    assert {"continue", "deny"} == {value for _, value in page.form.buttons}
    assert error(await tv.poll(begun["device_code"])) == (400, "authorization_pending")


async def test_rfc8628_s3_3_1_the_link_can_be_had_as_a_picture(tv: Television):
    begun = await tv.begin()
    answer = await tv.shop.http.get(f"/device/qr?user_code={begun['user_code']}")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert begun["user_code"] in answer.text
    assert (await tv.shop.http.get("/device/qr?user_code=<script>")).status_code == 400


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}", "{3} {4}"])
async def test_rfc8628_s6_1_a_code_may_be_typed_in_any_shape(tv: Television, typed: str):
    code = (await tv.begin())["user_code"]
    shapes = (code, code.replace("-", ""), code.lower(), *code.split("-"))
    page = await tv.compare(typed.format(*shapes))
    assert code in page.text
    assert page.status == 200


async def test_rfc8628_s3_5_pending_until_somebody_answers(tv: Television):
    begun = await tv.begin()
    for _ in range(3):
        assert error(await tv.poll(begun["device_code"])) == (400, "authorization_pending")
        tv.shop.house.clock.advance(5)


async def test_rfc8628_s3_5_polling_too_fast_lengthens_the_interval_for_good(tv: Television):
    code = (await tv.begin())["device_code"]
    clock = tv.shop.house.clock
    assert error(await tv.poll(code)) == (400, "authorization_pending")
    clock.advance(4.9)
    assert error(await tv.poll(code)) == (400, "slow_down")
    clock.advance(9.9)
    assert error(await tv.poll(code)) == (400, "slow_down")
    clock.advance(15)
    assert error(await tv.poll(code)) == (400, "authorization_pending")


async def test_rfc8628_s3_5_denied_on_the_page_or_at_consent(tv: Television):
    first, second = await tv.begin(), await tv.begin()
    walker = tv.shop.walker
    page = await walker.post(await tv.compare(first["user_code"]), decision="deny")
    assert page.h1 == says("device.done.denied.title")
    page = await walker.post(await tv.compare(second["user_code"]), decision="continue")
    page = await walker.post(page, decision="deny")
    assert page.h1 == says("device.done.denied.title")
    for begun in (first, second):
        assert error(await tv.poll(begun["device_code"])) == (400, "access_denied")


async def test_rfc8628_s3_5_an_expired_code_is_said_to_be(tv: Television):
    pending, allowed = await tv.begin(), await tv.begin()
    await tv.approve(allowed["user_code"])
    tv.shop.house.clock.advance(600)
    for begun in (pending, allowed):
        assert error(await tv.poll(begun["device_code"])) == (400, "expired_token")
    page = await tv.compare(pending["user_code"])
    assert page.errors["user_code"] == says("error.user_code_unknown")


async def test_rfc8628_s3_5_a_device_code_is_good_for_its_own_client_alone(tv: Television):
    begun = await tv.begin()
    other = Television(tv.shop, await tv.shop.another(grant_types=(GRANT,), redirect_uris=()))
    await tv.approve(begun["user_code"])
    assert error(await other.poll(begun["device_code"])) == (400, "invalid_grant")
    assert error(await tv.poll("nonsense")) == (400, "invalid_grant")
    assert error(await tv.poll("")) == (400, "invalid_request")
    assert (await tv.poll(begun["device_code"])).status_code == 200


async def test_rfc8628_s3_5_of_fifty_polls_at_once_one_has_tokens(tv: Television):
    begun = await tv.begin()
    await tv.approve(begun["user_code"])
    answers = await asyncio.gather(*(tv.poll(begun["device_code"]) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}


async def test_rfc8628_s3_5_a_code_that_comes_again_ends_what_it_began(tv: Television):
    begun = await tv.begin()
    await tv.approve(begun["user_code"])
    tokens = (await tv.poll(begun["device_code"])).json()
    assert error(await tv.poll(begun["device_code"])) == (400, "invalid_grant")
    assert error(await tv.shop.refresh(tokens["refresh_token"], tv.auth)) == (400, "invalid_grant")


async def test_rfc8628_s3_4_a_device_code_is_no_authorization_code(shop: Shop):
    auth = await shop.another(grant_types=("authorization_code", GRANT))
    tv = Television(shop, auth)
    begun = await tv.begin()
    await tv.approve(begun["user_code"])
    assert error(await shop.redeem(begun["device_code"], auth, redirect_uri=GRANT)) == (400, "invalid_grant")
    assert error(await tv.poll(await shop.code(auth[0]))) == (400, "invalid_grant")
    assert (await tv.poll(begun["device_code"])).status_code == 200


async def test_rfc8628_s5_1_guesses_are_counted_by_address_and_by_browser(tv: Television):
    pages = [await tv.compare("BCDF-GHJK") for _ in range(21)]
    assert [page.status for page in pages] == [400] * 20 + [429]
    begun = await tv.begin()
    assert (await tv.compare(begun["user_code"])).status == 429
    elsewhere = tv.shop.house.walker(address="198.51.100.9")
    assert (await tv.compare(begun["user_code"], elsewhere)).status == 200


async def test_rfc8628_s5_1_a_code_has_eight_of_twenty_letters_and_is_not_stored(tv: Television):
    codes = [(await tv.begin())["user_code"] for _ in range(20)]
    assert len(set(codes)) == 20
    assert all(set(code.replace("-", "")) <= set("BCDFGHJKLMNPQRSTVWXZ") for code in codes)
    assert all(len(code) == 9 for code in codes)
    async with tv.shop.house.storage.database.read(tv.shop.tenant.id) as unit:
        rows = (await unit.connection.execute(select(waiting_requests))).all()
    stored = repr([tuple(row) for row in rows])
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_rfc8628_s5_4_the_page_says_where_the_request_came_from(tv: Television):
    begun = await tv.begin()
    page = await tv.compare(begun["user_code"])
    assert "192.0.2.0/24" in page.text
    assert "192.0.2.7" not in page.text


async def test_rfc8628_s5_4_a_first_party_client_asks_all_the_same(shop: Shop):
    tv = Television(shop, await shop.another(grant_types=(GRANT,), redirect_uris=()))
    begun = await tv.begin()
    page = await tv.compare(begun["user_code"])
    assert {"continue", "deny"} == {value for _, value in page.form.buttons}
    assert error(await tv.poll(begun["device_code"])) == (400, "authorization_pending")
    page = await shop.walker.post(page, decision="continue")
    assert page.h1 == says("device.done.approved.title")


async def test_rfc8628_s5_4_no_other_site_can_post_a_code_or_an_answer(tv: Television):
    begun = await tv.begin()
    page = await tv.shop.walker.get("/device")
    forged = await tv.shop.walker.post(page, csrf="x" * 40, user_code=begun["user_code"], decision="continue")
    assert forged.status == 403
    assert error(await tv.poll(begun["device_code"])) == (400, "authorization_pending")


async def test_rfc8628_s4_discovery_names_the_endpoint_and_the_grant(shop: Shop):
    said = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    assert said["device_authorization_endpoint"] == "https://id.example/device_authorization"
    assert GRANT in said["grant_types_supported"]


async def test_bcp_ending_the_session_before_the_poll_ends_the_request(tv: Television):
    begun = await tv.begin()
    await tv.approve(begun["user_code"])
    page = await tv.shop.walker.get("/account")
    await tv.shop.walker.post(page, form=page.forms[-1], intent="sign_out")
    assert error(await tv.poll(begun["device_code"])) == (400, "invalid_grant")


async def test_rfc9449_a_devices_tokens_are_bound_to_the_key_that_it_shows(tv: Television):
    prover = Prover(tv.shop.house.clock)
    begun = await tv.begin()
    await tv.approve(begun["user_code"])
    form = {"grant_type": GRANT, "device_code": begun["device_code"], "client_id": tv.auth[0]}
    tokens = (await tv.shop.post("/token", form, headers=prover.header())).json()
    assert claims(tokens["access_token"])["cnf"] == {"jkt": prover.jkt}
    assert error(await tv.shop.refresh(tokens["refresh_token"], tv.auth)) == (400, "invalid_grant")
