"""A question on the way to one application, and the claim that releases its answer."""

import pytest

from limen.identity.profiles.records import Question
from limen.identity.tenants.claims import ClaimRule
from tests.integration.journeys.test_profile import ASKED, asking
from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio


async def test_a_question_for_one_client_is_asked_on_the_way_to_it_alone_and_its_claim_released(shop: Shop):
    rule = ClaimRule(claim="shoe_size", source="attribute", field="size", scope="profile")
    question = Question(fields=("size",), clients=(shop.client_id,))
    await asking(shop.house, question, claims=(rule,))
    other = await shop.another()
    assert "code" in (await shop.arrive(other[0])).answer
    assert "code" in (await shop.arrive(prompt="none")).answer  # where no page may be shown, none is
    page = await shop.arrive()
    assert page.h1 == ASKED
    page = await shop.walker.post(page, **{"attributes.size": "42"})
    tokens = await shop.walker.tokens(shop.auth, page)
    assert claims(tokens["id_token"])["shoe_size"] == 42
