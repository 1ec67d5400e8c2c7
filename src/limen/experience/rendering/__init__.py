"""Turns a template's name, a locale and a context into HTML or mail.

* :class:`Renderer` owns the Jinja2 environment: autoescape, strict about undefined names, templates from
  ``templates/`` alone.
* :class:`Catalogue` holds the messages of one locale. The sources are ``locales/<locale>.po``; they are compiled in
  memory when a locale is first asked for (about 10 ms each), so that there are no binary files to commit or forget.
* :class:`Brand` is a tenant's look. Its accent colour is moved until it reads well on both themes (WCAG 2.2 §1.4.3).
* :class:`StaticAssets` serves style, script and icon from memory under names that contain their hash.
* :func:`negotiate_locale` chooses a language.
"""

from limen.experience.rendering.assets import Asset, StaticAssets
from limen.experience.rendering.brand import Brand
from limen.experience.rendering.catalogue import Catalogue, MissingMessage
from limen.experience.rendering.locales import LOCALES, direction, named, negotiate_locale, spoken
from limen.experience.rendering.renderer import RenderedMail, Renderer

__all__ = [
    "LOCALES",
    "Asset",
    "Brand",
    "Catalogue",
    "MissingMessage",
    "RenderedMail",
    "Renderer",
    "StaticAssets",
    "direction",
    "named",
    "negotiate_locale",
    "spoken",
]
