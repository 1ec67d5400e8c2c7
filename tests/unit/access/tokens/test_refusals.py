"""The one table from refusals to OAuth answers."""

import json

import pytest

from limen.access.tokens.refusals import bearer_refused, refused
from limen.kernel.errors import Expired, Forbidden, Invalid, Refusal, Throttled, Unauthenticated, Unavailable


def headers(answer) -> dict[str, str]:
    return dict(answer.headers)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Invalid("invalid_request"), 400),
        (Invalid("invalid_grant"), 400),
        (Invalid("invalid_scope"), 400),
        (Invalid("unauthorized_client"), 400),
        (Invalid("unsupported_grant_type"), 400),
        (Unauthenticated("invalid_client"), 401),
        (Throttled("slow_down", retry_after=7), 429),
        (Unavailable("temporarily_unavailable", retry_after=7), 503),
    ],
)
def test_each_refusal_has_its_status_and_its_code(refusal: Refusal, status: int):
    answer = refused(refusal)
    assert answer.status == status
    assert json.loads(answer.body)["error"] == refusal.code


def test_every_401_names_a_scheme():
    assert headers(refused(Unauthenticated("invalid_client")))["www-authenticate"].startswith("Basic ")
    assert "www-authenticate" not in headers(refused(Invalid("invalid_grant")))


@pytest.mark.parametrize("kind", [Throttled, Unavailable])
def test_who_is_to_wait_is_told_how_long(kind):
    assert headers(refused(kind("slow_down", retry_after=42)))["retry-after"] == "42"


def test_the_private_detail_of_a_refusal_is_never_answered():
    for answer in (
        refused(Invalid("invalid_grant", "PRIVATE")),
        bearer_refused(Forbidden("insufficient_scope", "PRIVATE"), presented=True),
    ):
        assert b"PRIVATE" not in answer.body
        assert "PRIVATE" not in str(answer.headers)


def test_no_refusal_is_kept_by_a_cache():
    assert headers(refused(Invalid("invalid_grant")))["cache-control"] == "no-store"
    assert headers(bearer_refused(Expired("invalid_token"), presented=True))["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(Expired("invalid_token"), 401), (Forbidden("insufficient_scope"), 403), (Invalid("invalid_request"), 400)],
)
def test_a_protected_resource_names_the_error_of_a_token_that_was_presented(refusal: Refusal, status: int):
    answer = bearer_refused(refusal, presented=True)
    assert answer.status == status
    assert headers(answer)["www-authenticate"] == f'Bearer realm="limen", error="{refusal.code}"'


def test_a_protected_resource_names_no_error_where_no_token_was_presented():
    answer = bearer_refused(Unauthenticated("invalid_token"), presented=False)
    challenges = [value for name, value in answer.headers if name == "www-authenticate"]
    assert challenges[0] == 'Bearer realm="limen"'
    assert challenges[1].startswith("DPoP algs=")
    assert "error" not in "".join(challenges)
