"""The API's doors, which every house of a test process has in common: to make them takes longer than most tests."""

from copy import copy
from functools import cache

from fastapi import FastAPI
from starlette.datastructures import State

from limen.integration.api import lazy
from limen.integration.api.parts import ApiParts


def share() -> None:
    """Let every API of this process be built from the same doors, with parts of its own."""
    lazy._assembled = _assembled


def _assembled(parts: ApiParts) -> FastAPI:
    app = copy(_doors())
    app.state = State({"parts": parts})
    return app


@cache
def _doors() -> FastAPI:
    from limen.integration.api.assembly import assemble  # noqa: PLC0415  # as late as Limen itself

    return assemble(None)  # type: ignore[arg-type]  # nobody comes through these themselves
