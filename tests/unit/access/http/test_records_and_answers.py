"""Records of hot requests and the rendering of their answers."""

import json

import pytest

from limen.access.http import HotRequest, HotResponse, json_response, oauth_error


class _NoHeaders:
    def get(self, key: str, default: str | None = None) -> str | None:
        return default

    def get_all(self, key: str) -> list[str]:
        return []


def _request() -> HotRequest:
    return HotRequest("POST", "/token", "q=hunter2", _NoHeaders(), b"hunter2", "192.0.2.7", "req_1", "")


def test_a_request_shows_neither_address_nor_body_nor_query() -> None:
    shown = repr(_request()) + str(_request())
    assert "hunter2" not in shown
    assert "192.0.2.7" not in shown
    assert "req_1" in shown


def test_an_answer_does_not_show_its_body() -> None:
    assert "hunter2" not in repr(HotResponse(200, (), b"hunter2"))


def test_requests_and_answers_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        _request().path = "/elsewhere"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        HotResponse(200).status = 500  # type: ignore[misc]


def test_json_answers_are_kept_by_no_cache() -> None:
    response = json_response({"active": True})
    assert json.loads(response.body) == {"active": True}
    assert dict(response.headers)["cache-control"] == "no-store"
    assert dict(response.headers)["content-type"] == "application/json"


def test_a_cacheable_answer_brings_its_own_cache_control() -> None:
    response = json_response({}, headers=(("cache-control", "public, max-age=60"),), cacheable=True)
    assert [value for name, value in response.headers if name == "cache-control"] == ["public, max-age=60"]


def test_an_oauth_error_carries_code_description_and_further_headers() -> None:
    response = oauth_error(401, "invalid_client", "who are you", (("www-authenticate", "Basic"),))
    assert response.status == 401
    assert json.loads(response.body) == {"error": "invalid_client", "error_description": "who are you"}
    assert ("www-authenticate", "Basic") in response.headers
    assert ("cache-control", "no-store") in response.headers


def test_an_oauth_error_without_description_leaves_the_member_out() -> None:
    assert json.loads(oauth_error(400, "invalid_grant").body) == {"error": "invalid_grant"}
