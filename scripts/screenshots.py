"""Take the pictures of README.md and the guide anew: ``.venv/bin/python scripts/screenshots.py``.

Starts a demonstration in a temporary folder, walks it in Chromium, and writes PNG files to docs/images.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
HEAVIEST = 150_000
DESK = {"width": 1180, "height": 820}
PHONE = {"width": 390, "height": 780}
sys.path.insert(0, str(ROOT))

from scripts.small_png import shrink  # noqa: E402  # the path is set above
from tests.e2e.tab import PASSWORD, Tab, settings, sign_up  # noqa: E402
from tests.support import chromium  # noqa: E402
from tests.support.running import demonstration  # noqa: E402


async def shoot(tab, name, *, full=False):
    """Write what *tab* shows as ``docs/images/<name>.png``."""
    await tab.page.wait_for_load_state("networkidle")
    await tab.page.evaluate("document.activeElement?.blur()")  # no caret that blinks in some pictures
    picture = shrink(await tab.page.screenshot(full_page=full, scale="css"))
    (IMAGES / f"{name}.png").write_bytes(picture)
    print(f"{name}.png {len(picture) // 1000} KB")
    if len(picture) > HEAVIEST:
        sys.exit(f"{name}.png is heavier than {HEAVIEST // 1000} KB")


async def take(browser, house):
    async def dressed(**more):
        context = await browser.new_context(**settings(**{"viewport": DESK, **more}))
        return await Tab.open(context, house)

    await strangers(dressed)
    await a_customer(await dressed())
    await an_administrator(await dressed())


async def strangers(dressed):
    tab = await dressed()
    await tab.go("/")
    await shoot(tab, "start")
    tab = await dressed(color_scheme="dark", viewport={"width": 760, "height": 720})
    await tab.go(tab.house.shop + "/sign-in")
    await shoot(tab, "sign-in-dark")
    tab = await dressed(viewport=PHONE, is_mobile=True)
    await tab.go("/sign-up")
    await shoot(tab, "sign-up-phone")
    tab = await dressed(locale="ar", viewport=PHONE, is_mobile=True)
    await tab.go("/sign-up")
    await tab.fill(name="آدا", email="ada@example.com", password=PASSWORD)
    await tab.press()
    await shoot(tab, "verify-arabic")


async def a_customer(tab):
    await tab.page.set_viewport_size({"width": 760, "height": 820})
    await tab.go(tab.house.shop + "/sign-in")
    await tab.press("intent", "sign_up")
    await sign_up(tab, "ada.brook@example.com")
    await tab.sees("Pip & Husk would like access")
    await shoot(tab, "consent", full=True)
    await tab.press("decision", "allow")
    await tab.page.set_viewport_size({"width": 1180, "height": 900})
    await tab.page.get_by_role("button", name="Refresh the tokens").click()
    await tab.page.wait_for_url("**/account#tokens")
    await tab.page.get_by_role("button", name="Call userinfo").click()
    await tab.page.wait_for_url("**/account#userinfo")
    await tab.page.evaluate("scrollTo(0, 0)")
    await shoot(tab, "application")
    await tab.page.set_viewport_size({"width": 1180, "height": 760})
    await tab.go("/account")
    await shoot(tab, "account")
    await tab.page.set_viewport_size(DESK)
    await tab.go("/dev/mailbox")
    await shoot(tab, "mailbox")


async def an_administrator(tab):
    await tab.go(tab.house.setup_link)
    await tab.fill(email="root@example.com", password=PASSWORD)
    await tab.press()
    await tab.sees("Administration")
    await shoot(tab, "admin")


async def main(house):
    IMAGES.mkdir(exist_ok=True)
    async with chromium.launched() as browser:
        await take(browser, house)


with tempfile.TemporaryDirectory(prefix="limen-pictures-") as folder, demonstration(Path(folder)) as running:
    asyncio.run(main(running))
