"""Whose account it is that another issuer speaks of: nothing is linked by an address that one side has not proven."""

import asyncio

import pytest

from limen.access.account.unit import AccountParts, Owner
from limen.access.linking.link import FRESH, Linking
from limen.access.linking.records import Assertion, Way
from limen.identity.administrators import SYSTEM
from limen.identity.customers.management import NewCustomer
from limen.identity.customers.records import Profile
from limen.kernel.context import RequestContext
from limen.kernel.errors import Refusal
from limen.kernel.secret import Secret
from tests.integration.account.people import ANN, BOB, PASSWORD, at_home
from tests.integration.account.test_api import ann_with_api
from tests.integration.account.test_emails import SECURITY, held, press_and_confirm, signs_in
from tests.integration.journeys.test_safe_changes import mailed, secure_in

pytestmark = pytest.mark.anyio
GOOGLE = "https://accounts.google.com"


def said(subject="g-1", email=ANN, *, verified=True):
    return Assertion(GOOGLE, subject, email, verified, "ann@gmail.example")


async def linking(house):
    desk = await house.site._desks("")
    database = house.storage.database
    return Linking(
        AccountParts(desk, database.begin, database.read, house.directory(), house.clock, house.basis.entropy)
    )


async def owner_of(house, customer_id):
    directory = house.directory()
    async with house.storage.database.read(house.tenant.id) as unit:
        sealed = await unit.customers.get(customer_id)
    vault = await directory.vault_of(customer_id)
    return Owner(await directory.open(sealed, vault), vault, "", RequestContext("req_1", "192.0.2.7", "Firefox", "en"))


async def linked(house, customer, assertion):
    use = await linking(house)
    assert await use.link(await owner_of(house, customer.id), assertion, house.clock.now()) is None
    return use


async def test_who_is_linked_is_known_by_issuer_and_subject_whatever_the_address_says(house_on):
    house = house_on
    ann = await house.customer(ANN)
    use = await linked(house, ann, said())
    for assertion in (said(), said(email=BOB), said(email="", verified=False)):
        met = await use.meet(assertion)
        assert (met.way, met.customer.id) == (Way.KNOWN, ann.id)
    other = await use.meet(Assertion("https://other.example", "g-1"))
    assert other.way is Way.UNPROVEN
    assert len(await mailed(house, ANN, "identifiers_changed")) == 1


async def test_an_address_that_the_issuer_has_not_verified_finds_nobody(house):
    await house.customer(ANN)
    use = await linking(house)
    assert await use.meet(said(verified=False)) == await use.meet(said(email="", verified=False))
    assert (await use.meet(said(verified=False))).way is Way.UNPROVEN
    assert (await use.meet(said(email=BOB))).way is Way.NEW


async def test_a_proven_address_wants_a_fresh_sign_in_to_its_account_and_is_never_linked_by_itself(house):
    ann = await house.customer(ANN)
    use, owner = await linking(house), await owner_of(house, ann.id)
    met = await use.meet(said())
    assert (met.way, met.customer.id) == (Way.SIGN_IN, ann.id)
    stale = await use.link(owner, said(), house.clock.now() - FRESH - 1)
    assert stale.code == "stale_sign_in"
    assert (await use.reclaim(owner, said())).code == "not_reclaimable"
    assert (await held(house, ann.id)).identities == ()


async def test_whoever_waited_in_an_account_with_an_address_that_is_not_theirs_is_thrown_out(house_on):
    house = house_on
    made = await house.administration().create(NewCustomer(Profile(email=ANN), Secret(PASSWORD)), SYSTEM)
    assert not isinstance(made, Refusal), made
    attacker = await at_home(house, is_new=False)
    use = await linked(house, made, said("attacker", "attacker@example.net"))
    met = await use.meet(said())
    assert (met.way, met.customer.id) == (Way.RECLAIM, made.id)
    assert (await use.reclaim(await owner_of(house, made.id), said(verified=False))).code == "not_reclaimable"
    assert await use.reclaim(await owner_of(house, made.id), said()) is None
    assert not await signs_in(house, ANN)
    assert (await attacker.get("/account")).path != "/account"
    profile = await held(house, made.id)
    assert (profile.email_verified, [one.subject for one in profile.identities]) == (True, ["g-1"])
    assert (await use.meet(said("attacker", "attacker@example.net"))).way is Way.NEW
    assert (await use.meet(said())).way is Way.KNOWN
    assert "account.reclaimed" in await house.events()


async def test_of_two_accounts_that_link_one_identity_at_once_one_gets_it(house_on):
    house = house_on
    owners = [await owner_of(house, (await house.customer(email)).id) for email in (ANN, BOB)]
    use = await linking(house)
    done = await asyncio.gather(*(use.link(owner, said(email=""), house.clock.now()) for owner in owners))
    assert sorted(one.code if one is not None else "" for one in done) == ["", "identity_taken"]


async def test_an_identity_is_seen_on_the_page_and_taken_away_there_through_the_api_and_by_it_was_not_me(house):
    ann, _, api = await ann_with_api(house)
    async with house.storage.database.read(house.tenant.id) as unit:
        [sealed] = await unit.customers.list(after="", limit=2)
    use = await linked(house, sealed, said())
    page = await ann.get(SECURITY)
    assert "accounts.google.com" in page.text
    assert "ann@gmail.example" in page.text
    await press_and_confirm(ann, "remove_identity")
    assert (await use.meet(said(verified=False))).way is Way.UNPROVEN
    for subject in ("g-2", "g-3"):
        await linked(house, sealed, said(subject))
    first, second = (await api("GET", "/identities")).json()["items"]
    assert (first["issuer"], first["subject"]) == (GOOGLE, "g-2")
    assert (await api("DELETE", f"/identities/{first['id']}")).status_code == 204
    assert (await api("DELETE", f"/identities/{first['id']}")).json()["code"] == "identity_not_found"
    copy = (await api("GET", "/data")).json()["profile"]["identities"]
    assert [(one["issuer"], one["subject"]) for one in copy] == [(GOOGLE, second["subject"])]
    walker = house.walker()
    await walker.post(await walker.get(secure_in((await mailed(house, ANN, "identifiers_changed"))[-1])))
    assert (await held(house, sealed.id)).identities == ()


async def test_what_is_no_identity_is_refused(house):
    use = await linking(house)
    for issuer, subject in (("", "x"), ("https://a b", "x"), (GOOGLE, ""), (GOOGLE, "x" * 256), (GOOGLE, "a\n")):
        assert (await use.meet(Assertion(issuer, subject))).code == "invalid_identity"
