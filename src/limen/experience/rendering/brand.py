"""A tenant's look: name, accent colour, logo."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from limen.experience.rendering.colour import Colour, ink_on, readable

_LIGHT = (Colour.parse("#f3f1eb"), Colour.parse("#fffefc"))
_DARK = (Colour.parse("#1b232b"), Colour.parse("#1b232b"))
"""(the ground that an accent is hardest to read on, the ground of a card), as in ``css/tokens.css``."""

_RATIO = 5.6
"""More than AA asks, so that the accent also reads on its own soft tint."""


@dataclass(frozen=True, slots=True)
class Brand:
    """What a tenant may change of the look.

    Attributes:
        name: shown beside the logo and in mails.
        accent: ``#rrggbb``; darkened or lightened where it could not be read.
        logo_url: an image of 32 pixels' height, on our own origin or one that the content security policy admits
            (``img-src``); empty: Limen's doorway.
    """

    name: str = "Limen"
    accent: str = "#0f5f66"
    logo_url: str = ""

    def __post_init__(self) -> None:
        """Refuse what must not reach a style sheet.

        Raises:
            ValueError: the accent is not a colour, or the logo's address is neither http(s) nor a path.
        """
        Colour.parse(self.accent)
        if self.logo_url and not self.logo_url.startswith(("https://", "http://", "/")):
            msg = "logo_url is an http(s) address or a path"
            raise ValueError(msg)

    def css(self) -> str:
        """Return the custom properties that carry the brand, for the one ``<style nonce>`` of a page."""
        return _css(self.accent.lower())

    def mail_colours(self) -> tuple[str, str]:
        """Return (accent, ink on it) for mail, which knows no custom properties."""
        palette = _Palette.of(self.accent, _LIGHT)
        return str(palette.accent), str(palette.ink)


@dataclass(frozen=True, slots=True)
class _Palette:
    accent: Colour
    ink: Colour
    soft: Colour
    strong: Colour

    @classmethod
    def of(cls, accent: str, grounds: tuple[Colour, Colour]) -> Self:
        hardest, card = grounds
        shade = readable(Colour.parse(accent), hardest, _RATIO)
        ink = ink_on(shade)
        return cls(shade, ink, card.mix(shade, 0.1), shade.mix(ink_on(ink), 0.16))

    def css(self, name: str) -> str:
        parts = {"": self.accent, "-ink": self.ink, "-soft": self.soft, "-strong": self.strong}
        return "".join(f"--{name}{part}:{colour};" for part, colour in parts.items())


@lru_cache(maxsize=256)
def _css(accent: str) -> str:
    light, dark = _Palette.of(accent, _LIGHT), _Palette.of(accent, _DARK)
    return f":root{{{light.css('brand')}{dark.css('brand-dark')}}}"
