"""What a request says about its client, before anything is proven (RFC 6749 §2.3)."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.access.clients.records import AuthMethod
from limen.access.tokens.client_authentication import JWT_BEARER, PresentedClient, present
from limen.kernel.encoding import b64url
from limen.kernel.errors import Refusal

BASIC = "Basic " + b64encode(b"shop:secret").decode()
ASSERTION = ".".join((b64url(b'{"alg":"ES256"}'), b64url(b'{"iss":"shop"}'), b64url(b"signature")))
BY_KEY = {"client_assertion": ASSERTION, "client_assertion_type": JWT_BEARER}


def code_of(presented: PresentedClient | Refusal) -> str:
    assert isinstance(presented, Refusal)
    return presented.code


@pytest.mark.parametrize(
    ("authorization", "form", "expected"),
    [
        (BASIC, {}, PresentedClient("shop", AuthMethod.BASIC, "secret")),
        (BASIC, {"client_id": "shop"}, PresentedClient("shop", AuthMethod.BASIC, "secret")),
        (None, {"client_id": "shop", "client_secret": "s"}, PresentedClient("shop", AuthMethod.POST, "s")),
        (None, {"client_id": "shop"}, PresentedClient("shop", AuthMethod.NONE)),
        (None, BY_KEY, PresentedClient("shop", AuthMethod.PRIVATE_KEY_JWT, ASSERTION)),
        (None, BY_KEY | {"client_id": "shop"}, PresentedClient("shop", AuthMethod.PRIVATE_KEY_JWT, ASSERTION)),
    ],
)
def test_each_method_is_recognised(authorization: str | None, form: dict[str, str], expected: PresentedClient):
    assert present(authorization, form) == expected


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (BASIC, {"client_secret": "s"}),
        (BASIC, BY_KEY),
        (None, BY_KEY | {"client_secret": "s"}),
        (BASIC, BY_KEY | {"client_secret": "s"}),
        (BASIC, {"client_id": "other"}),
        (None, {"client_assertion": ASSERTION}),
        (None, {"client_assertion": ASSERTION, "client_assertion_type": "other"}),
    ],
)
def test_what_contradicts_itself_is_a_malformed_request(authorization: str | None, form: dict[str, str]):
    assert code_of(present(authorization, form)) == "invalid_request"


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (None, {}),
        (None, {"client_secret": "s"}),
        (None, BY_KEY | {"client_id": "other"}),
        (None, {"client_assertion_type": JWT_BEARER}),
        (None, {"client_assertion_type": JWT_BEARER, "client_assertion": "no.jwt.here"}),
        ("Bearer x", {}),
        ("", {"client_id": "shop"}),
    ],
)
def test_what_proves_nobody_is_invalid_client(authorization: str | None, form: dict[str, str]):
    assert code_of(present(authorization, form)) == "invalid_client"


NAMES = st.sampled_from(["client_id", "client_secret", "client_assertion", "client_assertion_type"])


@given(st.one_of(st.none(), st.text(max_size=80)), st.dictionaries(NAMES, st.text(max_size=80)))
def test_no_input_raises_and_no_refusal_quotes_it(authorization: str | None, form: dict[str, str]):
    presented = present(authorization, form)
    if isinstance(presented, Refusal):
        assert presented.code in {"invalid_client", "invalid_request"}
    else:
        assert presented.client_id


def test_the_proof_is_not_in_the_repr():
    assert "secret" not in repr(present(BASIC, {})).replace("client_secret_basic", "")
