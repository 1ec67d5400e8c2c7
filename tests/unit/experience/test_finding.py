"""Pages are found by look-up; what is not found that way is left to the framework's list."""

import pytest

from limen.access.http import HotResponse, Page
from limen.experience.pages.finding import Finder


async def _answer(_request):
    return HotResponse(200)


_READ, _BOTH = frozenset({"GET", "HEAD"}), frozenset({"GET", "HEAD", "POST"})
_FIND = Finder(
    [
        (Page("/", _answer), _READ),
        (Page("/account", _answer), _BOTH),
        (Page("/journey/{journey}", _answer), _READ),
        (Page("/mail/{id}/html", _answer), _READ),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "page", "names"),
    [
        ("GET", "/", "/", {}),
        ("POST", "/account", "/account", {}),
        ("HEAD", "/account", "/account", {}),
        ("GET", "/journey/jrn_1", "/journey/{journey}", {"journey": "jrn_1"}),
    ],
)
def test_a_page_is_found_with_what_its_path_names(method, path, page, names):
    found = _FIND(method, path)
    assert found is not None
    assert (found[0].path, found[1]) == (page, names)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/journey/"),
        ("GET", "/journey/a/b"),
        ("GET", "/nowhere"),
        ("GET", "/account/"),
        ("GET", "/mail/3/html"),
        ("POST", "/journey/a"),
        ("PUT", "/account"),
    ],
)
def test_what_is_at_no_known_path_or_takes_another_method_is_left_to_the_framework(method, path):
    assert _FIND(method, path) is None
