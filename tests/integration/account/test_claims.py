"""The rarer standard claims: on the page only where they are wanted or held, and as far as the tenant lets them be."""

import msgspec
import pytest

from limen.access.merging.merge import Merging
from limen.access.merging.records import Wish
from limen.app.jobs.search import Following
from limen.identity.administrators import SYSTEM
from limen.identity.customers.directory import seal
from limen.identity.customers.records import Address
from limen.identity.profiles.claims import OPTIONAL
from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings, Question
from tests.integration.account.people import ANN, PASSWORD, at_home
from tests.integration.account.test_api import ann_with_api
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import says

pytestmark = pytest.mark.anyio
PROFILE = "/account/profile"
HOME = Address(formatted="Weg 1\n1010 Wien", street_address="Weg 1", country="Österreich")


async def profile_of(house, **said):
    """Ann's profile, after an administrator wrote what is *said*."""
    directory, database = house.directory(house.tenant), house.storage.database
    async with database.begin(house.tenant.id) as unit:
        found = await unit.customers.find_by_contact("email", await directory.email_index(ANN))
        vault = await directory.vault_of(found.id)
        customer = await directory.open(found, vault)
        if said:
            customer = customer.with_profile(msgspec.structs.replace(customer.profile, **said), house.clock.now())
            assert await unit.customers.update(seal(customer, vault), found.version)
    return customer.profile


async def wanting(house, **said):
    claims = {name: ClaimAnnotation(customer=access) for name, access in said.items()}
    await settings(house, profile=ProfileSettings(claims=claims))


def fields(page):
    return {name for form in page.forms for name in form.fields} & {
        *("middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate"),
        *("address.street_address", "address.formatted", "address.country"),
    }


async def saved(walker, **typed):
    page = await walker.get(PROFILE)
    form = next(one for one in page.forms if ("intent", "save_claims") in one.buttons)
    return await walker.post(page, form=form, intent="save_claims", **typed)


async def test_a_page_asks_for_what_the_tenant_names_and_shows_what_is_held_and_else_for_nothing(house):
    ann = await at_home(house)
    page = await ann.get(PROFILE)
    assert (fields(page), says("account.claims") in page.text) == (set(), False)
    await profile_of(house, nickname="Annie", gender="shown to nobody")
    await wanting(house, birthdate="write", website="read", gender="nothing")
    page = await ann.get(PROFILE)
    assert fields(page) == {"nickname", "birthdate"}
    assert (says("claim.website") in page.text, "shown to nobody" in page.text) == (True, False)
    assert (await saved(ann, birthdate="1990-05-17", website="https://a.example", gender="x")).path == PROFILE
    kept = await profile_of(house)
    assert (kept.birthdate, kept.nickname, kept.website, kept.gender) == ("1990-05-17", "Annie", "", "shown to nobody")


async def test_an_address_is_changed_part_by_part_and_what_cannot_be_comes_back_with_a_reason(house):
    ann = await at_home(house)
    await wanting(house, address="write", website="write", birthdate="write")
    assert "address.formatted" not in fields(await ann.get(PROFILE))
    await profile_of(house, address=HOME, birthdate="0000-05-17")
    page = await ann.get(PROFILE)
    assert "address.formatted" in fields(page)
    assert 'type="date"' not in page.text  # which would empty a day without a year
    wrong = await saved(ann, website="ann.example", birthdate="17.5.1990", **{"address.country": "x" * 300})
    assert (wrong.status, wrong.errors) == (
        400,
        {
            "website": says("error.url_invalid"),
            "birthdate": says("error.birthdate_invalid"),
            "address.country": says("error.attribute_invalid"),
        },
    )
    assert 'value="ann.example"' in wrong.text
    assert (await profile_of(house)).address == HOME
    await saved(ann, birthdate="", **{"address.street_address": "Haus 2\r\nWeg 1", "address.country": ""})
    kept = await profile_of(house)
    assert (kept.birthdate, kept.address) == ("", Address(formatted=HOME.formatted, street_address="Haus 2\nWeg 1"))
    await saved(ann, **{"address.street_address": " ", "address.formatted": ""})
    assert (await profile_of(house)).address is None


async def test_the_account_api_keeps_to_it_too(house):
    _, _, api = await ann_with_api(house)
    await profile_of(house, gender="hidden", nickname="Annie", address=HOME)
    await wanting(house, gender="nothing", nickname="read")
    seen = (await api("GET")).json()
    assert (seen["gender"], seen["nickname"], seen["address"]["country"]) == ("", "Annie", "Österreich")
    for body, place in (
        ({"gender": "x"}, ("#/gender", "claim.not_yours")),
        ({"nickname": ""}, ("#/nickname", "claim.not_yours")),
        ({"picture": "javascript:alert(1)"}, ("#/picture", "url.invalid")),
        ({"address": {"locality": "a\tb"}}, ("#/address/locality", "text.invalid")),
        ({"address": {"planet": "Mars"}}, ("#/address/planet", "extra_forbidden")),
        ({"updated_at": 1}, ("#/updated_at", "extra_forbidden")),
    ):
        refused = await api("PATCH", json=body, headers={"if-match": "*"})
        assert refused.status_code == 422
        assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [place]
    done = await api("PATCH", json={"address": {"country": "AT"}, "birthdate": "1990"}, headers={"if-match": "*"})
    assert (done.json()["address"]["country"], done.json()["address"]["street_address"]) == ("AT", "Weg 1")
    gone = await api("PATCH", json={"address": None}, headers={"if-match": "*"})
    assert (gone.json()["address"], gone.json()["birthdate"]) == (None, "1990")


async def test_a_question_on_the_way_asks_for_them_as_for_names(house):
    await house.customer(ANN)
    await settings(
        house, profile=ProfileSettings(questions=(Question(fields=("birthdate", "website"), required=True),))
    )
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert says("claim.birthdate") in page.text
    page = await walker.post(page, birthdate="1990-02-30", website="https://ann.example")
    assert page.errors == {"birthdate": says("error.birthdate_invalid")}
    assert (await walker.post(page, birthdate="1990-02-03", website="https://ann.example")).path == "/account"
    kept = await profile_of(house)
    assert (kept.birthdate, kept.website) == ("1990-02-03", "https://ann.example")


async def test_a_merge_fills_gaps_with_them_but_gives_nobody_what_they_may_only_read(house):
    bob = await house.customer("bob@example.com", None)
    ann = await house.customer(ANN, None)
    await profile_of(house, nickname="Annie", birthdate="1990-05-17", address=HOME)
    claims = {"nickname": ClaimAnnotation(customer="read")}
    database, basis = house.storage.database, house.basis
    merging = Merging(
        house.tenant.id, database.begin, database.read, house.directory(), house.clock, basis.entropy,
        ProfileSettings(claims=claims),
    )  # fmt: skip
    by_both = await merging.plan(Wish(bob.id, ann.id, is_proven=True), SYSTEM)
    assert (set(by_both.filled) & {*OPTIONAL}, by_both.after.profile.address) == ({"birthdate", "address"}, HOME)
    by_administrator = await merging.plan(Wish(bob.id, ann.id), SYSTEM)
    assert by_administrator.after.profile.nickname == "Annie"


async def test_a_claim_that_is_kept_for_a_time_goes_by_the_job_where_the_tenant_has_no_attributes(house):
    claims = {"birthdate": ClaimAnnotation(retention_days=30), "family_name": ClaimAnnotation(retention_days=50)}
    await settings(house, profile=ProfileSettings(claims=claims))
    await house.customer(ANN, birthdate="1990-05-01", gender="female", family_name="Lee", given_name="Ann")
    following = Following(house.basis, lambda _left: None)
    for days, left, name in ((0, "1990-05-01", "Lee"), (29, "1990-05-01", "Lee"), (2, "", "Lee"), (20, "", "")):
        house.clock.advance(days * 86_400)
        await following.schemas()
        found = await profile_of(house)
        assert (found.birthdate, found.gender, found.family_name) == (left, "female", name)
        assert found.given_name == "Ann"
    found = await profile_of(house, family_name="Lee")  # said again, it counts from anew
    for days, name in ((0, "Lee"), (40, "Lee"), (1, "Kim"), (49, "Kim"), (2, "")):
        house.clock.advance(days * 86_400)
        if (days, name) == (1, "Kim"):
            await profile_of(house, family_name="Kim")
        await following.schemas()
        assert (await profile_of(house)).family_name == name
