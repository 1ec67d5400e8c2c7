"""Houses whose guards are on, as they are by default."""

import pytest

from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.sign_up import SignUpSettings
from tests.integration.attacks.kit import set_up


@pytest.fixture
async def house(house):
    await set_up(house, attacks=AttackSettings(), sign_up=SignUpSettings())
    return house


@pytest.fixture
async def house_on(house_on):
    await set_up(house_on, attacks=AttackSettings(), sign_up=SignUpSettings())
    return house_on
