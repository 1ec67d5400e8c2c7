"""A tenant's look can neither break a style sheet nor be unreadable."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.experience.rendering import Brand
from limen.experience.rendering.colour import AA_TEXT, BLACK, WHITE, Colour, ink_on, readable

_COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)
_CANVAS, _SURFACE, _DARK = (Colour.parse(text) for text in ("#f3f1eb", "#fffefc", "#1b232b"))


def _properties(brand: Brand) -> dict[str, str]:
    pairs = (part.split(":") for part in brand.css().removeprefix(":root{").rstrip(";}").split(";"))
    return {name.removeprefix("--"): value for name, value in pairs}


@given(_COLOURS)
def test_any_accent_reads_at_level_aa(accent: Colour) -> None:
    properties = _properties(Brand(accent=str(accent)))
    for name, grounds in (("brand", (_CANVAS, _SURFACE)), ("brand-dark", (_DARK,))):
        shade, ink, soft = (Colour.parse(properties[name + part]) for part in ("", "-ink", "-soft"))
        assert all(shade.contrast(ground) >= AA_TEXT for ground in (*grounds, soft, ink))


@given(_COLOURS)
def test_a_button_still_reads_under_the_pointer(accent: Colour) -> None:
    properties = _properties(Brand(accent=str(accent)))
    for name in ("brand", "brand-dark"):
        assert Colour.parse(properties[f"{name}-strong"]).contrast(Colour.parse(properties[f"{name}-ink"])) >= AA_TEXT


@given(_COLOURS, _COLOURS)
def test_readable_always_reaches_its_ratio(colour: Colour, ground: Colour) -> None:
    assert readable(colour, ground).contrast(ground) >= AA_TEXT


def test_a_colour_that_reads_already_stays() -> None:
    assert readable(Colour.parse("#0f5f66"), WHITE) == Colour.parse("#0f5f66")


def test_contrast_is_that_of_wcag() -> None:
    assert WHITE.contrast(BLACK) == pytest.approx(21)
    assert Colour.parse("#767676").contrast(WHITE) == pytest.approx(4.54, abs=0.01)
    assert all(light.luminance() > dark.luminance() for light, dark in pairwise([WHITE, Colour(99, 99, 99), BLACK]))


def test_ink_is_black_or_white() -> None:
    assert [ink_on(WHITE), ink_on(BLACK)] == [BLACK, WHITE]


@pytest.mark.parametrize("accent", ["red", "#fff", "#12345g", "#123456;}body{display:none}", "#123456\n", ""])
def test_only_a_colour_is_an_accent(accent: str) -> None:
    with pytest.raises(ValueError, match="colour"):
        Brand(accent=accent)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:image/svg+xml,x", "logo.png"])
def test_a_logo_is_an_address_or_a_path(url: str) -> None:
    with pytest.raises(ValueError, match="logo_url"):
        Brand(logo_url=url)


def test_mail_gets_plain_colours() -> None:
    assert Brand(accent="#0f5f66").mail_colours() == ("#0f5f66", "#ffffff")
