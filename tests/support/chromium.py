"""A real browser: the system's Chromium if it is there, else Playwright's own."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright, async_playwright, expect

from tests.support.waiting import PATIENCE

NOT = (
    # Pages of the address bar's own, which each window would load: a second of processor time for every context.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # What Playwright switches off: Chromium heeds the last of two lists alone.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *(
        "HttpsFirstBalancedModeAutoEnable",
        "LensOverlay",
        "MediaRouter",
        "PaintHolding",
        "ThirdPartyStoragePartitioning",
    ),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
)
"""Features that a test's browser goes without."""
ARGUMENTS = (
    f"--disable-features={','.join(NOT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
MILLISECONDS = PATIENCE * 1000
"""As Playwright counts; what a page is to show, it may take so long to."""
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HINT = "apt-get install chromium, or .venv/bin/playwright install chromium, or set LIMEN_TEST_CHROMIUM"

expect.set_options(timeout=MILLISECONDS)


def system_chromium() -> str | None:
    """Return the path of the Chromium that is to be used, unless that is Playwright's own."""
    named = os.environ.get("LIMEN_TEST_CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


async def is_there() -> bool:
    """Tell whether the system or Playwright has a Chromium."""
    if system := system_chromium():  # no need to start Playwright for that
        return os.access(system, os.X_OK)
    async with async_playwright() as playwright:
        return os.access(_executable(playwright), os.X_OK)


@asynccontextmanager
async def launched(*arguments: str) -> AsyncIterator[Browser]:
    """Run a headless Chromium with further command-line *arguments*."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_executable(playwright), args=[*ARGUMENTS, *arguments], headless=True, timeout=MILLISECONDS
        )
        try:
            yield browser
        finally:
            await browser.close()


def _executable(playwright: Playwright) -> str:
    return system_chromium() or playwright.chromium.executable_path
