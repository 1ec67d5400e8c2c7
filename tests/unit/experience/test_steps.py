"""A step as JSON: every step has that form, whatever kinds of text its data are."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup

from limen.access.journeys.views import StepView
from limen.experience.pages.steps import told as answer
from limen.kernel.ids import CustomerId, JourneyId
from tests.unit.experience.samples import PAGES

STEPS = [name for name, (template, _) in PAGES.items() if template.startswith("steps/")]
JOURNEY = JourneyId("jny_00000000000000000000000000")


def told(shown: StepView) -> dict[str, Any]:
    """What a native application is told."""
    request = SimpleNamespace(headers={"accept": "application/json"})
    visit: Any = SimpleNamespace(request=request, csrf=str, dress=lambda response: response)
    found: dict[str, Any] = json.loads(answer(visit, JOURNEY, shown).body)
    return found


@pytest.mark.parametrize("name", STEPS)
def test_every_step_has_a_form_in_json(name):
    view = PAGES[name][1]["view"]
    shown = StepView(**{**view, "notice": view["notice"] or ""}, begun="sealed")
    step = told(shown)["step"]
    assert step["data"] == json.loads(json.dumps(view["data"]))
    assert "begun" not in step
    assert set(step) == set(StepView.__struct_fields__) - {"begun"}


def test_an_identifier_and_a_piece_of_markup_are_text():
    data = {"id": CustomerId("cus_00000000000000000000000000"), "words": [Markup("<b>x</b>")]}
    assert told(StepView("terms", 1, data=data))["step"]["data"] == {"id": str(data["id"]), "words": ["<b>x</b>"]}
