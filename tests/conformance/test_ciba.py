"""OpenID Connect Client-Initiated Backchannel Authentication, Core 1.0: poll and ping.

Not supported, and said so in the metadata: push mode, user codes, login_hint_token.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from limen.access.clients.records import AuthMethod
from limen.access.outgoing import Notice
from limen.access.tokens.waiting import WaitingKind
from limen.kernel.clock import SECOND
from limen.kernel.errors import Unavailable
from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop, claims, error
from tests.support.waiting import until
from tests.support.walker import Page, Walker, says

pytestmark = pytest.mark.anyio

GRANT = WaitingKind.BACKCHANNEL.value
KEY, OTHER = ECKey.generate_key("P-256", {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "one"})
NOTIFY = "https://bank.example/notify"
TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@dataclass
class Bank:
    """A call centre that asks its customer on the customer's own device."""

    shop: Shop
    auth: tuple[str, str]
    posted: list[tuple[str, Notice]] = field(default_factory=list)

    async def ask(self, **changes: Any) -> httpx2.Response:
        form = {"scope": "openid email offline_access", "login_hint": EMAIL, "binding_message": "W4SCT"}
        return await self.shop.post("/bc-authorize", form | changes, self.auth)

    async def begin(self, **changes: Any) -> dict[str, Any]:
        answer = await self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def poll(self, auth_req_id: str, auth: tuple[str, str] | None = None) -> httpx2.Response:
        return await self.shop.post("/token", {"grant_type": GRANT, "auth_req_id": auth_req_id}, auth or self.auth)

    async def answer(self, decision: str = "continue", walker: Walker | None = None) -> Page:
        walker = walker or self.shop.walker
        page = await walker.get("/approve")
        page = await walker.post(page, decision=decision)
        if page.path.startswith("/journey/"):
            page = await walker.allow(page)
        return page


async def register(shop: Shop, **document: Any) -> tuple[str, str]:
    given = {
        "client_name": "The Bank",
        "grant_types": (GRANT, "refresh_token"),
        "redirect_uris": (),
        "backchannel_token_delivery_mode": "poll",
        "require_consent": True,
    }
    return await shop.another(**given | document)


@pytest.fixture
async def bank(shop: Shop) -> Bank:
    return Bank(shop, await register(shop))


async def test_ciba_s7_1_the_client_proves_itself_and_has_the_grant(bank: Bank):
    assert error(await Bank(bank.shop, (bank.auth[0], "wrong" * 10)).ask()) == (401, "invalid_client")
    assert error(await Bank(bank.shop, bank.shop.auth).ask()) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"login_hint": None}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": None, "id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": None, "login_hint_token": "x"}, "invalid_request"),
        ({"binding_message": "x" * 101}, "invalid_binding_message"),
        ({"binding_message": "a\nb"}, "invalid_binding_message"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"requested_expiry": "soon"}, "invalid_request"),
        ({"request": "ey.ey.ey"}, "invalid_request"),
    ],
)
async def test_ciba_s7_2_each_parameter_is_judged(bank: Bank, changes: dict[str, Any], code: str):
    assert error(await bank.ask(**changes)) == (400, code)


async def test_ciba_s7_3_the_answer_names_the_request_its_life_and_the_interval(bank: Bank):
    body = await bank.begin()
    assert set(body) == {"auth_req_id", "expires_in", "interval"}
    assert (body["expires_in"], body["interval"]) == (300, 5)
    assert len(body["auth_req_id"]) >= 43  # §7.3: at least 128 bits, better 160
    assert (await bank.begin(requested_expiry="60"))["expires_in"] == 60
    assert (await bank.begin(requested_expiry="9999"))["expires_in"] == 300


async def test_ciba_s7_1_whether_a_hint_fits_somebody_shows_nowhere(bank: Bank):
    seen = []
    for hint in (EMAIL, "nobody@example.com", "no address at all"):
        with bank.shop.house.watching() as trace:
            answer = await bank.ask(login_hint=hint)
        body = answer.json()
        seen.append((answer.status_code, set(body), body["expires_in"], dict(answer.headers), trace.slept))
    first, *others = [(status, keys, life, slept) for status, keys, life, _, slept in seen]
    assert all(other == first for other in others)
    assert len({tuple(sorted(headers)) for _, _, _, headers, _ in seen}) == 1
    body = await bank.begin(login_hint="nobody@example.com")
    assert error(await bank.poll(body["auth_req_id"])) == (400, "authorization_pending")
    bank.shop.house.clock.advance(300)
    assert error(await bank.poll(body["auth_req_id"])) == (400, "expired_token")


async def test_ciba_s8_the_person_is_told_compares_and_allows_and_the_client_has_tokens(bank: Bank):
    begun = await bank.begin()
    [mail] = await bank.shop.house.mails(EMAIL)
    assert "The Bank" in mail.text
    assert "https://id.example/approve" in mail.text
    assert begun["auth_req_id"] not in mail.text
    walker = bank.shop.house.walker()
    page = await walker.sign_in(EMAIL, PASSWORD, await walker.get("/approve"))
    assert "/approve" in page.links  # on the account page
    page = await walker.get("/approve")
    assert "W4SCT" in page.text
    assert "The Bank" in page.text
    page = await walker.post(page, decision="continue")
    page = await walker.allow(page)
    assert page.h1 == says("device.done.approved.title")
    answer = await bank.poll(begun["auth_req_id"])
    assert answer.status_code == 200, answer.text
    assert claims(answer.json()["id_token"])["sub"] == bank.shop.customer.subject
    assert (await bank.shop.refresh(answer.json()["refresh_token"], bank.auth)).status_code == 200
    assert {"backchannel.requested", "backchannel.approved"} <= set(await bank.shop.house.events())
    assert (await walker.get("/approve")).forms == []


async def test_ciba_s8_opening_the_page_answers_nothing(bank: Bank):
    begun = await bank.begin()
    await bank.shop.walker.get("/approve")
    assert error(await bank.poll(begun["auth_req_id"])) == (400, "authorization_pending")


async def test_ciba_s11_denied_pending_too_fast_and_expired(bank: Bank):
    pending, denied = await bank.begin(), await bank.begin()  # the page lists the newest last
    page = await bank.answer("deny")
    assert page.h1 == says("device.done.denied.title")
    assert error(await bank.poll(denied["auth_req_id"])) == (400, "access_denied")
    assert error(await bank.poll(pending["auth_req_id"])) == (400, "authorization_pending")
    assert error(await bank.poll(pending["auth_req_id"])) == (400, "slow_down")
    bank.shop.house.clock.advance(300)
    assert error(await bank.poll(pending["auth_req_id"])) == (400, "expired_token")
    for wrong in ("nonsense", "x" * 200, "é"):
        assert error(await bank.poll(wrong)) == (400, "invalid_grant")
    assert error(await bank.poll("")) == (400, "invalid_request")


async def test_ciba_s11_a_request_is_its_own_clients_and_redeemed_once(bank: Bank):
    begun = await bank.begin()
    await bank.answer()
    assert error(await bank.poll(begun["auth_req_id"], await register(bank.shop))) == (400, "invalid_grant")
    answers = await asyncio.gather(*(bank.poll(begun["auth_req_id"]) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}


async def test_ciba_s8_only_the_person_who_is_asked_can_answer(bank: Bank):
    begun = await bank.begin()
    await bank.shop.house.customer("bob@example.com")
    other = bank.shop.house.walker()
    await other.sign_in("bob@example.com", PASSWORD)
    page = await other.get("/approve")
    assert "The Bank" not in page.text
    mine = await bank.shop.walker.get("/approve")
    token = (await other.get("/account")).fields["csrf"]
    forged = await other.post(mine, csrf=token, decision="continue")
    assert forged.status in {403, 410}
    assert error(await bank.poll(begun["auth_req_id"])) == (400, "authorization_pending")


async def test_ciba_s7_1_an_id_token_of_ours_names_the_person(bank: Bank):
    shop = bank.shop
    both = await register(
        shop, grant_types=(GRANT, "authorization_code"), redirect_uris=("https://shop.example/callback",)
    )
    mine = Bank(shop, both)
    page = await shop.walker.allow(await shop.arrive(both[0], scope="openid"))
    hint = (await shop.redeem(page.answer["code"], both)).json()["id_token"]
    begun = await mine.begin(login_hint=None, id_token_hint=hint, scope="openid")
    page = await mine.answer()
    assert (await mine.poll(begun["auth_req_id"])).status_code == 200
    foreign = (await shop.tokens())["id_token"]
    assert error(await mine.ask(login_hint=None, id_token_hint=foreign)) == (400, "invalid_request")


async def test_ciba_s14_a_person_is_asked_so_often_and_no_more(bank: Bank):
    for _ in range(8):
        await bank.begin()
    page = await bank.shop.walker.get("/approve")
    assert len(page.forms) == 5
    assert len(await bank.shop.house.mails(EMAIL)) == 5


async def test_ciba_s10_2_ping_tells_the_client_with_its_own_token(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    auth = await register(shop, backchannel_token_delivery_mode="ping", backchannel_client_notification_endpoint=NOTIFY)
    bank = Bank(shop, auth)

    async def post(_self: Any, url: str, notice: Notice) -> Any:
        bank.posted.append((url, notice))
        return Unavailable("outgoing_unreachable") if len(bank.posted) == 1 else 204

    monkeypatch.setattr(type(shop.house.site.outgoing), "post", post)
    assert error(await bank.ask()) == (400, "invalid_request")
    assert error(await bank.ask(client_notification_token="short")) == (400, "invalid_request")
    begun = await bank.begin(client_notification_token=TOKEN)
    assert bank.posted == []
    await bank.answer()
    await until(lambda: bank.posted)
    url, notice = bank.posted[0]
    assert (url, notice.media_type) == (NOTIFY, "application/json")
    assert notice.body == b'{"auth_req_id":"%s"}' % begun["auth_req_id"].encode()
    assert notice.bearer is not None
    assert notice.bearer.reveal() == TOKEN
    assert (await bank.poll(begun["auth_req_id"])).status_code == 200


async def test_ciba_s10_2_what_a_ping_needs_is_stored_sealed(shop: Shop):
    auth = await register(shop, backchannel_token_delivery_mode="ping", backchannel_client_notification_endpoint=NOTIFY)
    begun = await Bank(shop, auth).begin(client_notification_token=TOKEN)
    stored = b""
    for name in ("limen.db", "limen.db-wal"):
        path = shop.house.basis.settings.data_dir + "/" + name
        with open(path, "rb") as file:  # noqa: ASYNC230, PTH123 - a small file of this test
            stored += file.read()
    assert TOKEN.encode() not in stored
    assert begun["auth_req_id"].encode() not in stored
    assert b"W4SCT" not in stored


@dataclass
class Signer:
    bank: Bank
    count: int = 0

    def request(self, key: ECKey = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
        self.count += 1
        now = self.bank.shop.house.clock.now() // SECOND
        says_ = {
            "iss": self.bank.auth[0], "aud": "https://id.example", "exp": now + 60, "iat": now, "nbf": now,
            "jti": f"r{self.count}", "scope": "openid", "login_hint": EMAIL, "requested_expiry": 60,
        }  # fmt: skip
        told = {name: value for name, value in {**says_, **changes}.items() if value is not ...}
        return jwt.encode({"alg": "ES256", "kid": "one", **(header or {})}, told, key)

    async def ask(self, text: str, **beside: Any) -> httpx2.Response:
        return await self.bank.shop.post("/bc-authorize", {"request": text, **beside}, self.bank.auth)


@pytest.fixture
async def signer(shop: Shop) -> Signer:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    auth = await register(shop, jwks=jwks, backchannel_authentication_request_signing_alg="ES256")
    return Signer(Bank(shop, auth))


async def test_ciba_s7_1_1_a_signed_request_holds_everything(signer: Signer):
    answer = await signer.ask(signer.request())
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 60
    assert error(await signer.ask(signer.request(), scope="openid")) == (400, "invalid_request")
    assert error(await signer.bank.ask()) == (400, "invalid_request")  # who signs always signs


async def test_ciba_s7_1_1_a_signed_request_is_used_once(signer: Signer):
    text = signer.request()
    assert (await signer.ask(text)).status_code == 200
    assert error(await signer.ask(text)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"}, {"iss": ...}, {"aud": "https://other.example"}, {"aud": ...},
        {"aud": ["https://id.example", "https://other.example"]}, {"exp": ...}, {"exp": 1}, {"exp": 10**10},
        {"iat": ...}, {"nbf": ...}, {"nbf": 10**10}, {"nbf": 1}, {"jti": ...}, {"scope": ["openid"]},
        {"login_hint": ...},
    ],
)  # fmt: skip
async def test_ciba_s7_1_1_each_claim_of_a_signed_request_is_judged(signer: Signer, changes: dict[str, Any]):
    assert error(await signer.ask(signer.request(**changes))) == (400, "invalid_request")


async def test_ciba_s7_1_1_only_the_clients_key_and_algorithm_will_do(signer: Signer):
    assert error(await signer.ask(signer.request(OTHER))) == (400, "invalid_request")
    assert error(await signer.ask(signer.request(header={"typ": "at+jwt"}))) == (400, "invalid_request")
    body = signer.request().split(".")[1]
    assert error(await signer.ask(f"eyJhbGciOiJub25lIn0.{body}.")) == (400, "invalid_request")


@pytest.mark.parametrize(
    "document",
    [
        {"backchannel_token_delivery_mode": ""},
        {"backchannel_token_delivery_mode": "ping"},
        {"backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": "http://bank.example"},
        {"backchannel_client_notification_endpoint": NOTIFY},
        {"backchannel_authentication_request_signing_alg": "ES256"},
        {"token_endpoint_auth_method": AuthMethod.NONE},
    ],
)
async def test_ciba_s4_a_registration_that_cannot_work_is_refused(shop: Shop, document: dict[str, Any]):
    with pytest.raises(AssertionError, match="invalid_client_metadata"):
        await register(shop, **document)


async def test_ciba_s4_the_metadata_says_what_is_served(shop: Shop):
    said = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert said["backchannel_authentication_endpoint"] == "https://id.example/bc-authorize"
    assert said["backchannel_token_delivery_modes_supported"] == ["poll", "ping"]
    assert said["backchannel_user_code_parameter_supported"] is False
    assert "ES256" in said["backchannel_authentication_request_signing_alg_values_supported"]
    assert GRANT in said["grant_types_supported"]
