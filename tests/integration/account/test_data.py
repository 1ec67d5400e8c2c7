"""A copy of one's data: for whoever proved lately who they are; nothing secret in it, and nobody else's."""

import io
import json
import zipfile
from base64 import b64encode

import msgspec
import pytest

from limen.access.factors.phone import Phone, seal_phone
from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.passkeys.records import Credential, seal_credential
from limen.access.safety.records import DeviceWords, TrustedDevice, seal_device
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.records import Address
from limen.identity.preferences.choose import Preferences, SealedPreferences
from limen.identity.profiles.records import ClaimAnnotation, ProfileSettings
from limen.identity.rights.records import (
    Law,
    Limit,
    LimitKind,
    PrivacyRequest,
    PrivacyRequestId,
    RequestKind,
    RequestState,
)
from limen.identity.rights.requests import Said, seal_said
from limen.kernel.clock import DAY
from limen.kernel.encoding import b64url
from limen.kernel.ids import DeviceId, FactorId
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.account.test_claims import profile_of
from tests.integration.journeys.test_second_factor import ASKED, enrolled, now_code, settings
from tests.support.house import says

pytestmark = pytest.mark.anyio
PRIVACY = "/account/privacy"


async def test_it_holds_profile_sessions_applications_factors_and_history_and_no_secret(house_on):
    house = house_on
    await at_home(house, BOB)
    ann = await at_home(house)
    shop = await house.register_client()
    await ann.tokens(shop, await ann.allow(await ann.authorize(shop[0])))
    totp, codes, _ = await enrolled(house, ann)
    answer = await pressing(ann, PRIVACY, "download_data")
    assert answer.h1 == ASKED or answer.headers["content-type"].startswith("application/json")
    if answer.h1 == ASKED:
        await ann.post(answer, code=now_code(house, totp))
        answer = await pressing(ann, PRIVACY, "download_data")
    assert "attachment" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    document = answer.json
    assert document["profile"]["email"] == ANN
    assert [one["name"] for one in document["applications"]] == ["The Shop"]
    assert [one["party"] for one in document["decisions"]] == [shop[0]]
    assert {one["kind"] for one in document["factors"]} == {"totp", "recovery"}
    assert "session.started" in {one["event"] for one in document["history"]}
    assert len(document["sessions"]) == 1
    for secret in (totp.base32, *codes, BOB, "192.0.2.7"):
        assert secret not in answer.text
    assert "data.exported" in await house.events()
    mail = next(one for one in await house.mails(ANN) if one.subject == says("mail.data_copied.subject", brand="Limen"))
    assert "/secure/" in mail.text


async def test_both_copies_hold_the_same_of_all_that_is_stored_and_no_secret(house):
    ann = await at_home(house)
    totp, codes, _ = await enrolled(house, ann, "Old telephone")
    claims = {"birthdate": ClaimAnnotation(purpose="Presents on the day")}
    await settings(house, profile=ProfileSettings(claims=claims))
    await profile_of(house, birthdate="1990-05-17", address=Address(locality="Wien"))
    assert "Presents on the day" in (await ann.get(PRIVACY)).text
    secrets = await furnished(house)
    at_once = await pressing(ann, PRIVACY, "download_data")
    document = at_once.json
    said = document["profile"]
    assert (said["birthdate"], said["address"]) == ("1990-05-17", {"locality": "Wien"})
    assert said["updated_at"] == document["updated_at"]
    named = {one["kind"]: one for one in document["factors"] if one["kind"] != "recovery"}
    assert named["totp"]["name"] == "Old telephone"
    assert (named["passkey"]["name"], named["passkey"]["user_agent"]) == ("Blue key", "Firefox")
    assert (named["phone"]["number"], named["phone"]["country"]) == ("+4915112345678", "DE")
    assert [one["user_agent"] for one in document["trusted_devices"]] == ["Kitchen browser"]
    assert document["preferences"] == {"channels": ["email"], "topics": ["seeds"], "frequency": "weekly"}
    assert [(one["kind"], one["words"]) for one in document["privacy_requests"]] == [("objection", "No more tulips")]
    assert [one["reason"] for one in document["restrictions"]] == ["Accuracy is contested"]
    habits = document["sign_in_habits"]
    assert [one["value"] for one in habits["network"]] == ["192.0.0.0/16"]
    assert len(habits["browsers"]) == 1

    page = await ann.get(PRIVACY)
    form = next(form for form in page.forms if ("intent", "ask_archive") in form.buttons)
    await ann.post(page, form=form, intent="ask_archive")
    await house.mails()
    page = await ann.get(PRIVACY)
    form = next(form for form in page.forms if ("intent", "fetch_archive") in form.buttons)
    answer = await ann.raw_post(page, form=form, intent="fetch_archive")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        text, readable = packed.read("account.json").decode(), packed.read("account.html").decode()
    assert document["purposes"] == [{"data": "birthdate", "name": "birthdate", "purpose": "Presents on the day"}]
    assert "Presents on the day" in readable
    assert says("claim.birthdate") in readable
    assert says("claim.address.locality") in readable
    kept = json.loads(text)
    assert kept.keys() == document.keys()
    moving = {"made_at", "history", "sessions", "privacy_requests"}  # the asking itself is in them
    assert {name: kept[name] for name in kept.keys() - moving} == {
        name: document[name] for name in document.keys() - moving
    }
    assert document["privacy_requests"][0] in kept["privacy_requests"]
    for copy in (at_once.text, text, readable):
        for secret in (totp.base32, *codes, "192.0.2.7", *secrets):
            assert secret not in copy


async def furnished(house) -> list[str]:
    """Give Ann one of everything that may be stored of her; return what no copy may have."""
    made = lambda kind: kind.new(house.clock, house.basis.entropy)  # noqa: E731
    now = house.clock.now()
    async with house.storage.database.read(house.tenant.id) as unit:
        index = await house.directory(house.tenant).email_index(ANN)
        owner = (await unit.customers.find_by_contact(EMAIL, index)).id
        browser = (await unit.sessions.of_customer(owner))[0].browser_id
    vault = await house.directory(house.tenant).vault_of(owner)
    key, phone, device, request = made(FactorId), made(FactorId), made(DeviceId), made(PrivacyRequestId)
    credential = Credential(b"the id" * 5, b"the key" * 5, b"handle" * 5, "Blue key", user_agent="Firefox")
    asked = PrivacyRequest(
        request,
        owner,
        RequestKind.OBJECTION,
        RequestState.OPEN,
        Law.GDPR,
        "customer",
        now,
        now + 30 * DAY,
        sealed=seal_said(vault, request, Said("No more tulips")),
    )
    number = seal_phone(vault, phone, Phone("+4915112345678", "DE"))
    words = seal_device(vault, device, DeviceWords("Kitchen browser"))
    chosen = Preferences(("email",), ("seeds",), "weekly")
    async with house.storage.database.begin(house.tenant.id) as unit:
        for factor_id, kind, sealed, digest in (
            (key, FactorKind.PASSKEY, seal_credential(vault, key, credential), b"digest-1" * 4),
            (phone, FactorKind.PHONE, number, b"digest-2" * 4),
        ):
            await unit.factors.add(StoredFactor(factor_id, owner, kind, sealed, digest, now))
        await unit.devices.trust(TrustedDevice(device, owner, browser, words, now, now, now + DAY))
        sealed = vault.seal("preferences", owner, msgspec.json.encode(chosen))
        await unit.preferences.put(SealedPreferences(owner, sealed, now))
        assert await unit.privacy_requests.add(asked)
        for kind, reason in (
            (LimitKind.RESTRICTION, b"Accuracy is contested"),
            (LimitKind.HOLD, b"Case 17 against Bob"),
        ):
            sealed = vault.seal("processing_limit", kind.value, reason)
            assert await unit.processing_limits.put(Limit(owner, kind, now, "admin:x", sealed))
    raw = (credential.id, credential.public_key, credential.handle, b"digest-1" * 4, b"digest-2" * 4)
    encoded = [text for one in raw for text in (one.decode(), one.hex(), b64url(one), b64encode(one).decode())]
    return [*encoded, browser, "Case 17"]


async def test_a_stale_session_proves_itself_comes_back_and_has_it(house):
    ann = await at_home(house)
    house.clock.advance(STALE)
    page = await ann.get(PRIVACY)
    assert says("account.data.prove") in page.text
    page = await pressing(ann, PRIVACY, "download_data")
    assert page.h1 == says("sign_in.title")
    page = await ann.sign_in(ANN, PASSWORD, page)
    assert page.path == PRIVACY
    assert says("account.data.download") in page.text
    answer = await pressing(ann, PRIVACY, "download_data")
    assert answer.json["profile"]["email"] == ANN


async def test_a_recent_password_is_not_enough_where_there_is_a_second_factor(house):
    ann = await at_home(house)
    totp, _, _ = await enrolled(house, ann)
    house.clock.advance(STALE)
    await ann.sign_in(ANN, PASSWORD, await ann.get("/sign-in"))
    page = await pressing(ann, PRIVACY, "download_data")
    assert page.h1 == ASKED
    page = await ann.post(page, code=now_code(house, totp))
    assert page.path == PRIVACY
    assert (await pressing(ann, PRIVACY, "download_data")).json["profile"]["email"] == ANN
