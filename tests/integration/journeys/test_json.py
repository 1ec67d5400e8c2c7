"""The JSON form of the steps is what the reference says it is."""

import base64
import re

import pytest

from limen.access.factors.totp import Totp, step_at
from limen.access.journeys.table import STEPS
from limen.access.journeys.views import SCHEMA
from limen.app.reference_pages import contract, steps_page
from limen.identity.administrators import SYSTEM
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.records import seal_password
from limen.identity.customers.emails import with_email
from limen.identity.customers.records import Contact, Profile
from limen.identity.profiles.records import Question
from limen.identity.tenants.sign_in import SignInSettings
from limen.identity.tenants.sms import SmsSettings
from tests.integration.consents.test_portal import publish
from tests.integration.journeys.test_profile import asking
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
STEP = {"name", "version", "values", "errors", "notice", "data", "status", "retry_after", "challenge"}


def promised(step: str, kind: str) -> set[str]:
    """The names in one part of a step's contract."""
    words = contract(step).get(kind, "").strip("`")
    while (shorter := re.sub(r"[\[({][^\[\](){}]*[\])}]", "", words)) != words:
        words = shorter
    names = {part.strip().split(" ")[0].partition(":")[0] for part in words.split(",")}
    return names - {"", "nothing", "none"}


class Native:
    """An application with screens of its own."""

    def __init__(self, http) -> None:
        self.http = http
        self.shown: dict = {}

    @property
    def step(self) -> dict:
        return self.shown["step"]

    async def open(self, path: str, **params: str) -> None:
        answer = await self.http.get(path, params=params, follow_redirects=True)
        self.see(answer)

    async def post(self, **fields: str) -> None:
        sent = {"csrf": self.shown["csrf"], "version": str(self.step["version"]), **fields}
        self.see(await self.http.post(f"/journey/{self.shown['journey']}", data=sent))

    def see(self, answer) -> None:
        assert answer.headers["content-type"] == "application/json"
        self.shown = answer.json()
        assert self.shown["schema"] == SCHEMA
        if self.shown["step"] is None:
            return
        name = self.step["name"]
        assert set(self.step) == STEP
        assert answer.status_code == self.step["status"]
        if name != "continue":
            assert set(self.step["data"]) == promised(name, "data"), name
            assert set(self.step["values"]) <= promised(name, "values"), name


TASKS = (
    "change_password",
    "change_email",
    "change_username",
    "add_email",
    "remove_email",
    "add_passkey",
    "add_phone",
    "add_mailed_codes",
    "delete_account",
)


async def tasks_of_somebody_signed_in(house) -> list[str]:
    """The steps that ask at a sign-in, and those behind the buttons of the account page."""
    bob = await house.customer("bob@example.com")
    more = Contact("con_1", "bob@work.example", house.clock.now())
    await house.administration().update(bob.id, lambda profile: with_email(profile, more), SYSTEM)
    await settings(
        house,
        sign_in=SignInSettings(usernames="optional"),
        sms=SmsSettings(countries=("DE",)),
        email_second_factor=True,
    )
    await publish(house, is_required=True)
    seen = []
    async with house.client(headers={"accept": "application/json"}) as http:
        app = Native(http)
        await app.open("/sign-in")
        await app.post(email="bob@example.com", password=PASSWORD, authenticator="yes")
        seen.append(app.step["name"])
        await app.post(intent="skip")
        seen.append(app.step["name"])
        await app.post(decision="accept", seen=app.step["data"]["seen"])
        assert app.shown["step"] is None
        for intent in TASKS:
            page = await http.get("/account/security", headers={"accept": "text/html"})
            csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
            at = "/account/privacy" if intent == "delete_account" else "/account/security"
            app.see(
                await http.post(at, data={"csrf": csrf, "intent": intent, "contact": "con_1"}, follow_redirects=True)
            )
            seen.append(app.step["name"])
            await app.post(intent="cancel")
            assert app.shown["step"] is None
        seen.append(await step_of_two_accounts(house, app, http))
    return seen


async def step_of_two_accounts(house, app, http) -> str:
    """The step in which somebody who is signed in twice at one browser merges the two."""
    await house.customer("carol@example.com")
    page = await http.get("/account/security", headers={"accept": "text/html"})
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    data = {"csrf": csrf, "intent": "other_account"}
    app.see(await http.post("/account/security", data=data, follow_redirects=True))
    await app.post(email="carol@example.com", password=PASSWORD)
    await app.post(decision="accept", seen=app.step["data"]["seen"])
    page = await http.get("/account/security", headers={"accept": "text/html"})
    csrf, sid = (re.search(rf'name="{name}" value="([^"]+)"', page.text)[1] for name in ("csrf", "session"))
    data = {"csrf": csrf, "intent": "merge_accounts", "session": sid}
    app.see(await http.post("/account/security", data=data, follow_redirects=True))
    return app.step["name"]


async def steps_behind_a_known_password(house) -> list[str]:
    """The steps of somebody whose password thieves know, at a device that nobody knows."""
    await house.customer("eve@example.com", "iloveyou")
    seen = []
    async with house.client(headers={"accept": "application/json"}) as http:
        app = Native(http)
        await app.open("/sign-in")
        await app.post(email="eve@example.com", password="iloveyou")
        seen.append(app.step["name"])
        await app.post(code=code_in((await house.mails("eve@example.com"))[-1]))
        seen.append(app.step["name"])
    return seen


async def steps_of_an_address_that_nobody_proved(house) -> list[str]:
    """The steps of somebody whom an administrator gave an address, where the tenant wants it proven."""
    directory = house.directory()
    customer, vault = await directory.prepare(Profile(email="flo@example.com", email_verified=False))
    hasher = PasswordHasher(house.parameters, house.pool, house.basis.entropy)
    stored = seal_password(vault, customer.id, await hasher.hash(PASSWORD.encode()), house.clock.now())
    async with house.storage.database.begin(house.tenant.id) as unit:
        assert await directory.add(unit, customer, vault)
        await unit.passwords.put(stored)
    await settings(house, sign_in=SignInSettings(verify_email=True))
    async with house.client(headers={"accept": "application/json"}) as http:
        app = Native(http)
        await app.open("/sign-in")
        await app.post(email="flo@example.com", password=PASSWORD)
        return [app.step["name"]]


async def test_an_application_signs_somebody_up_and_in_with_screens_of_its_own(house):
    shop = await house.register_client()
    request = house.walker().request(shop[0], scope="openid email")
    seen = []
    async with house.client(headers={"accept": "application/json"}) as http:
        app = Native(http)
        await app.open("/sign-up")
        seen.append(app.step["name"])
        await app.post(name="Ann", email=ANN, password="short")
        assert (app.step["status"], set(app.step["errors"])) == (400, {"password"})
        await app.post(name="Ann", email=ANN, password=PASSWORD)
        seen.append(app.step["name"])
        await app.post(code=code_in((await house.mails())[-1]))
        assert (app.shown["step"], app.shown["location"]) == (None, None)
        await app.open("/authorize", **request)
        seen.append(app.step["name"])
        await app.post(decision="allow")
        assert app.shown["location"].startswith("https://shop.example/callback?")
        await app.open("/authorize", **request, prompt="select_account")
        seen.append(app.step["name"])
        essential = '{"id_token":{"acr":{"essential":true,"value":"urn:limen:aal:2"}}}'
        await app.open("/authorize", **request, claims=essential)
        seen.append(app.step["name"])
        await app.post()
        totp = Totp(base64.b32decode(app.step["data"]["secret"].replace(" ", "").upper()))
        await app.post(code=totp.code(step_at(house.clock.now())))
        seen.append(app.step["name"])
    await house.mails()  # what tells of the new factor is not to come after the code
    async with house.client(headers={"accept": "application/json"}) as http:
        other = Native(http)
        await other.open("/recover")
        seen.append(other.step["name"])
        await other.post(email=ANN)
        await other.post(code=code_in((await house.mails(ANN))[-1]))
        seen.append(other.step["name"])
        await other.post(intent="lost")
        seen.append(other.step["name"])
        await other.post(intent="back")
        house.clock.advance(30)
        await other.post(code=totp.code(step_at(house.clock.now())))
        seen.append(other.step["name"])
        await asking(house, Question(fields=("size",)))
        await other.post(password="another horse battery")
        seen.append(other.step["name"])
        await asking(house)
        await other.open("/sign-in")
        seen.append(other.step["name"])
    seen += await tasks_of_somebody_signed_in(house)
    seen += await steps_behind_a_known_password(house)
    seen += await steps_of_an_address_that_nobody_proved(house)
    assert set(seen) == {step.name for step in STEPS}


def test_the_reference_names_every_step_and_what_it_takes():
    page = steps_page()
    for step in STEPS:
        assert f"``{step.name}``\n" in page
        assert contract(step.name)["Posts"]
