"""Who asks cannot tell whether an account exists: the same work is done, the same answer leaves at the same step."""

import hashlib
import json
from base64 import b64encode

import pytest

from limen.identity.administrators import SYSTEM
from limen.identity.credentials.hashing import PasswordHasher
from limen.identity.credentials.legacy.table import is_kept, read
from limen.identity.credentials.records import seal_password, unseal_password
from tests.integration.journeys.test_first_factors import signs_in_by
from tests.integration.journeys.test_second_factor import enrolled
from tests.support.authenticator import Authenticator
from tests.support.house import PASSWORD, code_in
from tests.support.traces import trace_of

pytestmark = pytest.mark.anyio

# one length, so that bodies can be compared by theirs
KNOWN, UNKNOWN, LOCKED = "known@example.com", "nobod@example.com", "lockd@example.com"
DISABLED, BARE, TWICE = "barrd@example.com", "bare1@example.com", "twice@example.com"
OLD, SHUT = "older@example.com", "notme@example.com"
ALL = (KNOWN, UNKNOWN, DISABLED, BARE, LOCKED, TWICE, OLD)
BY_MAIL = {"intent": "use:email_code", "password": None}
ASKS_MAIL = [("/sign-in", BY_MAIL), ("/recover", {}), ("/sign-up", {"password": PASSWORD, "name": ""})]


async def old_customer(house, email, password=PASSWORD):
    """A customer whose hash another system made."""
    customer = await house.customer(email, password=None)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"sea", 10_000)
    kept = read(f"pbkdf2_sha256$10000$sea${b64encode(digest).decode()}")
    vault = await house.directory().vault_of(customer.id)
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.passwords.put(seal_password(vault, customer.id, kept, house.clock.now()))
    return customer


@pytest.fixture
async def people(house):
    await house.customer(KNOWN)
    await house.customer(BARE, password=None)
    disabled, locked = await house.customer(DISABLED), await house.customer(LOCKED)
    await house.customer(TWICE)
    shut = await house.customer(SHUT)
    await old_customer(house, OLD)
    owner = house.walker()
    await owner.sign_in(TWICE, PASSWORD)
    await enrolled(house, owner)
    await house.administration().disable(disabled.id, SYSTEM)
    async with house.storage.database.begin(house.tenant.id) as unit:
        for _ in range(100):
            await unit.passwords.count_failure(locked.id, is_known=False)
        await unit.passwords.disable(shut.id, house.clock.now())
    await house.walker().sign_in(KNOWN, PASSWORD)  # whatever is made at the first use is there
    return house


async def traced(house, begin, email, **form):
    walker = house.walker()
    page = await walker.get(begin)
    with house.watching() as watched:
        answer = await walker.raw_post(page, email=email, **form)
    return trace_of(watched, answer, email), walker


async def test_a_refused_sign_in_leaves_one_trace_whoever_it_was_for(people):
    everybody = (*ALL, SHUT)
    traces = {
        email: (await traced(people, "/sign-in", email, password="wrong horse battery"))[0] for email in everybody
    }
    assert traces[KNOWN]["hashes"] == 1
    assert traces[KNOWN]["slept"] == 1
    for email in everybody[1:]:
        assert traces[email] == traces[KNOWN], email


async def test_a_hash_of_another_system_is_replaced_at_the_first_sign_in_that_is_right(people):
    find = people.directory()

    async def held():
        async with people.storage.database.read(people.tenant.id) as unit:
            row = await unit.customers.find_by_contact("email", await find.email_index(OLD))
            stored = await unit.passwords.get(row.id)
            return stored, unseal_password(await find.vault_of(row.id), stored), await unit.passwords.labels(limit=9)

    before, opened, labels = await held()
    assert is_kept(opened.hash)
    assert labels == [before.label] == ["pbkdf2:sha256:10000:32"]
    for _ in range(2):
        page = await people.walker().sign_in(OLD, PASSWORD)
        assert page.response.url.path == "/account"
        after, opened, labels = await held()
        assert opened.hash.startswith("$argon2id$v=19$")
        assert (after.label, labels) == ("", [])


async def test_refusals_wait_as_for_the_slowest_hash_and_whoever_proves_something_does_not(house, monkeypatch):
    async def slow(_hasher, label):
        assert label == "pbkdf2:sha256:10000:32"
        return 0.6

    monkeypatch.setattr(PasswordHasher, "seconds", slow)
    await house.customer(KNOWN)
    assert (
        await house.walker().sign_in(KNOWN, PASSWORD)
    ).response.url.path == "/account"  # no hash but ours is known of
    await old_customer(house, OLD)
    house.storage.feed.apply([(house.tenant.id, "passwords", "")])
    slept = []
    for email, password in ((UNKNOWN, PASSWORD), (KNOWN, "wrong horse battery"), (KNOWN, PASSWORD)):
        walker = house.walker()
        page = await walker.get("/sign-in")
        with house.watching() as watched:
            await walker.raw_post(page, email=email, password=password)
        slept.append(watched.slept)
    assert slept == [[1.25], [1.25], []]


async def test_the_right_password_of_a_disabled_account_leaves_the_trace_of_a_wrong_one(people):
    wrong, _ = await traced(people, "/sign-in", UNKNOWN, password=PASSWORD)
    for email in (DISABLED, LOCKED, SHUT):
        assert (await traced(people, "/sign-in", email, password=PASSWORD))[0] == wrong


async def test_sign_up_leaves_one_trace_for_a_free_and_for_a_taken_address(people):
    free, _ = await traced(people, "/sign-up", UNKNOWN, password=PASSWORD, name="")
    assert (free["status"], free["events"], free["slept"]) == (303, 1, 1)
    for email in ALL:
        assert (await traced(people, "/sign-up", email, password=PASSWORD, name=""))[0] == free


async def test_recovery_leaves_one_trace_for_every_address(people):
    unknown, _ = await traced(people, "/recover", UNKNOWN)
    assert (unknown["status"], unknown["events"]) == (303, 1)
    for email in ALL:
        assert (await traced(people, "/recover", email))[0] == unknown


async def test_a_code_to_sign_in_leaves_one_trace_for_every_address(people):
    unknown, _ = await traced(people, "/sign-in", UNKNOWN, **BY_MAIL)
    assert (unknown["status"], unknown["events"], unknown["slept"]) == (303, 1, 1)
    for email in ALL:
        assert (await traced(people, "/sign-in", email, **BY_MAIL))[0] == unknown, email


async def test_without_passwords_sign_up_and_recovery_leave_one_trace_too(people):
    await signs_in_by(people, password=False)
    for begin, more in (("/sign-up", {"name": ""}), ("/recover", {}), ("/sign-in", BY_MAIL)):
        unknown, _ = await traced(people, begin, UNKNOWN, **more)
        assert (unknown["status"], unknown["events"], unknown["hashes"]) == (303, 1, 0)
        for email in ALL:
            assert (await traced(people, begin, email, **more))[0] == unknown, (begin, email)
        people.clock.advance(3_600)  # an address gets so many mails an hour


async def test_where_the_identifier_comes_first_its_page_asks_nobody_and_the_next_is_the_same(people):
    await signs_in_by(people, identifier_first=True)
    seen = {}
    for email in ALL:
        walker = people.walker()
        first = await walker.get("/sign-in")
        with people.watching() as watched:
            answer = await walker.raw_post(first, email=email)
        step = trace_of(watched, answer, email)
        with people.watching() as watched:
            page = await walker.get(answer.headers["location"])
        step["next"] = trace_of(watched, page.response, email)
        with people.watching() as watched:
            refused = await walker.raw_post(page, password="wrong horse battery")
        step["refused"] = trace_of(watched, refused, email)
        seen[email] = step
    assert not any("customers" in tables for _, tables in seen[KNOWN]["statements"])
    assert seen[KNOWN]["refused"]["hashes"] == 1
    for email in ALL[1:]:
        assert seen[email] == seen[KNOWN], email


@pytest.mark.parametrize(("begin", "more"), ASKS_MAIL)
@pytest.mark.parametrize("sent", [{"code": "000000"}, {"intent": "resend"}, {"intent": "change_email"}])
async def test_the_next_step_leaves_one_trace_too(people, begin, more, sent):
    traces = {}
    for email in ALL:
        walker = people.walker()
        page = await walker.post(await walker.get(begin), email=email, **more)
        await people.mails()
        with people.watching() as watched:
            answer = await walker.raw_post(page, **{"code": None, **sent})
        traces[email] = trace_of(watched, answer, email)
    for email in ALL[1:]:
        assert traces[email] == traces[KNOWN], email


@pytest.mark.parametrize(("begin", "more"), ASKS_MAIL)
async def test_once_the_limit_is_reached_every_address_is_told_the_same(build_house, begin, more):
    async with build_house(mails_per_identifier="1/3600") as house:
        await house.customer(KNOWN)
        await house.customer(BARE, password=None)
        await traced(house, begin, KNOWN, **more)
        traces = []
        for email in (KNOWN, UNKNOWN, BARE):
            await traced(house, begin, email, **more)
            traces.append((await traced(house, begin, email, **more))[0])
            assert traces[-1]["status"] == 429
        assert traces[0] == traces[1] == traces[2]


async def test_the_mails_that_leave_are_of_one_kind_each_and_one_for_each_address(people):
    for begin, more in ASKS_MAIL:
        before = len(await people.mails())
        for email in ALL:
            await traced(people, begin, email, **more)
        assert len(await people.mails()) == before + len(ALL)
    secret = [mail for mail in await people.mails(UNKNOWN) if "/link/" in mail.text]
    assert [bool(code_in(mail)) for mail in secret] == [True]  # the sign-up alone


async def test_a_passkey_that_nobody_has_leaves_one_trace_whatever_address_stands_beside_it(people):
    traces = {}
    for email in ALL:
        stranger = Authenticator()
        stranger.rp_id, stranger.user_handle = "id.example", b"h" * 32
        walker = people.walker()
        page = await walker.get("/sign-in")
        answer = {"intent": "use:passkey", "passkey": stranger.speak(page), "email": email, "password": ""}
        with people.watching() as watched:
            response = await walker.raw_post(page, **answer)
        traces[email] = trace_of(watched, response, email)
        sent = json.loads(answer["passkey"])["id"]
        traces[email]["body"] = traces[email]["body"].replace(sent, "")
    assert (traces[UNKNOWN]["status"], traces[UNKNOWN]["hashes"]) == (400, 0)
    for email in ALL:
        assert traces[email] == traces[UNKNOWN], email


async def test_answers_leave_on_the_even_step(house):
    await house.customer(KNOWN)
    for email in (KNOWN, UNKNOWN):
        began = house.clock.monotonic()
        await traced(house, "/sign-in", email, password="wrong horse battery")
        taken = house.clock.monotonic() - began
        assert taken == pytest.approx(0.25, abs=0.002)


async def test_an_answer_that_took_longer_leaves_on_the_next_step(house, monkeypatch):
    await house.customer(KNOWN)
    walker = house.walker()
    page = await walker.get("/sign-in")
    pool = house.pool
    hashing = pool.run

    async def slow(work, **kind):
        house.clock.advance(0.31)
        return await hashing(work, **kind)

    monkeypatch.setattr(pool, "run", slow)
    began = house.clock.monotonic()
    await walker.raw_post(page, email=UNKNOWN, password="wrong horse battery")
    assert house.clock.monotonic() - began == pytest.approx(0.5, abs=0.002)


async def test_a_proof_waits_for_no_step_whatever_is_asked_behind_it(people):
    for email, path in ((KNOWN, "/account"), (TWICE, "/journey")):
        walker = people.walker()
        page = await walker.get("/sign-in")
        with people.watching() as watched:
            answer = await walker.raw_post(page, email=email, password=PASSWORD)
        assert answer.headers["location"].startswith(path)
        assert watched.slept == []


@pytest.mark.parametrize("identifier_first", [False, True])
async def test_before_any_proof_the_page_offers_everybody_the_same(people, identifier_first):
    await signs_in_by(people, identifier_first=identifier_first)
    shop = await people.register_client()
    pages = [await people.walker().authorize(shop[0], login_hint=email) for email in ALL]
    for page in pages[1:]:
        assert page.form.buttons == pages[0].form.buttons
        assert (page.h1, page.fields.keys()) == (pages[0].h1, pages[0].fields.keys())
