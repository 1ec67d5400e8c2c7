"""What will go from the API says so: RFC 9745 and RFC 8594. Nothing does today, so that the rows are planted here."""

from dataclasses import replace
from datetime import date

import pytest
from prometheus_client import CollectorRegistry

from limen.app.metrics import deprecation_counter
from limen.integration.api.assembly import document
from limen.integration.api.deprecation import DEPRECATED, Deprecation

pytestmark = pytest.mark.anyio
LINK = "https://limen.example/changes#clients"
ROW = Deprecation(date(2026, 12, 1), date(2027, 12, 2), LINK)
LIST, CREATE = "GET /api/v1/clients", "POST /api/v1/clients"
SAID = {
    "deprecation": "@1796083200",  # RFC 9745 §2: a date of RFC 9651
    "sunset": "Thu, 02 Dec 2027 00:00:00 GMT",  # RFC 8594 §3: a date of HTTP
    "link": f'<{LINK}>; rel="deprecation"; type="text/html"',
}
WEB = {"client_name": "Shop", "redirect_uris": ["https://shop.example/callback"]}


@pytest.fixture
def planted(monkeypatch):
    monkeypatch.setitem(DEPRECATED, LIST, ROW)
    monkeypatch.setitem(DEPRECATED, CREATE, replace(ROW, members=("default_max_age",)))


def said(answer):
    return {name: answer.headers[name] for name in SAID if name in answer.headers}


async def test_an_operation_that_will_go_says_so_in_every_answer_and_is_counted(house, planted):
    registry = CollectorRegistry()
    house.parts = replace(house.parts, count_deprecated=deprecation_counter(registry))
    async with house.http(await house.token()) as http:
        assert said(await http.get("/clients")) == SAID
        assert (
            said(await http.get("/clients", headers={"authorization": ""})) == SAID
        )  # whoever is refused learns it too
        assert said(await http.head("/clients")) == SAID
        assert said(await http.get("/tenants")) == {}
    counted = [registry.get_sample_value("limen_api_deprecated_calls_total", {"operation": one}) for one in DEPRECATED]
    assert counted == [3, 0]


async def test_where_a_member_goes_only_requests_that_name_it_are_told(house, planted):
    async with house.http(await house.token()) as http:
        assert said(await http.post("/clients", json=WEB)) == {}
        assert said(await http.post("/clients", json=WEB | {"default_max_age": 60})) == SAID
        assert said(await http.post("/clients", json=WEB | {"default_max_age": "x"})) == SAID
        assert said(await http.post("/clients", content=b"[")) == {}


def test_the_document_marks_it_and_says_until_when_and_what_instead(planted):
    found = document.__wrapped__()
    listed, made = (found["paths"]["/api/v1/clients"][method] for method in ("get", "post"))
    assert listed["deprecated"] is True
    assert "gone on 2027-12-02" in listed["description"]
    assert LINK in listed["description"]
    assert "deprecated" not in made
    name = made["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    marked = [key for key, one in found["components"]["schemas"][name]["properties"].items() if one.get("deprecated")]
    assert marked == ["default_max_age"]


def test_nothing_is_deprecated_today_and_the_document_says_nothing_of_it():
    assert not DEPRECATED
    assert '"deprecated": true' not in str(document())
    assert "'deprecated': True" not in str(document())


def test_what_is_no_operation_cannot_be_in_the_table(monkeypatch):
    monkeypatch.setitem(DEPRECATED, "GET /api/v1/nothing", ROW)
    with pytest.raises(KeyError):
        document.__wrapped__()


@pytest.mark.parametrize("wrong", [{"sunset": date(2027, 11, 30)}, {"link": "http://limen.example/"}, {"link": ""}])
def test_a_row_keeps_the_promise_of_the_guide(wrong):
    with pytest.raises(ValueError, match=r"announced|page"):
        replace(ROW, **wrong)
