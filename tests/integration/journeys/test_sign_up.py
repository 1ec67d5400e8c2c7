"""Signing up."""

import pytest

from tests.support.house import PASSWORD, code_in

pytestmark = pytest.mark.anyio


async def test_a_mailed_code_makes_the_account_and_signs_in(house_on):
    ann = house_on.walker()
    page = await ann.begin_sign_up("ann@example.com", PASSWORD)
    assert page.h1 == "Check your mail"
    page = await ann.post(page, code=code_in((await house_on.mails())[-1]))
    assert page.path == "/account"
    assert page.status == 200
