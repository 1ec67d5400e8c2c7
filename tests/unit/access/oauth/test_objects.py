"""Whatever comes as a request object: parameters or one refusal, and nothing raises."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc import jwe, jwt
from joserfc.jwk import ECKey

from limen.access.jose.decryption import decrypted
from limen.access.jose.foreign import ClientKeys
from limen.access.oauth.draft import Draft
from limen.access.oauth.objects import CODE, read_object
from limen.access.tokens.desk import LoadedClient
from limen.kernel.encoding import b64url, from_b64url
from limen.kernel.errors import Invalid
from tests.unit.access.oauth.doubles import CLIENT_ID, DOCUMENT, ISSUER, client, desk
from tests.unit.access.oauth.test_request import run

PRIVATE = ec.generate_private_key(ec.SECP256R1())
SIGNING = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
KEYS = ClientKeys.parse({"keys": [SIGNING.as_dict(private=False)]})
DESK = desk()
DRAFT = Draft(DESK, {"client_id": CLIENT_ID}, DOCUMENT)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
names = st.one_of(
    st.sampled_from(
        [
            "iss", "aud", "exp", "nbf", "iat", "sub", "jti", "client_id", "response_type", "redirect_uri", "scope",
            "state", "max_age", "claims", "resource", "authorization_details", "request", "request_uri", "prompt",
        ]
    ),
    st.text(max_size=80),
)  # fmt: skip


def read(text: str) -> dict[str, str] | Invalid:
    assert isinstance(KEYS, ClientKeys)
    outcome: Any = run(read_object(DRAFT, LoadedClient(client(), KEYS), text))
    assert isinstance(outcome, dict) or (isinstance(outcome, Invalid) and outcome.code == CODE)
    return outcome


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, SIGNING)


@given(st.text(max_size=200))
@example("....")
@example("..")
@example("e30.e30.e30")
@example("e30.e30.e30.e30.e30")
def test_any_text(text):
    assert isinstance(read(text), Invalid)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, json_values, max_size=6))
def test_any_signed_claims(claims):
    given_back = read(signed({"client_id": CLIENT_ID, **claims}))
    if isinstance(given_back, dict):
        assert given_back["client_id"] == CLIENT_ID
        assert all(isinstance(text, str) and len(text) <= 8_192 for text in given_back.values())
        assert not {"request", "request_uri", "iss", "aud", "exp"} & given_back.keys()


@given(st.lists(st.text(alphabet="AZaz09-_", max_size=30), min_size=5, max_size=5))
def test_any_encrypted_text(parts):
    assert decrypted(".".join(parts), {"kid": PRIVATE}) is None


@pytest.mark.parametrize(
    "changes",
    [{"zip": "DEF"}, {"crit": ["exp"], "exp": 1}, {"alg": "RSA1_5"}, {"alg": "dir"}, {"enc": "A192GCM"}, {"kid": "x"}],
)
def test_what_is_not_served_is_not_decrypted(changes):
    key = ECKey.import_key(PRIVATE)
    good = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM"}, b"inside", key, algorithms=["ECDH-ES", "A256GCM"])
    assert decrypted(good, {"kid": PRIVATE}) == "inside"
    head, rest = good.split(".", 1)
    header = json.loads(from_b64url(head)) | changes
    assert decrypted(f"{b64url(json.dumps(header).encode())}.{rest}", {"kid": PRIVATE}) is None


def test_its_own_issuer_is_the_only_audience():
    good = read(signed({"client_id": CLIENT_ID, "aud": ISSUER, "state": "x"}))
    assert good == {"client_id": CLIENT_ID, "state": "x"}
    assert isinstance(read(signed({"client_id": CLIENT_ID, "aud": f"{ISSUER}/"})), Invalid)
