"""Whom nobody knows here is asked about in the old system, once, and so that nobody can tell."""

import base64
import hmac
import json

import msgspec
import pytest

from limen.access.journeys.migration import HOOK_KEY
from limen.identity.credentials.records import unseal_password
from limen.identity.tenants.migration import MigrationSettings
from limen.identity.tenants.validation import validate
from limen.kernel.errors import Invalid, Unavailable
from tests.integration.attacks.kit import set_up
from tests.support.house import PASSWORD, code_in, says
from tests.support.traces import trace_of

pytestmark = pytest.mark.anyio
URL = "https://old.example/limen"
OLD = "older@example.com"
NEW, KNOWN = "nobod@example.com", "known@example.com"
ANN = {"external_id": "7", "email_verified": True, "given_name": "Ann", "locale": "not a locale", "plan": "gold"} | {
    "birthdate": "1990-05-17",
    "website": "ann.example",
    "address": {"locality": "Wien", "planet": "Earth"},
}


class OldSystem:
    """Knows one customer, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = []
        self.away = False

    async def ask(self, url, notice):
        self.asked.append((url, notice, json.loads(notice.body)))
        if self.away:
            return Unavailable("outgoing_unreachable", "too slow")
        data = json.loads(notice.body)["data"]
        if data["email"] == OLD and data.get("password", PASSWORD) == PASSWORD:
            return json.dumps({"customer": ANN}).encode()
        return Invalid("outgoing_unexpected", "status 404")


@pytest.fixture
async def old(house, monkeypatch):
    system = OldSystem()
    monkeypatch.setattr(house.site.outgoing, "ask", system.ask)
    await house.customer(KNOWN)
    await house.walker().sign_in(KNOWN, PASSWORD)  # whatever is made at the first use is there
    await set_up(house, migration=MigrationSettings(url=URL, seconds=2, per_minute=8))
    return system


async def held(house, email):
    directory = house.directory()
    async with house.storage.database.read(house.tenant.id) as unit:
        sealed = await unit.customers.find_by_contact("email", await directory.email_index(email))
        if sealed is None:
            return None, ""
        stored = await unit.passwords.get(sealed.id)
    vault = await directory.vault_of(sealed.id)
    return await directory.open(sealed, vault), unseal_password(vault, stored).hash if stored else ""


async def test_whoever_the_old_system_vouches_for_moves_in_and_is_asked_about_no_more(house, old):
    assert (await house.walker().sign_in(OLD, PASSWORD)).response.url.path == "/account"
    [(url, notice, body)] = old.asked
    assert url == URL
    assert (body["type"], body["data"]) == ("customer.verify", {"email": OLD, "password": PASSWORD})
    headers = {name: value.reveal() for name, value in notice.headers}
    key = (await house.basis.keyring.tenant(house.tenant.id)).derive(HOOK_KEY)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + notice.body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert PASSWORD not in repr(notice.headers)
    customer, password = await held(house, OLD)
    assert (customer.profile.given_name, customer.profile.email_verified) == ("Ann", True)
    assert (customer.profile.locale, customer.profile.attributes) == ("", {})  # what would not do is left out
    assert (customer.profile.birthdate, customer.profile.address.locality) == ("1990-05-17", "Wien")
    assert customer.profile.website == ""
    assert password.startswith("$argon2id$")
    assert (await house.walker().sign_in(OLD, PASSWORD)).response.url.path == "/account"
    assert len(old.asked) == 1
    assert [record.event for record in await house.audit()].count("customer.migrated") == 1


async def test_a_refusal_leaves_one_trace_whether_somebody_is_known_here_or_asked_about_or_the_old_system_is_away(
    house, old
):
    traces = {}
    for name, email in (("known", KNOWN), ("unknown", NEW), ("away", NEW)):
        old.away = name == "away"
        walker = house.walker()
        page = await walker.get("/sign-in")
        with house.watching() as watched:
            answer = await walker.raw_post(page, email=email, password="wrong horse battery")
        traces[name] = trace_of(watched, answer, email) | {"slept": watched.slept}
    assert traces["unknown"] == traces["known"]
    assert traces["away"] == traces["known"]
    assert traces["known"]["slept"] == [2.25]
    assert len(old.asked) == 2
    assert (await held(house, NEW)) == (None, "")


async def test_stuffing_here_is_none_there(house, old):
    for _ in range(7):
        await house.walker().sign_in(NEW, "wrong horse battery")
    assert len(old.asked) == 5  # about one address
    for number in range(10):
        await house.walker(address=f"192.0.2.{number}").sign_in(f"n{number}@example.com", "wrong horse battery")
    assert len(old.asked) == 8  # about anybody, in a minute
    house.clock.advance(61)
    assert (await house.walker().sign_in(OLD, PASSWORD)).response.url.path == "/account"


@pytest.mark.parametrize("email", [KNOWN, NEW])
async def test_who_is_asked_about_too_often_is_told_so_whether_they_are_known_here_or_not(house, old, email):
    said = [await house.walker().sign_in(email, "wrong horse battery") for _ in range(6)]
    assert [page.status for page in said] == [400] * 5 + [429]
    assert said[-1].notices == [says("error.throttled")]
    assert int(said[-1].response.headers["retry-after"]) > 0
    assert (await house.walker().sign_in(KNOWN, PASSWORD)).path == "/account"  # a right password asks nobody


async def test_a_recovery_beyond_what_the_old_system_bears_is_told_to_wait_not_that_there_is_nobody(house, old):
    emails = [KNOWN, *(f"n{number}@example.com" for number in range(8))]
    said = [await house.walker(address=f"192.0.2.{n}").begin_recovery(email) for n, email in enumerate(emails)]
    assert [page.status for page in said] == [200] * 8 + [429]
    assert await house.mails(emails[-1]) == []
    assert len(old.asked) == 7  # nobody is asked about whoever is known here, who is counted all the same


async def test_a_recovery_asks_whether_there_is_somebody_and_lets_them_set_a_password(house, old):
    walker = house.walker()
    page = await walker.begin_recovery(OLD)
    assert [body for _, _, body in old.asked] == [{"type": "customer.exists", "data": {"email": OLD}}]
    customer, password = await held(house, OLD)
    assert (customer.profile.email, password) == (OLD, "")
    assert code_in((await house.mails(OLD))[-1])
    await house.walker().begin_recovery(NEW)
    assert (await held(house, NEW)) == (None, "")
    assert page.response.status_code == 200


async def test_without_the_setting_nobody_is_asked(house, old):
    await set_up(house, migration=MigrationSettings())
    await house.walker().sign_in(OLD, PASSWORD)
    assert old.asked == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "http://old.example/x"}, "url"),
        ({"url": "https://a@old.example"}, "url"),
        ({"url": "ftp:x"}, "url"),
        ({"seconds": 0}, "seconds"),
        ({"per_minute": 10**6}, "per_minute"),
    ],
)
async def test_settings_that_will_not_do_are_named(house, wrong, field):
    settings = msgspec.structs.replace(house.tenant.settings, migration=MigrationSettings(**wrong))
    assert validate("Name", settings).fields.keys() == {f"settings.migration.{field}"}
