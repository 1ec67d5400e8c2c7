"""Withdrawal by mail (RFC 8058): one click, no session, and nothing done by looking."""

import html

import pytest

from limen.identity.consents.purposes import Basis, Channel, Kind
from limen.identity.consents.unsubscribe import Links, Subscription
from tests.integration.consents.test_portal import answered, decisions, publish, signed_in
from tests.support.house import says

pytestmark = pytest.mark.anyio

URLENCODED = {
    "content": b"List-Unsubscribe=One-Click",
    "headers": {"content-type": "application/x-www-form-urlencoded"},
}
MULTIPART = {
    "content": b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    "headers": {"content-type": "multipart/form-data; boundary=b"},
}


async def link_for(house, customer, purpose="newsletter"):
    """The link of a customer, as a sender gets it from the API."""
    machine = await house.register_client(
        grant_types=("client_credentials",), redirect_uris=(), post_logout_redirect_uris=(),
        scopes=("limen:consents:read",),
    )  # fmt: skip
    async with house.client() as http:
        token = await http.post("/token", data={"grant_type": "client_credentials"}, auth=machine)
        http.headers["authorization"] = f"Bearer {token.json()['access_token']}"
        body = {"purpose": purpose, "customers": [customer]}
        answer = await http.post("/api/v1/consents/unsubscribe-links", json=body)
        assert answer.status_code == 200, answer.text
        [found] = answer.json()["links"]
    assert found["list_unsubscribe"] == f"<{found['url']}>"
    assert found["list_unsubscribe_post"] == "List-Unsubscribe=One-Click"
    assert customer not in found["url"]
    return found


async def given(house):
    await publish(house, kind=Kind.MARKETING, channel=Channel.EMAIL)
    ann, _ = await signed_in(house)
    await answered(ann, "give")
    [record] = await decisions(house)
    return ann, await link_for(house, record.decision.customer_id)


@pytest.mark.parametrize("one_click", [URLENCODED, MULTIPART], ids=["urlencoded", "multipart"])
async def test_one_click_withdraws_without_a_session_and_twice_is_recorded_once(house, one_click):
    _, link = await given(house)
    assert link["allowed"]
    async with house.client("198.51.100.7") as program:
        for _ in range(2):
            answer = await program.post(link["url"], **one_click)
            assert answer.status_code == 200  # and no redirect
            assert "set-cookie" not in answer.headers
    first, last = await decisions(house)
    assert (last.decision.decision.value, last.decision.method) == ("withdrawn", "mail")
    assert last.decision.customer_id == first.decision.customer_id
    assert (await house.events()).count("consent.withdrawn") == 1
    assert not (await link_for(house, last.decision.customer_id))["allowed"]


async def test_looking_does_nothing_and_the_button_withdraws(house):
    ann, link = await given(house)
    reader = house.walker(language="de")
    page = await reader.get(link["url"])
    assert page.h1 == says("unsubscribe.title", "de")
    assert "Unser Rundbrief" in page.text
    assert len(await decisions(house)) == 1
    page = await reader.post(page)
    assert page.h1 == says("unsubscribe.done.title", "de")
    assert (await reader.get(link["url"])).h1 == says("unsubscribe.done.title", "de")
    assert says("privacy.state.withdrawn") in html.unescape((await ann.get("/account/privacy")).text)


async def test_it_is_an_objection_where_no_consent_was_needed(house):
    await publish(house, kind=Kind.MARKETING, channel=Channel.EMAIL, basis=Basis.LEGITIMATE_INTERESTS)
    customer = await house.customer("ann@example.com")
    link = await link_for(house, customer.id)
    assert link["allowed"]
    await house.client().post(link["url"], **URLENCODED)
    assert [one.decision.decision.value for one in await decisions(house)] == ["withdrawn"]
    assert not (await link_for(house, customer.id))["allowed"]


async def test_what_says_no_such_thing_withdraws_nothing(house):
    _, link = await given(house)
    async with house.client() as http:
        for content, kind in (
            (b"", "application/x-www-form-urlencoded"),
            (b"List-Unsubscribe=yes", "application/x-www-form-urlencoded"),
            (b"List-Unsubscribe=One-Click", "text/plain"),
            (MULTIPART["content"].replace(b"One-Click", b"x"), "multipart/form-data; boundary=b"),
        ):
            answer = await http.post(link["url"], content=content, headers={"content-type": kind})
            assert answer.status_code == 400
        changed = link["url"][:-1] + ("A" if link["url"][-1] != "A" else "B")
        for url in (changed, link["url"] + "A", link["url"][:-30], "/unsubscribe/" + "A" * 900):
            assert (await http.post(url, **URLENCODED)).status_code == 404
            assert (await http.get(url)).status_code == 404
    assert len(await decisions(house)) == 1


async def test_a_link_of_another_tenant_or_of_somebody_erased_ends_nothing(house):
    _, link = await given(house)
    other = await house.add_tenant("north")
    async with house.client() as http:
        assert (
            await http.post("/t/north" + link["url"].removeprefix("https://id.example"), **URLENCODED)
        ).status_code == 404
    [record] = await decisions(house)
    subscription = Subscription(record.decision.customer_id, "newsletter")
    vaults = [await house.basis.keyring.tenant(tenant.id) for tenant in (house.tenant, other)]
    assert [Links(vault).read(Links(vaults[0]).token(subscription)) for vault in vaults] == [subscription, None]
    await house.basis.keyring.destroy_subjects(house.tenant.id, [record.decision.customer_id])
    assert (await house.client().post(link["url"], **URLENCODED)).status_code == 200
    assert len(await decisions(house)) == 1
