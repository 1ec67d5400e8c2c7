"""What pages answer with."""

import json

import pytest

from limen.experience.pages.answers import as_json, file, html, in_header, redirect, retrying

SENT = {
    "/journey/jny_1": "/journey/jny_1",
    "https://shop.example/cb?code=a-b_c~&iss=https%3A%2F%2Fid.example#x": None,
    "/authorize?client_id=größe": "/authorize?client_id=gr%C3%B6%C3%9Fe",
    "/a\r\nset-cookie: x=1": "/a%0D%0Aset-cookie:%20x=1",
    '/<"\\>': "/%3C%22%5C%3E",
    "/a\n": "/a%0A",
}


@pytest.mark.parametrize("address", SENT)
def test_what_a_header_cannot_hold_is_percent_encoded(address):
    assert in_header(address) == (SENT[address] or address)
    assert redirect(address).headers == (("location", SENT[address] or address),)


def test_answers_name_their_kind():
    assert dict(html("ä").headers) == {"content-type": "text/html; charset=utf-8"}
    assert html("ä").body == "ä".encode()
    answer = as_json({"name": "ä"}, 400)
    assert (answer.status, dict(answer.headers)) == (400, {"content-type": "application/json"})
    assert json.loads(answer.body) == {"name": "ä"}
    kept = file(b"PK", "application/zip", ("cache-control", "no-store"))
    assert kept.headers == (("content-type", "application/zip"), ("cache-control", "no-store"))


def test_who_may_try_again_is_told_when():
    assert dict(retrying(html("", 429), 7).headers)["retry-after"] == "7"
    assert "retry-after" not in dict(retrying(html(""), 0).headers)
