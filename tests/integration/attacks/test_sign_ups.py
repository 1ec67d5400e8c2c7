"""Sign-ups by machines and in numbers, over HTTP: who works, who is refused, and who notices nothing."""

import pytest

from limen.identity.tenants.networks import NetworkSettings
from limen.identity.tenants.sign_up import SignUpSettings
from tests.integration.attacks.kit import set_up
from tests.integration.attacks.test_guessing import proof_in
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio
WORK = says("error.sign_up_proof")
REFUSED = says("error.sign_up_refused")
CHECK_MAIL = says("verify.title")


async def test_a_person_who_signs_up_notices_nothing(house):
    page = await house.walker().begin_sign_up("ann@example.com", PASSWORD)
    assert (page.status, page.h1) == (200, CHECK_MAIL)


async def test_a_disposable_address_takes_work_and_what_was_typed_stays(house):
    walker = house.walker()
    page = await walker.begin_sign_up("ann@mailinator.com", PASSWORD, name="Ann Lee")
    assert (page.status, page.notices[0]) == (400, WORK)
    assert (page.fields["email"], page.fields["name"]) == ("ann@mailinator.com", "Ann Lee")
    page = await walker.post(page, password=PASSWORD, proof=proof_in(page))
    assert page.h1 == CHECK_MAIL


async def test_whoever_fills_in_what_no_person_sees_is_refused_before_anything_is_hashed(house):
    walker = house.walker()
    page = await walker.get("/sign-up")
    with house.watching() as trace:
        page = await walker.post(
            page, email="ann@example.com", password=PASSWORD, name="Ann", website="https://x.example"
        )
    assert (page.status, page.notices, trace.hashes) == (403, [REFUSED], 0)
    assert await house.mails() == []


async def test_one_address_with_many_sign_ups_works_from_the_configured_number_on(build_house):
    async with build_house(mails_per_address="off") as house:
        await set_up(house, sign_up=SignUpSettings(address_hour=2))
        answers = [await house.walker().begin_sign_up(f"p{n}@example{n}.com", PASSWORD) for n in range(9)]
        assert [page.h1 == CHECK_MAIL for page in answers] == [True] * 2 + [False] * 7
        assert [page.status for page in answers[2:]] == [400] * 6 + [403]


async def test_a_blocked_network_makes_no_account(house):
    await set_up(house, networks=NetworkSettings(blocked=("203.0.113.0/24",)))
    page = await house.walker(address="203.0.113.9").begin_sign_up("ann@example.com", PASSWORD)
    assert (page.status, page.notices) == (403, [REFUSED])


async def test_shadow_mode_counts_and_lets_pass(house):
    await set_up(house, sign_up=SignUpSettings(mode="shadow"))
    page = await house.walker().begin_sign_up("ann@mailinator.com", PASSWORD)
    assert page.h1 == CHECK_MAIL
    metrics = (await house.client("127.0.0.1").get("/metrics")).text
    assert 'limen_guarded_tries_total{outcome="shadowed",reason="sign_up_disposable"}' in metrics
