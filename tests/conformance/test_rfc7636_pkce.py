"""RFC 7636, Proof Key for Code Exchange.

Deliberately not supported: the method ``plain`` (§4.2), which is also what a missing method means (§4.3). Both are
refused, and so is a request without a challenge, of confidential clients too (RFC 9700 §2.1.1). Those that may rest on
a nonce are in ``test_oauth2_1_code_injection.py``.
"""

import pytest

from limen.kernel.encoding import b64url, sha256
from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


async def test_rfc7636_appendix_b_the_example_works(shop: Shop):
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    code = await shop.code(code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert (await shop.redeem(code, code_verifier=verifier)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "A" * 43},
        {"code_challenge": "*" * 43},
        {"code_challenge": "v" * 128},
    ],
    ids=range(9),
)
async def test_rfc7636_s4_4_1_a_request_without_a_good_challenge_is_an_invalid_request(shop: Shop, changes):
    page = await shop.arrive(**changes)
    if changes == {"code_challenge": "A" * 43}:
        assert "code" in page.answer  # 32 zero bytes are a possible digest
    else:
        assert page.answer["error"] == "invalid_request"


async def test_rfc7636_s4_6_a_wrong_verifier_is_an_invalid_grant(shop: Shop):
    code = await shop.code()
    assert error(await shop.redeem(code, code_verifier="x" * 43)) == (400, "invalid_grant")


async def test_rfc7636_s4_6_the_challenge_itself_is_no_verifier(shop: Shop):
    challenge = b64url(sha256(b"v" * 43))
    code = await shop.code(code_challenge=challenge)
    assert error(await shop.redeem(code, code_verifier=challenge)) == (400, "invalid_grant")


@pytest.mark.parametrize("length", [43, 128])
async def test_rfc7636_s4_1_verifiers_of_every_allowed_length_work(shop: Shop, length: int):
    verifier = ("Az09-._~" * 16)[:length]
    code = await shop.code(code_challenge=b64url(sha256(verifier.encode())))
    assert (await shop.redeem(code, code_verifier=verifier)).status_code == 200


async def test_rfc9700_s2_1_1_a_verifier_cannot_be_left_out_at_the_token_endpoint(shop: Shop):
    assert error(await shop.redeem(await shop.code(), code_verifier=None)) == (400, "invalid_request")
