"""Who asks cannot tell whether an account exists: the same work is done, the same answer leaves at the same step."""

import re

import pytest

from limen.identity.administrators import SYSTEM
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio

# one length, so that bodies can be compared by theirs
KNOWN, UNKNOWN, LOCKED = "known@example.com", "nobod@example.com", "lockd@example.com"
DISABLED, BARE = "barrd@example.com", "bare1@example.com"
ALL = (KNOWN, UNKNOWN, DISABLED, BARE, LOCKED)


@pytest.fixture
async def people(house):
    await house.customer(KNOWN)
    await house.customer(BARE, password=None)
    disabled, locked = await house.customer(DISABLED), await house.customer(LOCKED)
    await house.administration().disable(disabled.id, SYSTEM)
    async with house.storage.database.begin(house.tenant.id) as unit:
        for _ in range(100):
            await unit.passwords.count_failure(locked.id)
        await unit.passwords.disable(locked.id, house.clock.now())
    await house.walker().sign_in(KNOWN, PASSWORD)  # whatever is made at the first use is there
    return house


def trace_of(watched, answer, email):
    """What can be seen from outside, and what was done inside, without what differs anyhow."""
    words = [" ".join(statement.split()[:3]) for statement in watched.statements]
    tables = [re.findall(r"(?:FROM|INTO|UPDATE|JOIN) (\w+)", statement) for statement in watched.statements]
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    body = re.sub(r"[0-9a-f]{40}|jou_\w+|nonce=\"[^\"]+\"", "", answer.text).replace(email, "")
    return {
        "status": answer.status_code,
        "headers": headers,
        "length": len(body),
        "body": body,
        "statements": list(zip(words, tables, strict=True)),
        "hashes": watched.hashes,
        "events": watched.events,
        "slept": len(watched.slept),
    }


VARYING = {"x-request-id", "ratelimit", "content-security-policy", "location"}


async def traced(house, begin, email, **form):
    walker = house.walker()
    page = await walker.get(begin)
    with house.watching() as watched:
        answer = await walker.raw_post(page, email=email, **form)
    return trace_of(watched, answer, email), walker


async def test_a_refused_sign_in_leaves_one_trace_whoever_it_was_for(people):
    traces = {email: (await traced(people, "/sign-in", email, password="wrong horse battery"))[0] for email in ALL}
    assert traces[KNOWN]["hashes"] == 1
    assert traces[KNOWN]["slept"] == 1
    for email in ALL[1:]:
        assert traces[email] == traces[KNOWN], email


async def test_the_right_password_of_a_disabled_account_leaves_the_trace_of_a_wrong_one(people):
    wrong, _ = await traced(people, "/sign-in", UNKNOWN, password=PASSWORD)
    for email in (DISABLED, LOCKED):
        assert (await traced(people, "/sign-in", email, password=PASSWORD))[0] == wrong


async def test_sign_up_leaves_one_trace_for_a_free_and_for_a_taken_address(people):
    free, _ = await traced(people, "/sign-up", UNKNOWN, password=PASSWORD, name="")
    assert (free["status"], free["events"], free["slept"]) == (303, 1, 1)
    for email in (KNOWN, DISABLED, BARE):
        assert (await traced(people, "/sign-up", email, password=PASSWORD, name=""))[0] == free


async def test_recovery_leaves_one_trace_for_every_address(people):
    unknown, _ = await traced(people, "/recover", UNKNOWN)
    assert (unknown["status"], unknown["events"]) == (303, 1)
    for email in (KNOWN, DISABLED, BARE):
        assert (await traced(people, "/recover", email))[0] == unknown


@pytest.mark.parametrize("begin", ["/sign-up", "/recover"])
@pytest.mark.parametrize("sent", [{"code": "000000"}, {"intent": "resend"}])
async def test_the_next_step_leaves_one_trace_too(people, begin, sent):
    traces = []
    for email in (KNOWN, UNKNOWN):
        more = {"password": PASSWORD, "name": ""} if begin == "/sign-up" else {}
        walker = people.walker()
        page = await walker.post(await walker.get(begin), email=email, **more)
        await people.mails()
        with people.watching() as watched:
            answer = await walker.raw_post(page, **{"code": None, **sent})
        traces.append(trace_of(watched, answer, email))
    assert traces[0] == traces[1]


async def test_answers_leave_on_the_even_step(house):
    await house.customer(KNOWN)
    for email in (KNOWN, UNKNOWN):
        began = house.clock.monotonic()
        await traced(house, "/sign-in", email, password="wrong horse battery")
        taken = house.clock.monotonic() - began
        assert taken == pytest.approx(0.25)


async def test_an_answer_that_took_longer_leaves_on_the_next_step(house, monkeypatch):
    await house.customer(KNOWN)
    walker = house.walker()
    page = await walker.get("/sign-in")
    pool = house.pool
    hashing = pool.run

    async def slow(work):
        house.clock.advance(0.31)
        return await hashing(work)

    monkeypatch.setattr(pool, "run", slow)
    began = house.clock.monotonic()
    await walker.raw_post(page, email=UNKNOWN, password="wrong horse battery")
    assert house.clock.monotonic() - began == pytest.approx(0.5)


async def test_before_any_proof_the_page_offers_everybody_the_same(house):
    await house.customer(KNOWN)
    shop = await house.register_client()
    pages = [await house.walker().authorize(shop[0], login_hint=email) for email in (KNOWN, UNKNOWN)]
    assert pages[0].form.buttons == pages[1].form.buttons
    assert pages[0].h1 == pages[1].h1
