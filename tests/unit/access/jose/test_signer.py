"""What a signed token looks like."""

import json
from types import MappingProxyType

import msgspec
import pytest
from joserfc import jwk as oracle_jwk
from joserfc import jwt as oracle

from limen.access.jose.algorithms import SIGNING, Algorithm
from limen.access.jose.jwk import public_jwk
from limen.access.jose.signer import Signer, TokenType
from limen.kernel.encoding import from_b64url
from limen.kernel.errors import Corrupted
from tests.unit.access.jose.doubles import access_claims, private_key

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


@pytest.mark.parametrize("alg", SIGNING)
@pytest.mark.parametrize("typ", list(TokenType))
def test_joserfc_reads_back_header_and_claims(alg: Algorithm, typ: TokenType) -> None:
    token = Signer("a-key", alg, private_key(alg)).sign(access_claims(name="Zoë ✓"), typ)
    seen = oracle.decode(token, oracle_jwk.import_key(dict(public_jwk(private_key(alg)))), algorithms=[alg.value])
    assert seen.header == {"alg": alg.value, "kid": "a-key"} | ({"typ": typ.value} if typ.value else {})
    assert seen.claims == access_claims(name="Zoë ✓")


class Claims(msgspec.Struct, omit_defaults=True):
    sub: str
    scope: str = ""


@pytest.mark.parametrize("claims", [{"sub": "s"}, MappingProxyType({"sub": "s"}), Claims("s")])
def test_claims_may_be_a_mapping_or_a_struct(claims) -> None:
    token = Signer("k", Algorithm.ES256, private_key(Algorithm.ES256)).sign(claims, TokenType.ID)
    assert json.loads(from_b64url(token.split(".")[1])) == {"sub": "s"}


def test_the_token_is_unpadded_base64url_at_every_length() -> None:
    signer = Signer("k", Algorithm.ES256, private_key(Algorithm.ES256))
    for length in range(12):
        for part in signer.sign({"sub": "ÿ" * length}, TokenType.ACCESS).split("."):
            from_b64url(part)


def test_a_claim_without_json_form_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Signer("k", Algorithm.ES256, private_key(Algorithm.ES256)).sign({"sub": object()}, TokenType.ACCESS)


def test_a_signer_does_not_take_a_key_of_another_algorithm() -> None:
    with pytest.raises(Corrupted):
        Signer("k", Algorithm.ES256, private_key(Algorithm.RS256))


def test_the_repr_names_the_key_alone() -> None:
    assert repr(Signer("k", Algorithm.ES256, private_key(Algorithm.ES256))) == "Signer(kid='k', alg='ES256')"
