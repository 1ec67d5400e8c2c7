"""Every template, filled as its sample says, in every dress: light and dark, wide and narrow, in both directions.

What pages do is walked elsewhere, on a running house; here is each page and each state of it that takes long to reach.
"""

import asyncio
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, Route

from limen.experience.rendering import Renderer, StaticAssets
from tests.e2e.tab import axe
from tests.support.chromium import MILLISECONDS
from tests.unit.experience.samples import PAGES

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
HOST = "https://pages.example"
_LEAVES = {"form_post"}  # it sends itself off as soon as it is shown
_EVERYTHING = {"resultTypes": ["violations"], "preload": False}
_LOOKS = {**_EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "html-has-lang"]}}
_VIOLATIONS = """options => axe.run(document, options).then(found => found.violations.map(
    one => [one.id, one.nodes.map(where => where.target.join(" "))]))"""
_SPILLS = """() => [document.documentElement, ...document.querySelectorAll(".card, .row, .button, .notice, .badge")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map(one => one.className + ": " + one.textContent.trim().slice(0, 60))"""
_KINDS = (".button:not(.button--plain):not(.button--bad)", ".button--plain", ".button--bad")
_EDGES = "kind => [...document.querySelectorAll(kind)].map(one => getComputedStyle(one).borderTopWidth)"
_assets = StaticAssets()
_renderer = Renderer(_assets)


@dataclass(frozen=True)
class Dress:
    """How a page is looked at; ``asks`` is what of axe-core, since most of its rules do not depend on the dress."""

    locale: str
    width: int
    scheme: str = "light"
    asks: dict[str, object] = field(default_factory=dict)


DRESSES = (
    Dress("en", 1280, asks=_EVERYTHING),
    Dress("ar", 360, "dark", asks=_LOOKS),
    Dress("de", 320),
)


async def test_every_template_is_sound_in_every_dress(browser):
    found = await asyncio.gather(*(complaints(browser, dress) for dress in DRESSES))
    assert [one for some in found for one in some] == []


async def test_the_main_button_is_told_from_others_where_the_system_chooses_the_colours(browser):
    context = await browser.new_context(forced_colors="active")
    page = await context.new_page()
    page.set_default_timeout(MILLISECONDS)
    await page.route("**/*", serve)
    await page.goto(HOST)
    edges: list[set[str]] = [set() for _ in _KINDS]
    for template, filled in (PAGES["sign_in"], PAGES["account_changes"]):
        await page.set_content(_renderer.render(template, "en", filled))
        for kind, found in zip(_KINDS, edges, strict=True):
            found.update(await page.evaluate(_EDGES, kind))
    assert edges == [{"3px"}, {"1px"}, {"1px"}]
    await context.close()


async def complaints(browser: Browser, dress: Dress) -> list[tuple[str, str, object]]:
    """Dress the browser, look at every sample, and return what is wrong."""
    context = await browser.new_context(
        viewport={"width": dress.width, "height": 900}, color_scheme=dress.scheme, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(MILLISECONDS)
    await page.route("**/*", serve)
    await page.goto(HOST)
    await page.evaluate(axe())
    found: list[tuple[str, str, object]] = []
    for name, (template, filled) in PAGES.items():
        if name not in _LEAVES:
            await page.set_content(_renderer.render(template, dress.locale, filled))
            found += [(dress.locale, name, one) for one in await wrong(page, dress)]
    await context.close()
    return found


async def wrong(page: Page, dress: Dress) -> list[object]:
    spills: list[object] = list(await page.evaluate(_SPILLS))
    return spills + (await page.evaluate(_VIOLATIONS, dress.asks) if dress.asks else [])


async def serve(route: Route) -> None:
    """Answer with style and script, and with nothing to all else."""
    path = route.request.url.removeprefix(HOST)
    asset = next((one for one in _assets if f"/static/{one.name}" == path), None)
    if asset is None:
        await route.fulfill(body="<!doctype html>", content_type="text/html")
    else:
        await route.fulfill(body=asset.body, content_type=asset.content_type)
