"""A browser's cookie that somebody else knew before its owner signed in."""

import asyncio
from urllib.parse import urlencode

import pytest

from limen.access.journeys import dispatcher
from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio
ANN, EVE = "ann@example.com", "eve@example.com"
AWAY = "198.51.100.9"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


async def held_back(thief, path, fields, victim):
    """Somebody sends a form but for its end until the *victim* has signed in with the same cookie; its answer."""
    text, begun, rest = urlencode(fields).encode(), asyncio.Event(), asyncio.Event()

    async def body():
        yield text[:3]
        begun.set()
        await rest.wait()
        yield text[3:]

    victim.carry(thief.cookie)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(thief.http.post(path, content=body(), headers=FORM))
        await begun.wait()
        assert (await victim.sign_in(ANN, PASSWORD)).path == "/account"
        rest.set()
    assert victim.cookie != thief.cookie
    answer = sending.result()
    assert "set-cookie" not in answer.headers
    assert (await victim.get("/account")).path == "/account"
    return answer


async def planted(house, begin):
    """Somebody begins a journey and plants its cookie in a victim's browser; both walkers, and the victim's page."""
    thief, victim = house.walker(address="198.51.100.9"), house.walker()
    page = await begin(thief)
    victim.carry(thief.cookie)
    return thief, victim, await victim.get(page.where)


async def test_whoever_planted_the_cookie_cannot_consent_after_the_password_was_typed(house):
    await house.customer("ann@example.com")
    client_id, _ = await house.register_client()
    thief, victim, page = await planted(house, lambda thief: thief.authorize(client_id))
    consent = await victim.sign_in("ann@example.com", PASSWORD, page)
    assert consent.status == 200
    assert victim.cookie != thief.cookie
    assert (await thief.get(page.where)).status == 404
    stolen = await thief.http.post(consent.form.action, data={**consent.fields, "decision": "allow"})
    assert "code=" not in stolen.headers.get("location", "")
    assert (await thief.get(stolen.headers.get("location", page.where))).status == 404
    assert (await victim.allow(consent)).answer["code"]


async def test_whoever_planted_the_cookie_cannot_choose_the_password_after_the_code_was_typed(house):
    await house.customer("ann@example.com")
    thief, victim, page = await planted(house, lambda thief: thief.get("/recover"))
    page = await victim.post(page, email="ann@example.com")
    page = await victim.post(page, code=code_in((await house.mails("ann@example.com"))[-1]))
    assert page.status == 200
    assert (await thief.get(page.where)).status == 404
    changed = await victim.post(page, password="another horse battery")
    assert (changed.status, changed.path) == (200, "/account")


async def test_a_request_that_was_held_back_until_the_owner_signed_in_gets_no_code_for_them(house):
    await house.customer(ANN)
    client_id, _ = await house.register_client(require_consent=False)
    thief, victim = house.walker(address=AWAY), house.walker()
    await thief.sign_in(EVE, "something else")  # the browser is stored
    answer = await held_back(thief, "/authorize", thief.request(client_id), victim)
    assert "code=" not in answer.headers.get("location", "")
    assert "code=" not in (await thief.get(answer.headers["location"])).location
    assert "code=" in (await victim.authorize(client_id)).location


async def test_a_form_that_was_held_back_until_the_owner_signed_in_takes_the_browser_from_nobody(house):
    await house.customer(ANN)
    await house.customer(EVE)
    thief, victim = house.walker(address=AWAY), house.walker()
    page = await thief.get("/sign-in")
    answer = await held_back(thief, page.where, {**page.fields, "email": EVE, "password": PASSWORD}, victim)
    assert (answer.status_code, (await thief.get(page.where)).status) == (303, 404)
    assert (await house.rows())["sessions"] == 1


async def test_a_device_is_not_answered_by_a_form_that_was_held_back_until_the_owner_signed_in(house):
    await house.customer(ANN)
    device = await house.register_client(require_consent=False, grant_types=(DEVICE,), redirect_uris=())
    async with house.client() as machine:
        begun = (await machine.post("/device_authorization", data={"scope": "openid"}, auth=device)).json()
    thief, victim = house.walker(address=AWAY), house.walker()
    page = await thief.get("/device")
    form = {**page.fields, "user_code": begun["user_code"], "decision": "continue"}
    assert (await held_back(thief, page.form.action, form, victim)).status_code == 403
    told = await thief.token(device, grant_type=DEVICE, device_code=begun["device_code"])
    assert told["error"] == "authorization_pending"


async def test_a_proof_that_was_under_way_when_the_owner_signed_in_takes_the_browser_from_nobody(house_on, monkeypatch):
    await house_on.customer(ANN)
    await house_on.customer(EVE)
    thief, victim = house_on.walker(address=AWAY), house_on.walker()
    page = await thief.get("/sign-in")
    victim.carry(thief.cookie)
    proven, rest, weighed = asyncio.Event(), asyncio.Event(), dispatcher.weighed

    async def slowly(context, progress):
        if context.request.address == AWAY:
            proven.set()
            await rest.wait()
        return await weighed(context, progress)

    monkeypatch.setattr(dispatcher, "weighed", slowly)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(thief.raw_post(page, email=EVE, password=PASSWORD))
        await proven.wait()
        assert (await victim.sign_in(ANN, PASSWORD)).path == "/account"
        rest.set()
    answer = sending.result()
    assert (answer.status_code, answer.headers["location"]) == (303, page.where)
    assert "set-cookie" not in answer.headers
    assert (await thief.get(page.where)).status == 404
    assert (await victim.get("/account")).path == "/account"
    assert (await house_on.rows())["sessions"] == 1


async def test_the_json_of_a_step_after_a_proof_carries_a_token_that_fits_and_no_cookie(house):
    await house.customer("ann@example.com")
    client_id, _ = await house.register_client()
    walker = house.walker()
    page = await walker.authorize(client_id)
    form = {**page.fields, "email": "ann@example.com", "password": PASSWORD}
    answer = await walker.http.post(page.form.action, data=form, headers={"accept": "application/json"})
    assert walker.cookie
    assert walker.cookie.partition(".")[2] not in answer.text
    step = answer.json()
    assert step["step"]["name"] == "consent"
    form = {"csrf": step["csrf"], "version": str(step["step"]["version"]), "decision": "allow"}
    done = await walker.http.post(page.form.action, data=form, headers={"accept": "application/json"})
    assert "code=" in done.json()["location"]
