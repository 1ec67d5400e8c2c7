"""The preference centre: chosen on the page, read by programs, sealed."""

import msgspec
import pytest

from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.preferences import PreferenceSettings, Topic
from tests.integration.consents.test_portal import PRIVACY, signed_in
from tests.integration.consents.test_rights import customers, officer
from tests.support.house import says

pytestmark = pytest.mark.anyio

OFFER = PreferenceSettings(
    channels=("email", "sms"),
    frequencies=("daily", "weekly"),
    topics=(
        Topic(name="seeds", words={"en": "Seeds & bulbs", "de": "Saat"}),
        Topic(name="tools", words={"en": "Tools"}),
    ),
)
SCOPES = ("limen:consents:read", "limen:consents:write")


async def offer(house, offered=OFFER):
    settings = msgspec.structs.replace(house.tenant.settings, preferences=offered)
    changed = await tenancy(house.basis, house.tenant).update("default", TenantChange(settings=settings), SYSTEM)
    assert changed.settings == settings, changed
    await house.storage.feed.poll()


async def test_what_is_chosen_is_kept_and_read_by_programs_and_nothing_of_it_is_in_the_open(house):
    await offer(house)
    ann, _ = await signed_in(house)
    page = await ann.get(PRIVACY)
    assert "Seeds &amp; bulbs" in page.text
    form = next(form for form in page.forms if ("intent", "save_preferences") in form.buttons)
    chosen = {"channel.email": "yes", "topic.seeds": "yes", "frequency": "weekly", "intent": "save_preferences"}
    page = await ann.post(page, form=form, **chosen)
    assert (page.status, page.notices) == (200, [says("notice.preferences")])
    form = next(form for form in page.forms if ("intent", "save_preferences") in form.buttons)
    assert {name for name, value in form.fields.items() if value == "yes"} == {"channel.email", "topic.seeds"}
    assert (await ann.post(page, form=form, frequency="hourly", intent="save_preferences")).status == 400
    [customer] = await customers(house)
    async with officer(house, *SCOPES) as http:
        theirs = f"customers/{customer}/preferences"
        shown = (await http.get(theirs)).json()
        assert (shown["channels"], shown["topics"], shown["frequency"]) == (["email"], ["seeds"], "weekly")
        sent = {"channels": ["sms", "email"], "topics": [], "frequency": ""}
        assert (await http.put(theirs, json=sent)).json()["channels"] == ["email", "sms"]
        refused = await http.put(theirs, json={"channels": ["telex"], "frequency": "hourly"})
        assert {error["pointer"] for error in refused.json()["errors"]} == {"#/channels", "#/frequency"}
        await offer(house, PreferenceSettings(channels=("sms",)))
        assert (await http.get(theirs)).json()["channels"] == ["sms"]
        nobody = "customers/cus_00000000000000000000000000/preferences"
        assert [(await http.get(nobody)).status_code, (await http.put(nobody, json=sent)).status_code] == [404, 422]
    async with house.storage.database.read(house.tenant.id) as unit:
        row = await unit.preferences.get(customer)
    assert b"sms" not in row.sealed
    assert (await house.events()).count("preferences.changed") == 2


async def test_where_nothing_is_offered_nothing_is_shown(house):
    ann, _ = await signed_in(house)
    assert says("preferences.title") not in (await ann.get(PRIVACY)).text
