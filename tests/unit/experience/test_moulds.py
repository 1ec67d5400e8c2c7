"""Pages that are rendered once and filled."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from limen.experience.rendering.moulds import KEPT, Moulds, frozen


class Template:
    """Counts how often it is rendered."""

    def __init__(self) -> None:
        self.rendered = 0

    def __call__(self, values: Mapping[str, str]) -> str:
        self.rendered += 1
        return f"<a href='{values['action']}' nonce='{values['nonce']}'>{values['nonce']}</a>"


def test_a_page_is_rendered_once_and_filled_with_what_is_new() -> None:
    moulds, template = Moulds(), Template()
    pages = [moulds.fill("key", {"action": f"/j/{i}", "nonce": f"n{i}"}, template) for i in range(3)]
    assert pages == [f"<a href='/j/{i}' nonce='n{i}'>n{i}</a>" for i in range(3)]
    assert template.rendered == 1


def test_pages_of_different_keys_are_different_pages() -> None:
    moulds = Moulds()
    first = moulds.fill("one", {"x": "1"}, lambda values: f"one {values['x']}")
    second = moulds.fill("two", {"x": "1"}, lambda values: f"two {values['x']}")
    assert (first, second) == ("one 1", "two 1")


def test_a_value_that_would_have_to_be_escaped_is_left_to_the_template() -> None:
    moulds, template = Moulds(), Template()
    for _ in range(2):
        moulds.fill("key", {"action": "/<script>", "nonce": "n"}, template)
    assert template.rendered == 2


def test_the_page_used_longest_ago_is_dropped() -> None:
    moulds, template = Moulds(), Template()
    for number in range(KEPT + 1):
        moulds.fill(number, {"action": "a", "nonce": "n"}, template)
    moulds.fill(0, {"action": "a", "nonce": "n"}, template)
    assert template.rendered == KEPT + 2


@dataclass(frozen=True, slots=True)
class View:
    name: str
    data: dict[str, object]


def test_what_is_equal_freezes_equal_and_what_is_not_does_not() -> None:
    assert frozen(View("a", {"x": [1]})) == frozen(View("a", {"x": [1]}))
    assert frozen(View("a", {"x": [1]})) != frozen(View("a", {"x": [2]}))
    assert frozen({"x": True}) != frozen({"x": 1})


@pytest.mark.parametrize("value", [object(), {"x": "\ue000nonce\ue001"}, {"x": [2**70]}])
def test_what_cannot_be_told_apart_or_holds_a_mark_is_not_kept(value: object) -> None:
    with pytest.raises(TypeError):
        frozen(value)
