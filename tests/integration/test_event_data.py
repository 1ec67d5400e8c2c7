"""What events carry is what the catalogue says, in every event that was announced."""

import pytest

from limen.access.tokens.records import RotationOutcome
from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.customers.management import NewCustomer
from limen.identity.customers.records import Customer, Profile
from limen.identity.tenants.management import TenantChange
from limen.kernel.event_data import EVENT_DATA, misfit
from limen.kernel.events import EVENTS
from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"


def test_every_event_of_the_catalogue_says_what_it_carries() -> None:
    assert EVENT_DATA.keys() == EVENTS.keys()


def test_a_misfit_is_told() -> None:
    assert misfit("session.started", {"session": "ses_1", "amr": ["pwd"]}) == ""
    assert (
        misfit("session.started", {"session": "ses_1", "address": "192.0.2.1"}) == "amr is missing; address is unknown"
    )
    assert misfit("nothing.happened", {}) == "nothing.happened is in no catalogue"


async def test_what_people_do_is_announced_as_the_catalogue_says(house):
    shop = await house.register_client()
    ann = house.walker()
    page = await ann.begin_sign_up(ANN, PASSWORD)
    await ann.post(page, code=code_in((await house.mails())[-1]))
    tokens = await ann.tokens(shop, await ann.allow(await ann.authorize(shop[0])))
    for _ in range(2):
        house.clock.advance(60)
        await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    await ann.recover(ANN, PASSWORD + " anew")
    account = await ann.get("/account")
    await ann.post(account, form=account.forms[0], intent="sign_out")
    seen = house.announced
    assert [misfit(*event) for event in seen if misfit(*event)] == []
    assert {name for name, _ in seen} >= {
        "mail.requested", "customer.registered", "session.started", "session.ended", "consent.given",
        "password.changed", "client.created",
    }  # fmt: skip
    told = f'"{RotationOutcome.REUSED.value}"'.encode()
    reused = [record.event for record in await house.audit() if told in record.open_part]
    assert len(reused) == 1  # told by the record alone: nobody acts on the event after the commit


async def test_what_administrators_do_is_announced_as_the_catalogue_says(house):
    acme = await house.add_tenant("acme")
    tenants = tenancy(house.basis, house.tenant)
    await tenants.update("acme", TenantChange(name="Acme Ltd"), SYSTEM)
    customers = house.administration()
    made = await customers.create(NewCustomer(Profile(email=ANN)), SYSTEM)
    assert isinstance(made, Customer)
    for change in (customers.disable, customers.enable, customers.sign_out_everywhere):
        await change(made.id, SYSTEM)
    await customers.delete(made.id, SYSTEM)
    client_id, _ = await house.register_client()
    await house.change_client(client_id, client_name="Another name")
    await house.registration().delete(client_id, SYSTEM)
    await tenants.disable("acme", SYSTEM)
    assert await tenants.destroy("acme", SYSTEM) == 0
    seen = house.announced
    assert acme.slug == "acme"
    assert [misfit(*event) for event in seen if misfit(*event)] == []
    assert {name for name, _ in seen} >= {
        "tenant.created", "tenant.updated", "tenant.destroyed", "customer.registered", "customer.updated",
        "customer.disabled", "customer.deleted", "client.created", "client.updated", "client.deleted",
    }  # fmt: skip
