"""What a struct holds is shown neither by its ``repr`` nor where rich shows the locals of a failure."""

import ast
from pathlib import Path
from typing import Any

import pytest
from rich.pretty import pretty_repr

from limen.access.journeys.records import JourneyState
from limen.access.journeys.records import Path as Way
from limen.access.journeys.views import Problem, Progress, StepView
from limen.access.oauth.response import ResponseTarget
from limen.access.sessions.cookies import BrowserCookie
from limen.kernel.ids import BrowserId, CustomerId
from limen.trust.risk.history import History
from limen.trust.risk.judge import Kept
from limen.trust.risk.records import Sighting

SOURCE = Path(__file__).parents[3] / "src"
TEXT = "open-sesame"
STATE = JourneyState(Way.SIGN_IN, email=TEXT, manner=TEXT)
CUSTOMER = CustomerId("cus_00000000000000000000000000")
PROBLEM = Problem(values={"email": TEXT}, data={"codes": [TEXT]})


@pytest.mark.parametrize(
    "holder",
    [
        BrowserCookie(BrowserId("brw_00000000000000000000000000"), TEXT),
        StepView("recovery_codes", 1, {"email": TEXT}, data={"codes": [TEXT]}, challenge=TEXT, begun=TEXT),
        STATE,
        PROBLEM,
        Progress(STATE, problem=PROBLEM, link_hash=TEXT.encode()),
        ResponseTarget("https://shop.example", "query", {"code": TEXT}),
        Kept(CUSTOMER, TEXT.encode(), History(), Sighting(0, {"address": TEXT}, TEXT)),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_nobody_is_shown_what_it_holds(holder: Any) -> None:
    for shown in (repr(holder), pretty_repr(holder), pretty_repr({"local": [holder]})):
        assert type(holder).__name__ in shown
        assert TEXT not in shown


def test_every_struct_with_a_repr_of_its_own_is_masked_for_rich_too() -> None:
    bare = [
        f"{path.name}: {found.name}"
        for path in SOURCE.rglob("*.py")
        if "def __repr__" in (text := path.read_text())
        for found in ast.walk(ast.parse(text))
        if isinstance(found, ast.ClassDef)
        and any(isinstance(one, ast.FunctionDef) and one.name == "__repr__" for one in found.body)
        and "Struct" in (bases := ast.unparse(ast.Tuple([*found.bases], ast.Load())))
        and "Masked" not in bases
    ]
    assert bare == []
