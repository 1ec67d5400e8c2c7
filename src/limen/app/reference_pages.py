"""Pages of the reference that are made from the code: events, the steps of a journey, the checks of a request."""

import inspect
import re
import sys
from pathlib import Path
from typing import Final

import limen.experience
from limen.access.journeys.table import STEPS
from limen.access.journeys.views import SCHEMA
from limen.access.oauth.checks import TABLE, Endpoint
from limen.kernel.event_data import EVENT_DATA
from limen.kernel.events import EVENTS

_TEMPLATES: Final = Path(limen.experience.__file__).parent / "templates" / "steps"
_CONTRACT: Final = re.compile(r"\A\{#\s*(.*?)\s*#\}", re.DOTALL)
_PART: Final = re.compile(r"(?:^|(?<=\. ))(data|values|errors|Posts)\b:?\s*")


def events_page() -> str:
    """Return the catalogue of events as reStructuredText."""
    lines = ["Events", "======", "", *_EVENTS_LEAD]
    for name, (version, meaning) in EVENTS.items():
        lines += [f"``{name}`` (version {version})", f"    {meaning}", ""]
        for member, said in EVENT_DATA.get(name, {}).items():
            optional = "" if said.is_always else " (optional)"
            lines += [f"    * ``{member}``{optional}: {said.meaning}"]
        lines += [""]
    return "\n".join(lines)


def steps_page() -> str:
    """Return the steps of a journey, as native applications see them, as reStructuredText."""
    lines = ["Steps of a journey", "==================", "", *_STEPS_LEAD]
    for step in STEPS:
        title = f"``{step.name}``"
        lines += [title, "-" * len(title), "", _purpose(step.view.__module__), ""]
        lines += [f"*{kind}*: {words}\n" for kind, words in contract(step.name).items()]
    return "\n".join(lines)


def checks_page() -> str:
    """Return the table of checks of an authorization request, as reStructuredText."""
    lines = ["Checks of an authorization request", "==================================", "", *_CHECKS_LEAD]
    lines += ["    * - check", *(f"      - {_COLUMNS[endpoint]}" for endpoint in Endpoint)]
    for check, endpoints in TABLE:
        lines += [f"    * - {_purpose(check.__module__)}"]
        lines += [f"      -{' •' if endpoint in endpoints else ''}" for endpoint in Endpoint]
    return "\n".join([*lines, ""])


def contract(step: str) -> dict[str, str]:
    """Return what the step's template says of its data, its values, its errors and what it posts."""
    found = _CONTRACT.match((_TEMPLATES / f"{step}.html").read_text(encoding="utf-8"))
    parts = _PART.split(" ".join(found[1].split())) if found is not None else []
    return {kind: f"``{words.strip(' .')}``" for kind, words in zip(parts[1::2], parts[2::2], strict=True)}


def _purpose(module: str) -> str:
    return inspect.cleandoc(sys.modules[module].__doc__ or "").partition("\n")[0]


_EVENTS_LEAD: Final = (
    "What Limen announces in the commit that makes it true. Each event has a name, a version, a ``subject`` (the",
    "internal identifier of whom or what it concerns, or empty), ``data`` as below, and where something is personal a",
    "part that is sealed under the subject's key. A name and a version fix the meaning of ``data`` for good: optional",
    "members may come, none goes.",
    "",
)
_COLUMNS: Final = {
    Endpoint.A: "``/authorize``",
    Endpoint.P: "``/par``",
    Endpoint.D: "``/device_authorization``",
    Endpoint.B: "``/bc-authorize``",
}
_CHECKS_LEAD: Final = (
    "In this order, at each endpoint where such a request may arrive. Request objects and pushed requests are opened",
    "before them. Up to ``redirect_uri`` a refusal is a page, behind it an error that goes to the application.",
    "",
    ".. list-table::",
    "    :header-rows: 1",
    "",
)
_STEPS_LEAD: Final = (
    "The JSON form of the pages, for native applications; how to walk it is in :doc:`../guide/integrating`. Each step",
    f'is ``{{"schema": {SCHEMA}, "journey": …, "csrf": …, "step": {{"name", "version", "values", "errors", "notice",',
    '"data", "status", "retry_after"}}``. ``values`` is what was typed before, ``errors`` names message keys by field,',
    "and ``notice`` is a message key or empty. Fields may be added without a new ``schema``; none is changed or taken",
    "away.",
    "",
    "*Posts* names what a form holds beside ``csrf`` and ``version``; behind the semicolon, what may be posted in its",
    "place. A step named ``continue`` asks for nothing: post its form as it is.",
    "",
)
