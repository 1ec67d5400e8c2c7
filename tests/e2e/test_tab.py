"""The tab notices what it is there to notice: planted faults are found."""

import asyncio

import pytest

from tests.e2e.tab import Tab
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
ADD = "document.body.append(Object.assign(document.createElement('{tag}'), {{{what}}}))"
FAULTS = {
    "axe-core at": "document.querySelectorAll('label').forEach(one => one.remove())",
    "wider than": "document.body.style.minWidth = '3000px'",
    "Content Security Policy": ADD.format(tag="script", what="textContent: '1'"),
    "stranger|Content Security Policy": ADD.format(tag="img", what="src: 'https://elsewhere.example/i', alt: ''"),
    "script: .*planted": "setTimeout(() => { throw new Error('planted') })",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found(tab, fault):
    await tab.go("/sign-in")
    await tab.page.evaluate(FAULTS[fault])
    with pytest.raises(AssertionError, match=fault):
        await held_again_and_again(tab)


async def held_again_and_again(tab: Tab) -> None:
    """Hold the page to account for as long as it takes: of some faults the browser tells a moment later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await tab.hold_to_account()
            await asyncio.sleep(0.05)


async def test_a_page_that_grows_is_found(tab, monkeypatch):
    monkeypatch.setattr("tests.e2e.tab.HEAVIEST", 1000)
    await tab.go("/sign-in")
    with pytest.raises(AssertionError, match="weighs"):
        await tab.hold_to_account()
