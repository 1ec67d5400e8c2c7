"""The consent portal, without script: every purpose is seen, given, withdrawn and given again, and proven."""

import html
from dataclasses import replace

import msgspec
import pytest

from limen.app.consents import exported, key_reader
from limen.app.jobs.checkpoints import Basics
from limen.app.jobs.consents import ConsentChains, LedgerSigners
from limen.experience.pages.account import privacy
from limen.identity.administrators import SYSTEM
from limen.identity.consents.purposes import Basis, Channel, Kind, Purpose, Terms, Text, Version, text_hash
from limen.identity.consents.receipt import verify_receipt
from limen.identity.consents.register import Register
from limen.identity.consents.verify import verify_export
from limen.identity.profiles.records import ProfileSettings
from limen.kernel.ids import PurposeId
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import PASSWORD
from tests.support.walker import says

pytestmark = pytest.mark.anyio

ANN = "ann@example.com"
TEXTS = {"en": Text("Our newsletter", "We write to you."), "de": Text("Unser Rundbrief", "Wir schreiben Ihnen.")}
PRIVACY = "/account/privacy"


async def publish(house, name="newsletter", kind=Kind.TERMS, channel=Channel.NONE, party="", **terms):
    """A purpose of the house, with what *terms* say."""
    said = Terms(**{"texts": TEXTS, "data": ("email",), **terms})
    now = house.clock.now()
    purpose_id = PurposeId.new(house.clock, house.basis.entropy)
    made = Purpose(purpose_id, name, kind, channel, party, Version(1, said, now), 1, now)
    found = await register(house).create(made, SYSTEM)
    assert found == made
    house.clock.advance(0.001)  # those of one millisecond are listed in an order that chance draws
    return made


def register(house):
    database = house.storage.database
    return Register(house.tenant.id, database.begin, database.read, house.clock)


async def signed_in(house, walker=None):
    await house.customer(ANN)
    ann = walker or house.walker()
    page = await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
    return ann, page


def asked(page):
    """The form of the one purpose; where it has none, one that tries all the same."""
    found = next((one for one in page.forms if one.fields.get("purpose")), None)
    return found or replace(page.form, fields={**page.forms[0].fields})


async def answered(ann, intent, **changes):
    page = await ann.get(PRIVACY)
    return await ann.post(page, form=asked(page), intent=intent, **changes)


async def decisions(house):
    async with house.storage.database.read(house.tenant.id) as unit:
        return [await unit.consents.get(record_id) for record_id, _ in await unit.consent_chain.waiting(99)]


async def test_a_consent_is_seen_given_withdrawn_and_given_again_and_its_receipts_verify(house):
    await publish(house)
    ann, _ = await signed_in(house)
    page = await ann.get(PRIVACY)
    assert "We write to you." in page.text
    assert says("privacy.state.not_decided") in page.text
    page = await answered(ann, "give")
    assert (page.status, page.notices) == (200, [says("notice.consent_given")])
    page = await answered(ann, "withdraw")
    assert says("privacy.state.withdrawn") in page.text
    page = await answered(ann, "give")
    made = await decisions(house)
    assert [one.decision.decision.value for one in made] == ["given", "withdrawn", "given"]
    assert {one.decision.method for one in made} == {"page"}
    assert all(one.commitment and one.sealed for one in made)
    links = [link for link in page.links if "/receipts/" in link]
    assert len(links) == 6
    for link in links:
        answer = await ann.http.get(link)
        assert "attachment" in answer.headers["content-disposition"]
        assert verify_receipt(answer.content, key_reader()).issuer == house.tenant.issuer


async def test_the_words_are_shown_and_recorded_in_the_readers_language(house):
    await publish(house)
    ann, _ = await signed_in(house, house.walker(language="de"))
    assert "Wir schreiben Ihnen." in (await ann.get(PRIVACY)).text
    await answered(ann, "give")
    assert [one.decision.locale for one in await decisions(house)] == ["de"]


async def test_words_in_any_language_are_taken_and_chosen_by_the_readers_wishes(house):
    texts = {
        "de": TEXTS["de"],
        "pt-BR": Text("Boletim", "Escrevemos a si."),
        "he": Text("\u05e2\u05dc\u05d5\u05df", "\u05d0\u05e0\u05d5."),
    }
    await publish(house, texts=texts)
    ann, _ = await signed_in(house, house.walker(language="pl, pt;q=0.9, de;q=0.5"))
    page = await ann.get(PRIVACY)
    assert "Escrevemos a si." in page.text
    assert 'lang="pt-BR"' in page.text
    await answered(ann, "give")
    [made] = await decisions(house)
    assert (made.decision.locale, made.decision.text_hash) == (
        "pt-BR",
        text_hash("newsletter", 1, "pt-BR", texts["pt-BR"]),
    )
    nobody = house.walker(language="pl")
    page = await nobody.sign_in(ANN, PASSWORD, await nobody.get("/sign-in"))
    assert "Wir schreiben Ihnen." in (await nobody.get(PRIVACY)).text  # nothing suits: the first that was written


async def test_nobody_sees_it_without_signing_in_and_nobody_elses_receipt_is_there(house):
    await publish(house)
    ann, _ = await signed_in(house)
    page = await answered(ann, "give")
    link = next(one for one in page.links if "/receipts/" in one)
    assert (await house.walker().http.get(link)).status_code == 303
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD, await bob.get("/sign-in"))
    for address in (link, f"{PRIVACY}/receipts/rec_nothing"):
        assert (await bob.http.get(address)).status_code == 404


@pytest.mark.parametrize("changed", [{"purpose": "other"}, {"version": "2"}, {"version": "x"}, {"version": "9" * 30}])
async def test_a_form_that_names_something_else_decides_nothing(house, changed):
    await publish(house)
    ann, _ = await signed_in(house)
    page = await answered(ann, "give", **changed)
    assert page.status == 400
    assert await decisions(house) == []


async def test_what_a_law_asks_for_can_be_read_and_not_decided(house):
    await publish(house, basis=Basis.LEGAL_OBLIGATION)
    ann, _ = await signed_in(house)
    page = await ann.get(PRIVACY)
    assert says("privacy.basis.legal_obligation") in page.text
    assert not any(form.fields.get("purpose") for form in page.forms)
    await answered(ann, "withdraw", purpose="newsletter", version="1")
    assert await decisions(house) == []


async def test_a_retired_purpose_stays_in_sight_of_who_decided_about_it_and_can_be_taken_back(house):
    made = await publish(house)
    await publish(house, "unasked")
    ann, _ = await signed_in(house)
    page = await ann.get(PRIVACY)
    await ann.post(page, form=next(one for one in page.forms if one.fields.get("purpose") == made.name), intent="give")
    for one in await register(house).all():
        await register(house).retire(one.id, SYSTEM)
    page = await ann.get(PRIVACY)
    assert says("privacy.state.purpose_retired") in page.text
    [form] = [
        one for one in page.forms if one.fields.get("purpose")
    ]  # of what was never decided, nothing is left to see
    assert form.fields["purpose"] == made.name
    assert len([link for link in page.links if "/receipts/" in link]) == 2
    assert (await ann.post(page, form=form, intent="give")).status == 400
    page = await ann.post(await ann.get(PRIVACY), form=form, intent="withdraw")
    assert page.notices == [says("notice.consent_withdrawn")]
    assert not [one for one in page.forms if one.fields.get("purpose")]
    assert [one.decision.decision.value for one in await decisions(house)] == ["given", "withdrawn"]


async def test_what_was_given_to_earlier_words_can_be_taken_back_as_it_can_be_renewed(house):
    made = await publish(house)
    ann, _ = await signed_in(house)
    await answered(ann, "give")
    await register(house).publish(made.id, made.terms, SYSTEM)
    page = await ann.get(PRIVACY)
    assert says("privacy.state.newer_version") in page.text
    assert says("privacy.give") in page.text
    page = await answered(ann, "withdraw")
    assert says("privacy.state.withdrawn") in page.text


async def test_a_long_history_is_read_in_pages_back_to_its_beginning(house, monkeypatch):
    monkeypatch.setattr(privacy, "_PAGE", 2)
    await publish(house)
    ann, _ = await signed_in(house)
    for intent in ("give", "withdraw", "give", "withdraw", "give"):
        await answered(ann, intent)
    seen, address = [], PRIVACY
    while address:
        page = await ann.get(address)
        seen += [link for link in page.links if "/receipts/" in link and "form=jws" not in link]
        address = next((link for link in page.links if "before=" in link), "")
    assert [one.rpartition("/")[2] for one in seen] == [record.id for record in reversed(await decisions(house))]
    assert PRIVACY in page.links
    for odd in ("x", "-1", "9" * 40, "\u0663"):
        assert (await ann.get(f"{PRIVACY}?before={odd}")).status == 200


async def test_an_application_that_has_access_is_seen_and_removed_here(house):
    await house.customer(ANN)
    ann = house.walker()
    shop = await house.register_client()
    page = await ann.allow(await ann.sign_in(ANN, PASSWORD, await ann.authorize(shop[0])))
    assert "code" in page.answer
    page = await ann.get(PRIVACY)
    form = next(one for one in page.forms if one.fields.get("application"))
    page = await ann.post(page, form=form, intent="revoke")
    assert (page.path, page.notices) == (PRIVACY, [says("notice.application_revoked")])
    assert not any(one.fields.get("application") for one in page.forms)
    assert [one.decision.decision.value for one in await decisions(house)] == ["given", "withdrawn"]


@pytest.mark.parametrize("language", ["de", "ar"])
async def test_kinds_of_data_are_named_in_the_readers_language_or_by_the_tenant(house, language):
    shoes = {"type": "string", "limen": {"title": {"en": "Shoe size", language: "X-Schuh"}}}
    await settings(house, profile=ProfileSettings(attributes={"shoe_size": shoes}))
    await publish(house, data=("email", "shoe_size", "x-odd"))
    ann, _ = await signed_in(house, house.walker(language=language))
    text = (await ann.get(PRIVACY)).text
    for words in (says("privacy.data.email", locale=language), "X-Schuh", "x-odd"):
        assert f"<bdi>{words}</bdi>" in text


async def test_an_age_has_to_be_confirmed(house):
    await publish(house, minimum_age=16)
    ann, _ = await signed_in(house)
    refused = await answered(ann, "give", age=None)
    assert (refused.status, await decisions(house)) == (400, [])
    await answered(ann, "give", age="yes")
    assert [(one.decision.confirmed_age, one.decision.age_from) for one in await decisions(house)] == [(16, "declared")]


@pytest.mark.parametrize(("born", "is_old_enough"), [("1990-05-01", True), ("2020-05-01", False)])
async def test_a_date_of_birth_decides_whatever_is_ticked(house, born, is_old_enough):
    await publish(house, minimum_age=16)
    await house.customer(ANN, birthdate=born)
    ann = house.walker()
    await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
    page = await ann.get(PRIVACY)
    assert (says("terms.too_young", years="16") in page.text, says("terms.age", years="16") in page.text) == (
        not is_old_enough, False,
    )  # fmt: skip
    page = await ann.post(page, form=asked(page), intent="give", purpose="newsletter", version="1", age="yes")
    assert page.status == (200 if is_old_enough else 400)
    made = [(one.decision.confirmed_age, one.decision.age_from) for one in await decisions(house)]
    assert made == ([(16, "birthdate")] if is_old_enough else [])


async def test_the_ledger_of_the_house_is_exported_and_verifies_after_an_erasure(house):
    await publish(house)
    ann, _ = await signed_in(house)
    page = await answered(ann, "give")
    link = next(one for one in page.links if "/receipts/" in one)
    kept = (await ann.http.get(link)).content
    [record] = await decisions(house)
    await house.basis.keyring.destroy_subjects(house.tenant.id, [record.decision.customer_id])
    lines = [line async for line in exported(house.basis, house.tenant)]
    found = verify_export(lines, key_reader())
    assert (found.records, found.checkpoints, found.issuer) == (1, 1, house.tenant.issuer)
    assert b"Mozilla" not in b"".join(lines)
    assert "Mozilla" in msgspec.json.decode(kept)["proof"]["personal"]["facts"]["user_agent"]
    assert verify_receipt(kept, key_reader(found.kid)).record_id == record.id


async def test_what_is_decided_gets_its_place_by_the_job(house):
    await publish(house)
    ann, _ = await signed_in(house)
    chains = ConsentChains(house.storage, LedgerSigners(Basics(house.storage, house.basis.keyring, house.clock)))
    await answered(ann, "give")
    await chains.run()
    assert await decisions(house) == []
    await chains.run_all()
    async with house.storage.database.read(house.tenant.id) as unit:
        assert (await unit.consent_chain.last_checkpoint()).size == 1


class TestTerms:
    """A required purpose is a step before arrival."""

    async def test_they_are_asked_once_and_the_application_gets_its_code(self, house):
        await publish(house, is_required=True, basis=Basis.CONTRACT)
        await house.customer(ANN)
        shop = await house.register_client(require_consent=False)
        ann = house.walker()
        page = await ann.sign_in(ANN, PASSWORD, await ann.authorize(shop[0]))
        assert page.h1 == says("terms.title")
        page = await ann.post(page, decision="accept")
        assert "code=" in page.location
        [record] = await decisions(house)
        assert (record.decision.method, record.decision.decision.value) == ("journey", "given")
        assert "code=" in (await ann.authorize(shop[0])).location

    async def test_a_new_version_that_asks_again_is_asked_again_and_silently_nothing_is(self, house):
        made = await publish(house, is_required=True)
        ann, page = await signed_in(house)
        await ann.post(page, decision="accept")
        shop = await house.register_client(require_consent=False)
        assert "code=" in (await ann.authorize(shop[0], prompt="none")).location
        quiet = msgspec.structs.replace(made.terms, asks_again=False)
        await register(house).publish(made.id, quiet, SYSTEM)
        assert "code=" in (await ann.authorize(shop[0], prompt="none")).location
        await register(house).publish(made.id, made.terms, SYSTEM)
        assert "error=interaction_required" in (await ann.authorize(shop[0], prompt="none")).location
        page = await ann.authorize(shop[0])
        assert says("terms.changed") in page.text
        assert "code=" in (await ann.post(page, decision="accept")).location

    async def test_whoever_declines_is_not_signed_in_and_it_is_on_record(self, house):
        await publish(house, is_required=True)
        ann, page = await signed_in(house)
        page = await ann.post(page, decision="decline")
        assert html.unescape(says("terms.declined")) in html.unescape(page.text)
        assert (await ann.http.get(PRIVACY)).status_code == 303
        assert [one.decision.decision.value for one in await decisions(house)] == ["refused"]

    async def test_words_that_changed_meanwhile_are_shown_and_not_accepted(self, house):
        made = await publish(house, is_required=True)
        ann, page = await signed_in(house)
        await register(house).publish(made.id, made.terms, SYSTEM)
        again = await ann.post(page, decision="accept")
        assert (again.h1, await decisions(house)) == (says("terms.title"), [])

    async def test_neither_yes_nor_no_nor_too_young_decides_anything(self, house):
        await publish(house, is_required=True, minimum_age=18)
        ann, page = await signed_in(house)
        page = await ann.post(page, decision="perhaps")
        page = await ann.post(page, decision="accept", age=None)
        assert (page.status, await decisions(house)) == (400, [])
        await ann.post(page, decision="accept", age="yes")
        assert [one.decision.confirmed_age for one in await decisions(house)] == [18]

    async def test_whoever_is_too_young_by_their_profile_can_only_decline(self, house):
        await publish(house, is_required=True, minimum_age=18)
        await house.customer(ANN, birthdate="2020-05-01")
        ann = house.walker()
        page = await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
        assert says("terms.too_young", years="18") in page.text
        page = await ann.post(page, decision="accept", age="yes")
        assert says("error.too_young") in page.text
        await ann.post(page, decision="decline")
        assert [one.decision.decision.value for one in await decisions(house)] == ["refused"]

    async def test_without_a_required_purpose_nothing_is_read_for_it(self, house):
        await publish(house)
        await house.customer(ANN)
        ann = house.walker()
        with house.watching() as seen:
            await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
        assert not any("consent_ledger" in statement for statement in seen.statements)
