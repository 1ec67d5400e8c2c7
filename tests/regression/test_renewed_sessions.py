"""Sessions that are renewed by a fresh proof."""

import pytest

from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


async def test_a_session_renewed_by_signing_in_again_serves_beyond_the_absolute_limit_of_its_beginning(house):
    await house.customer("ann@example.com")
    client_id, _ = await house.register_client(require_consent=False)
    walker = house.walker()
    await walker.sign_in("ann@example.com", PASSWORD, await walker.authorize(client_id))
    limits = house.tenant.settings.lifetimes
    step = min(limits.session_idle, limits.session_absolute) - 60
    for _ in range(limits.session_absolute // step + 1):
        house.clock.advance(step)
        page = await walker.sign_in("ann@example.com", PASSWORD, await walker.authorize(client_id, prompt="login"))
        assert page.answer["code"]
    assert (await walker.authorize(client_id, prompt="none")).answer.get("code")


async def test_a_session_without_a_fresh_proof_ends_at_the_absolute_limit_however_much_it_is_used(house):
    await house.customer("ann@example.com")
    client_id, _ = await house.register_client(require_consent=False)
    walker = house.walker()
    await walker.sign_in("ann@example.com", PASSWORD, await walker.authorize(client_id))
    limits = house.tenant.settings.lifetimes
    step = min(limits.session_idle, limits.session_absolute) - 60
    for _ in range(limits.session_absolute // step + 1):
        house.clock.advance(step)
        page = await walker.authorize(client_id, prompt="none")
    assert page.answer["error"] == "login_required"
