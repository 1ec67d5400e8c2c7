"""Colours that can be read: contrast after WCAG 2.2, and the smallest change that reaches it."""

import re
from colorsys import hls_to_rgb, rgb_to_hls
from typing import NamedTuple

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50
_CALM = 0.7
AA_TEXT = 4.5
"""The contrast that text needs at level AA (WCAG 2.2 §1.4.3)."""


class Colour(NamedTuple):
    """An sRGB colour, each channel 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> "Colour":
        """Return the colour written ``#rrggbb``.

        Raises:
            ValueError: *text* is written differently; nothing else may reach a style sheet.
        """
        if not _HEX.fullmatch(text):
            msg = "a colour is written #rrggbb"
            raise ValueError(msg)
        return cls(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))

    def __str__(self) -> str:
        """Return ``#rrggbb``."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def mix(self, other: "Colour", share: float) -> "Colour":
        """Return this colour with *share* (0 to 1) of *other* in it."""
        return Colour(*(round(a + (b - a) * share) for a, b in zip(self, other, strict=True)))

    def luminance(self) -> float:
        """Return the relative luminance, 0 (black) to 1 (white)."""
        red, green, blue = (_linear(channel / 255) for channel in self)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: "Colour") -> float:
        """Return the contrast ratio with *other*, 1 to 21."""
        low, high = sorted((self.luminance(), other.luminance()))
        return (high + 0.05) / (low + 0.05)


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)


def readable(colour: Colour, ground: Colour, ratio: float = AA_TEXT) -> Colour:
    """Return *colour*, darker or lighter only as far as it takes to reach *ratio* on *ground*.

    The hue stays; some of the saturation goes, so that a deep colour does not glare when it is lightened.
    """
    if colour.contrast(ground) >= ratio:
        return colour
    towards = BLACK if ground.contrast(BLACK) > ground.contrast(WHITE) else WHITE
    hue, light, saturation = rgb_to_hls(*(channel / 255 for channel in colour))
    for step in range(1, _STEPS):
        lightness = light + (towards.luminance() - light) * step / _STEPS
        shade = Colour(*(round(channel * 255) for channel in hls_to_rgb(hue, lightness, saturation * _CALM)))
        if shade.contrast(ground) >= ratio:
            return shade
    return towards


def ink_on(ground: Colour) -> Colour:
    """Return black or white, whichever reads better on *ground*; one of them always reaches 4.5."""
    return max(WHITE, BLACK, key=ground.contrast)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # sRGB
