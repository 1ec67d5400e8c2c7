"""What a tenant keeps beyond names, on the account page and at userinfo: as far as each may see and change it."""

import msgspec
import pytest

from limen.identity.customers.directory import seal
from limen.identity.profiles.records import ProfileSettings
from tests.integration.journeys.test_profile import ANN, attributes_of
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio
ATTRIBUTES = {
    "size": {"type": "integer", "maximum": 60, "limen": {"title": {"en": "Shoe size"}, "scope": "email"}},
    "news": {"type": "boolean", "limen": {"title": {"en": "News"}}},
    "tier": {"type": "string", "limen": {"title": {"en": "Tier"}, "customer": "read"}},
    "risk": {"type": "string", "limen": {"title": {"en": "Risk"}, "customer": "nothing"}},
}


async def keep(house, customer, **attributes):
    """Give a customer attributes, as an administrator would."""
    async with house.storage.database.begin(house.tenant.id) as unit:
        found = await house.directory().open(await unit.customers.get(customer.id))
        profile = msgspec.structs.replace(found.profile, attributes=attributes)
        vault = await house.directory().vault_of(customer.id)
        assert await unit.customers.update(seal(found.with_profile(profile, house.clock.now()), vault), found.version)


async def test_the_owner_changes_what_is_theirs_sees_what_they_may_and_no_more(house):
    ann = await house.customer(ANN)
    await settings(house, profile=ProfileSettings(attributes=ATTRIBUTES))
    await keep(house, ann, tier="gold", risk="high", news=True)
    walker = house.walker()
    await walker.sign_in(ANN, PASSWORD)
    page = await walker.get("/account/profile")
    assert [word in page.text for word in ("Shoe size", "gold", "Risk", "high")] == [True, True, False, False]
    form = next(one for one in page.forms if "attributes.size" in one.fields)
    wrong = await walker.post(page, form=form, **{"attributes.size": "99", "intent": "save_details"})
    assert (wrong.status, await attributes_of(house, ann)) == (400, {"tier": "gold", "risk": "high", "news": True})
    sent = {"attributes.size": "42", "attributes.tier": "platinum", "attributes.news": None, "intent": "save_details"}
    saved = await walker.post(page, form=form, **sent)
    assert saved.status == 200
    assert await attributes_of(house, ann) == {"size": 42, "news": False, "tier": "gold", "risk": "high"}
