"""What passkeys refuse, over HTTP: each with a page in words, a record, and nothing half-written.

What is refused within one answer is in ``tests/conformance/test_webauthn_ceremonies.py``; here is what hangs on the
journey, the store and who it is.
"""

import json

import pytest

from limen.access.passkeys.answers import LONGEST_ANSWER
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.passkeys import PasskeySettings
from limen.kernel.encoding import b64url
from tests.integration.journeys.test_passkey import ANN, ASKED, SECURITY, add, by_passkey, holder, kinds, signed_in
from tests.integration.journeys.test_second_factor import enrolled, press, settings
from tests.support.attestation import MODEL, Maker, self_attested
from tests.support.authenticator import BE, BOUND, BS, UP, UV, Authenticator, asked, signals
from tests.support.house import PASSWORD, open_part, says

pytestmark = pytest.mark.anyio
REFUSED, NOT_MADE = says("error.passkey_refused"), says("error.passkey_not_made")


async def reasons(house, event="sign_in.failed"):
    """Why something was refused, as the record says."""
    return [open_part(record)["reason"] for record in await house.audit() if record.event == event]


def lie(**changes):
    return lambda data: data.update(changes)


LIES = {
    "wrong origin": {"origin": "https://evil.example"},
    "other RP ID": {"rp_id": "evil.example"},
    "user not verified": {"flags": UP | BE | BS},
    "nobody present": {"flags": UV | BE | BS},
    "not to be backed up any more": {"flags": BOUND},
    "cross-origin frame": {"client": lie(crossOrigin=True)},
    "another page above": {"client": lie(topOrigin="https://evil.example")},
    "made for a registration": {"client": lie(type="webauthn.create")},
    "other challenge": {"client": lie(challenge=b64url(bytes(32)))},
    "no user handle": {"handle": b""},
    "other user handle": {"handle": b"x" * 32},
    "wrong signature": {"signature": b"0" * 70},
}


async def test_a_lie_signs_nobody_in_and_the_truth_does_after_it(house):
    key = await holder(house)
    walker = house.walker()
    page = await walker.get("/sign-in")
    for what, changes in LIES.items():
        page = await by_passkey(walker, key, page, **changes)
        assert (page.status, page.notices, page.h1) == (400, [REFUSED], says("sign_in.title")), what
        assert (await walker.get("/account")).h1 == says("sign_in.title"), what
    assert set(await reasons(house)) == {"passkey_refused"}
    assert len(await reasons(house)) == len(LIES)
    assert (await by_passkey(walker, key, await walker.get(page.path))).path == "/account"


NONSENSE = {
    "no JSON": "{",
    "a list": "[]",
    "a number": "7",
    "empty object": "{}",
    "null": "null",
    "not text": '{"id": 1, "rawId": 2, "type": 3, "response": 4}',
    "no base64url": json.dumps({"id": "!", "rawId": "!", "type": "public-key", "response": {"clientDataJSON": "!"}}),
    "deep": '{"x":' + "[" * 8_000 + "]" * 8_000 + "}",
    "deep, unfinished": "[" * 15_000,
    "a surrogate": '{"id": "\\ud800"}',
    "oversized": '{"id": "' + "A" * LONGEST_ANSWER + '"}',
    "an id too long": json.dumps(
        {"id": "A" * 2_000, "rawId": "A" * 2_000, "type": "public-key",
         "response": {"clientDataJSON": b64url(b'{"type":"a","challenge":"b","origin":"c"}')}}
    ),
    "client data that is no object": json.dumps(
        {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": b64url(b"[1]")}}
    ),
    "an id that is not known": json.dumps(
        {"id": "AAAA", "rawId": "AAAA", "type": "public-key",
         "response": {"clientDataJSON": b64url(b'{"type":"webauthn.get","challenge":"","origin":""}')}}
    ),
}  # fmt: skip


async def test_nonsense_is_answered_in_words_wherever_it_is_sent(house):
    walker = house.walker()
    await signed_in(house, walker)
    page = await walker.get(SECURITY)
    making = await walker.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    stranger = house.walker()
    page = await stranger.get("/sign-in")
    for what, text in NONSENSE.items():
        page = await stranger.post(page, intent="use:passkey", passkey=text)
        assert (page.status, page.notices) == (400, [REFUSED]), what
        making = await walker.post(making, passkey=text, name="Mine")
        assert (making.status, making.notices) == (400, [NOT_MADE]), what
        assert making.fields["name"] == "Mine"
    assert await kinds(house) == 0
    assert "factor.added" not in await house.events()


async def test_an_answer_beyond_the_limit_of_a_form_is_refused_before_it_is_read(house):
    walker = house.walker()
    page = await walker.get("/sign-in")
    page = await walker.post(page, intent="use:passkey", passkey="A" * 200_000)
    assert (page.status, page.h1) == (400, says("error_page.bad_request.title"))


async def test_what_was_signed_once_counts_once(house):
    key = await holder(house)
    before = (await house.events()).count("session.started")
    one, two = house.walker(), house.walker()
    first, other = await one.get("/sign-in"), await two.get("/sign-in")
    answer = key.speak(first)
    page = await two.post(other, intent="use:passkey", passkey=answer)  # another journey's
    assert page.notices == [REFUSED]
    page = await one.post(first, intent="use:passkey", passkey=key.speak(first, signature=b"x"))
    assert page.notices == [REFUSED]
    page = await one.post(page, intent="use:passkey", passkey=answer)  # the step before
    assert page.notices == [REFUSED]
    answer = key.speak(page)
    assert (await one.post(page, intent="use:passkey", passkey=answer)).path == "/account"
    again = await one.raw_post(page, intent="use:passkey", passkey=answer)  # sent twice: nothing happens twice
    assert again.status_code == 303
    assert (await house.events()).count("session.started") == before + 1


async def test_an_answer_of_yesterdays_page_is_too_late(house):
    key = await holder(house)
    walker = house.walker()
    page = await walker.get("/sign-in")
    answer = key.speak(page)
    house.clock.advance(86_400)
    page = await walker.post(page, intent="use:passkey", passkey=answer)
    assert page.status == 410
    assert (await walker.get("/account")).h1 == says("sign_in.title")


@pytest.mark.parametrize("counter", ["refuse", "allow_synced"])
@pytest.mark.parametrize("synced", [True, False])
async def test_a_counter_that_goes_back_is_a_copy(house, counter, synced):
    await settings(house, passkeys=PasskeySettings(counter=counter))
    key = await holder(house, flags=UP | UV | (BE | BS if synced else 0), counts=True)
    key.sign_count = 10
    with house.watching() as watched:
        assert (await by_passkey(house.walker(), key)).path == "/account"
    assert watched.slept == []  # what it proves its answer says itself
    for count in (11, 4):
        with house.watching() as watched:
            page = await by_passkey(house.walker(), key, count=count)
        assert page.notices == [REFUSED], count
        assert len(watched.slept) == 1  # right, and of no use: it leaves as any refusal does
    assert await reasons(house, "passkey.counter_went_back") == ["cloned", "cloned"]
    assert (await house.mails(ANN))[-1].subject == says("mail.passkey_suspected.subject", brand="Limen")
    page = await by_passkey(house.walker(), key, count=0)  # it has stopped to count
    if synced and counter == "allow_synced":
        assert page.path == "/account"
        assert (await reasons(house, "passkey.counter_went_back"))[-1] == "allowed"
    else:
        assert page.notices == [REFUSED]
        assert (await by_passkey(house.walker(), key, count=12)).path == "/account"


async def test_a_copy_is_no_second_factor(house):
    walker, key = house.walker(), Authenticator(BOUND, counts=True)
    await signed_in(house, walker)
    page = await add(walker, key, "add_security_key")
    await walker.post(page)
    for count, path in ((7, "/account"), (7, None)):
        other = house.walker()
        page = await other.sign_in(ANN, PASSWORD)
        page = await other.post(page, passkey=key.speak(page, count=count))
        assert (page.path == path) if path else (page.h1 == ASKED and page.notices == [REFUSED])
    assert (await other.get(SECURITY)).h1 == says("sign_in.title")


async def test_another_customers_passkey_is_no_second_factor(house):
    walker = house.walker()
    await signed_in(house, walker)
    await add(walker, Authenticator())
    await enrolled(house, walker)
    await house.customer("bob@example.com")
    bob, theirs = house.walker(), Authenticator()
    await bob.sign_in("bob@example.com", PASSWORD)
    await add(bob, theirs)
    other = house.walker()
    page = await other.sign_in(ANN, PASSWORD)
    page = await other.post(page, passkey=theirs.speak(page))
    assert (page.h1, page.notices) == (ASKED, [REFUSED])
    assert await reasons(house, "second_factor.refused") == ["other_customer"]


async def test_another_customers_passkey_cannot_be_registered_again(house):
    key = await holder(house)
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD)
    page = await add(bob, key)
    assert page.notices == [NOT_MADE]
    assert await kinds(house) == 1


async def test_another_tenants_passkey_is_not_known_and_not_forgotten(house):
    key = await holder(house)
    await house.add_tenant("other")
    walker = house.walker(prefix="/t/other")
    page = await by_passkey(walker, key, await walker.get("/sign-in"))
    assert page.notices == [REFUSED]
    assert signals(page) == []
    assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_a_disabled_customer_is_not_let_in_and_is_told_no_more_than_anybody(house):
    walker = house.walker()
    customer = await house.customer(ANN)
    await walker.sign_in(ANN, PASSWORD)
    key = Authenticator()
    await add(walker, key)
    await house.administration().disable(customer.id, SYSTEM)
    page = await by_passkey(house.walker(), key)
    assert (page.status, page.notices) == (400, [REFUSED])
    assert await reasons(house) == ["customer_disabled"]


async def test_whoever_guesses_is_slowed_down(build_house):
    async with build_house(sign_in_per_address="3/600") as house:
        key = await holder(house)
        stranger = house.walker(address="198.51.100.9")
        page = await stranger.get("/sign-in")
        for _ in range(3):
            page = await by_passkey(stranger, key, page, signature=b"x")
            assert page.status == 400
        page = await by_passkey(stranger, key, page)
        assert page.status == 429
        assert (await by_passkey(house.walker(), key)).path == "/account"


async def test_where_attestation_is_a_must_forgeries_register_nothing(house):
    maker = Maker()
    await settings(house, passkeys=PasskeySettings(attestation="required"))
    walker = house.walker()
    await signed_in(house, walker)
    page = await walker.get(SECURITY)
    page = await walker.post(page, form=press(page, "add_passkey"), intent="add_passkey")
    assert asked(page)[0]["attestation"] == "direct"
    for what in (
        lambda key: {},
        lambda key: maker.attested(),
        lambda key: maker.attested(aaguid=bytes(16)),
        lambda key: self_attested(key.private_key),
    ):
        key = Authenticator(BOUND, aaguid=MODEL)
        page = await walker.post(page, passkey=key.make(page, **what(key)))
        assert (page.status, page.notices) == (400, [says("error.passkey_model_refused")])
    assert await kinds(house) == 0
    assert set(await reasons(house, "factor.refused")) == {"passkey_model_refused"}
