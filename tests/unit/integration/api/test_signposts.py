"""A door is found by its path's words exactly where trying all doors in turn would have found it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Match

from limen.integration.api.assembly import _doors
from limen.integration.api.signposts import Signposts

DOORS = _doors()
POSTS = Signposts(DOORS)
WORDS = ("cus_01j0000000000000000000000a", "search", "consents", "me")


def paths() -> Iterator[str]:
    """Yield every door's path, with names in it and with words that are the last of other paths."""
    for door in DOORS:
        for word in WORDS:
            yield re.sub(r"\{[a-z_]+\}", word, door.path_format)


def scope_of(method: str, path: str, root: str = "") -> dict[str, Any]:
    return {"type": "http", "method": method, "path": root + path, "root_path": root, "headers": []}


def tried_in_turn(scope: dict[str, Any]) -> tuple[Match, Any]:
    half: tuple[Match, Any] = (Match.NONE, None)
    for door in DOORS:
        match, found = door.matches(scope)
        if match is Match.FULL:
            return match, found["route"]
        if match is Match.PARTIAL and half[0] is Match.NONE:
            half = match, found["route"]
    return half


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "TRACE"])
def test_the_same_door_is_found_as_by_trying_all_in_turn(method: str) -> None:
    for path in set(paths()):
        match, found = POSTS.matches(scope_of(method, path))

        assert (match, found.get("route")) == tried_in_turn(scope_of(method, path)), path


def test_a_door_is_found_below_a_tenants_prefix() -> None:
    match, found = POSTS.matches(scope_of("GET", "/api/v1/customers/cus_1", "/t/shop"))

    assert match is Match.FULL
    assert found["path_params"] == {"customer_id": "cus_1"}


@pytest.mark.parametrize(
    "path", ["", "/", "/api", "/api/v1", "/api/v1/", "/api/v1/customers/", "/api/v1//customers", "x"]
)
def test_no_door_is_found_where_none_is(path: str) -> None:
    assert POSTS.matches(scope_of("GET", path))[0] is Match.NONE


def test_few_doors_are_tried_for_any_path() -> None:
    assert max(len(POSTS.leading(path)) for path in paths()) <= 12
