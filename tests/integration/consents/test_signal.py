"""Global Privacy Control: heard at sign-in, on record once, and overruled by nobody but the customer."""

import pytest

from limen.identity.consents.purposes import Basis, Kind
from tests.integration.consents.test_portal import answered, decisions, publish
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio

ANN = "ann@example.com"


async def arrived(house, signal="1"):
    ann = house.walker()
    if signal:
        ann.http.headers["sec-gpc"] = signal
    page = await ann.sign_in(ANN, PASSWORD)
    assert page.path == "/account", page
    return ann


async def test_it_is_an_objection_to_sharing_recorded_once_until_the_customer_allows_it(house):
    await house.customer(ANN)
    await publish(house, "letters", basis=Basis.LEGITIMATE_INTERESTS)
    await publish(house, "sharing", Kind.SHARING, party="books", basis=Basis.LEGITIMATE_INTERESTS)
    ann = await arrived(house)
    page = await ann.get("/account/privacy")
    assert says("privacy.gpc") in page.text
    [record] = await decisions(house)
    assert (record.decision.purpose, record.decision.method) == ("sharing", "gpc")
    assert record.decision.decision.value == "withdrawn"
    await arrived(house)
    assert len(await decisions(house)) == 1
    form = next(form for form in page.forms if form.fields.get("purpose") == "sharing")
    assert says("notice.consent_given") in (await ann.post(page, form=form, intent="give")).notices
    await arrived(house)
    assert [one.decision.decision.value for one in await decisions(house)] == ["withdrawn", "given"]


async def test_a_consent_that_was_given_before_is_withdrawn_by_it(house):
    await house.customer(ANN)
    await publish(house, kind=Kind.SHARING, party="books")
    await answered(await arrived(house, ""), "give")
    await arrived(house)
    assert [one.decision.method for one in await decisions(house)] == ["page", "gpc"]


@pytest.mark.parametrize("signal", ["", "0", "1, 1", "true"])
async def test_nothing_else_is_a_signal(house, signal):
    await house.customer(ANN)
    await publish(house, kind=Kind.SHARING, party="books", basis=Basis.LEGITIMATE_INTERESTS)
    await arrived(house, signal)
    assert await decisions(house) == []


async def test_without_a_purpose_of_sharing_nothing_is_read_for_it(house):
    await house.customer(ANN)
    await publish(house)
    with house.watching() as seen:
        await arrived(house)
    assert not any("consent_ledger" in statement for statement in seen.statements)


async def test_a_site_says_that_it_honours_the_signal(house):
    answer = await house.client().get("/.well-known/gpc.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["gpc"] is True
    assert len(answer.json()["lastUpdate"]) == 10
