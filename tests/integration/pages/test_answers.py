"""What an answer does not show is not made for it."""

import pytest

from limen.access.journeys.dispatcher import Journeys

pytestmark = pytest.mark.anyio


@pytest.fixture
def made(monkeypatch):
    """The problems above the views that were made; None where there was none."""
    noted, view_of = [], Journeys.view_of

    def noting(self, opened, request):
        noted.append(opened.problem)
        return view_of(self, opened, request)

    monkeypatch.setattr(Journeys, "view_of", noting)
    return noted


async def test_an_answer_that_sends_the_browser_on_makes_no_view(house, made):
    walker = house.walker()
    page = await walker.get("/recover")
    made.clear()
    answer = await walker.raw_post(page, email="ann@example.com")
    assert (answer.status_code, made) == (303, [])
    assert "form-action 'none'" in answer.headers["content-security-policy"]
    page = await walker.get(answer.headers["location"])
    assert page.status == 200
    assert "code" in page.fields
    assert made == [None]


async def test_a_problem_is_shown_by_the_answer_itself_and_so_is_a_step_in_json(house, made):
    walker = house.walker()
    page = await walker.get("/recover")
    made.clear()
    answer = await walker.raw_post(page, email="nobody's")
    assert answer.status_code == 400
    assert [problem.errors for problem in made] == [{"email": "error.email_invalid"}]
    page = await walker.get("/recover")
    made.clear()
    walker.http.headers["accept"] = "application/json"
    answer = await walker.raw_post(page, email="ann@example.com")
    assert answer.status_code == 200
    assert answer.json()["step"]["name"] == "verify_email"
    assert made == [None]
