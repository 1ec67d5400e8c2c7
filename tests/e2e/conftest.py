"""Houses to visit, one of each kind for a worker, and tabs to visit them with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count

import pytest
from playwright.async_api import Browser

from tests.contract.world import build, build_keys
from tests.e2e.tab import Tab, settings
from tests.support.postgres import PostgresDatabases, Template
from tests.support.running import Running, demonstration

MANY = "10000/3600"
SETTINGS = {"LIMEN_LIMITS_MAILS_PER_ADDRESS": MANY, "LIMEN_LIMITS_SIGN_IN_PER_ADDRESS": MANY,
            "LIMEN_LIMITS_PAGES_PER_ADDRESS": MANY, "LIMEN_LIMITS_JOURNEYS_PER_ADDRESS": MANY}  # fmt: skip
"""Everybody here comes from one address. Limits have tests of their own."""
_numbers = count(1)

OpenTab = Callable[..., Awaitable[Tab]]


@pytest.fixture(scope="session")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A demonstration on its embedded databases."""
    with demonstration(tmp_path_factory.mktemp("demo"), SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_house(tmp_path_factory: pytest.TempPathFactory, postgres_url: PostgresDatabases) -> Iterator[Running]:
    """A demonstration on PostgreSQL."""
    folder = tmp_path_factory.mktemp("demo-postgres")
    data, keys = (postgres_url(one) for one in (Template("contract", build), Template("contract_keys", build_keys)))
    more = {**SETTINGS, "LIMEN_DATABASE_URL": data, "LIMEN_KEYSTORE_URL": keys}
    with demonstration(folder, more) as running:
        yield running


@pytest.fixture
def house(sqlite_house: Running) -> Running:
    """Where the test takes place, unless it says otherwise."""
    return sqlite_house


@pytest.fixture
def email() -> str:
    """An address that nobody has used."""
    return f"ada.brook.{next(_numbers)}@example.com"


@pytest.fixture
async def open_tab(browser: Browser, house: Running) -> AsyncIterator[OpenTab]:
    """A way to open tabs, each in a browser of its own; it takes the settings of the browser, as ``color_scheme``."""
    async with AsyncExitStack() as stack:

        async def open_one(**more: object) -> Tab:
            context = await browser.new_context(**settings(**more))
            stack.push_async_callback(context.close)
            return await Tab.open(context, house, script=more.get("java_script_enabled", True) is True)

        yield open_one


@pytest.fixture
async def tab(open_tab: OpenTab) -> Tab:
    """A tab in a fresh browser."""
    return await open_tab()
