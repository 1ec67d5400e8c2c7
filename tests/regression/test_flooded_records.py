"""Floods that would fill the audit log: each record stays for years, and each event goes to whoever listens."""

import pytest

from limen.identity.tenants.sign_up import SignUpSettings
from tests.integration.attacks.kit import set_up
from tests.integration.risk.test_decisions import decisions
from tests.support.house import PASSWORD

pytestmark = pytest.mark.anyio


async def test_a_machine_that_is_refused_at_sign_up_again_and_again_fills_no_log(house):
    await set_up(house, sign_up=SignUpSettings())
    walker = house.walker(address="203.0.113.9")
    page = await walker.get("/sign-up")
    for number in range(40):
        page = await walker.post(page, email=f"p{number}@example.com", password=PASSWORD, website="https://x.example")
        assert page.status == 403
    assert len(decisions(house)) == 20
    other = house.walker(address="198.51.100.9")
    page = await other.post(await other.get("/sign-up"), email="q@example.com", website="https://x.example")
    assert len(decisions(house)) == 21
