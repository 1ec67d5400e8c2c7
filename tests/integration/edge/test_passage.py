"""A page that is found at once is answered as the framework would have it answered: one and the same at the edge."""

import pytest

from limen.integration.edge.passage import Passage
from limen.kernel.errors import Outage

pytestmark = pytest.mark.anyio
FRESH = ("date", "set-cookie", "x-request-id", "content-length", "content-security-policy")
"""Headers that are new with each answer, and one that holds a nonce."""


async def _both_ways(house, monkeypatch, ask):
    """What *ask* is answered by the passage and, with the passage closed, by the framework."""
    found = await ask(house.client())
    with monkeypatch.context() as closed:
        closed.setattr(Passage, "find", lambda *_: None)
        return found, await ask(house.client())


def _steady(answer):
    return answer.status_code, sorted((k, v) for k, v in answer.headers.multi_items() if k not in FRESH)


def _policy(answer):
    """The content security policy without its nonce."""
    words = answer.headers["content-security-policy"].split()
    return [word for word in words if not word.startswith("'nonce-")], len(words)


ASKED = {
    "the first page": lambda http: http.get("/sign-in"),
    "the head of a page": lambda http: http.head("/"),
    "another tenant's path": lambda http: http.get("/t/nobody/sign-in"),
    "an application's request": lambda http: http.get("/authorize", params={"client_id": "nobody"}),
    "a form without a cookie": lambda http: http.post("/authorize", data={"client_id": "nobody"}),
    "a form of another type": lambda http: http.post("/authorize", json={}),
    "a journey of nobody's": lambda http: http.get("/journey/jrn_1", headers={"accept": "application/json"}),
    "a language": lambda http: http.get("/sign-in?ui_locales=de", headers={"accept-language": "ar"}),
    "too large a body": lambda http: http.post("/authorize", content=iter_of(1_100_000)),
    "an asset that is none": lambda http: http.get("/static/nothing.css", headers={"accept": "text/html"}),
    "a path with a slash behind it": lambda http: http.get("/account/"),
    "a method that it does not answer": lambda http: http.put("/sign-in"),
}


async def iter_of(size):
    """A body whose length nobody says."""
    for _ in range(size // 1_000):
        yield b"a" * 1_000


@pytest.mark.parametrize("name", ASKED)
async def test_both_ways_through_the_edge_answer_alike(house, monkeypatch, name):
    one, other = await _both_ways(house, monkeypatch, ASKED[name])
    assert _steady(one) == _steady(other)
    assert _policy(one) == _policy(other)
    assert one.headers["x-request-id"] != other.headers["x-request-id"]


async def test_a_fault_and_an_outage_are_answered_alike(house, monkeypatch):
    for error, status in ((ValueError("planted"), 500), (Outage("no database", 7), 503)):

        def broken(*_arguments, error=error):
            raise error

        with monkeypatch.context() as planted:
            planted.setattr("limen.experience.pages.visit.negotiate_locale", broken)
            one, other = await _both_ways(house, monkeypatch, lambda http: http.get("/sign-in"))
        assert one.status_code == status
        assert _steady(one) == _steady(other)
        assert "planted" not in one.text


async def test_whoever_asks_too_often_is_told_so_alike(build_house, monkeypatch):
    async with build_house(journeys_per_address="1/3600") as house:
        one, other = await _both_ways(house, monkeypatch, _second)
        assert one.status_code == 429
        assert int(one.headers["retry-after"]) > 0
        assert _steady(one) == _steady(other)


async def _second(http):
    await http.get("/sign-in")
    return await http.get("/sign-in", headers={"accept": "text/html"})
