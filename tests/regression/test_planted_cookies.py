"""A browser's cookie that somebody else knew before its owner signed in."""

import pytest

from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio


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
