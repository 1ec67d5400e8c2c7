"""``limen customer …``."""

import asyncio

import pytest

from limen.app import basis
from limen.storage.feed import POLL_SECONDS
from tests.integration.app.test_cli import environment, limen
from tests.integration.tokens.kit import EMAIL, shop_in
from tests.support.clock import ManualClock
from tests.support.commands import run_here
from tests.support.house import BASE

__all__ = ["environment", "limen"]
ANN = "ann@example.com"


def test_a_customer_is_signed_out_everywhere_by_address(limen) -> None:
    limen("admin", "create", "--email", ANN)
    done = limen("customer", "sign-out", "Ann@Example.com")
    assert (done.returncode, done.stdout) == (0, "Signed out everywhere.\n")


@pytest.mark.anyio
async def test_whoever_is_signed_out_everywhere_is_so_in_a_house_that_runs(tmp_path, house_files, monkeypatch):
    """The server has just looked at the token; what others changed it reads four times a second."""
    beside = {"PATH": "/usr/bin:/bin", "LIMEN_DATA_DIR": str(tmp_path), "LIMEN_ISSUER": BASE}
    async with shop_in(tmp_path, house_files) as shop:
        tokens = await shop.tokens()
        assert await shop.is_active(tokens["access_token"])
        monkeypatch.setattr(basis, "SystemClock", lambda: ManualClock(shop.house.clock.now() + 1))
        command = ("customer", "sign-out", EMAIL)
        done = await asyncio.to_thread(run_here, *command, environment=beside, folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, "Signed out everywhere.\n"), done.stderr
        shop.house.clock.advance(POLL_SECONDS)
        await shop.house.storage.feed.poll()
        assert not await shop.is_active(tokens["access_token"])
        assert (await shop.userinfo(tokens["access_token"])).status_code == 401
        assert (await shop.refresh(tokens["refresh_token"])).status_code == 400
        assert (await shop.arrive(prompt="none")).answer["error"] == "login_required"
        assert (await shop.walker.get("/account")).path != "/account"


def test_after_a_restore_those_without_a_key_are_counted(limen) -> None:
    limen("admin", "create", "--email", ANN)
    done = limen("customer", "erase-again", "--yes")
    assert (done.returncode, done.stdout) == (0, "0 without a key, 0 erased again.\n")


@pytest.mark.parametrize("who", ["nobody@example.com", "cus_00000000000000000000000000", "cus_?", "no address"])
def test_whoever_is_not_there_is_one_clear_line(limen, who: str) -> None:
    done = limen("customer", "sign-out", who)
    assert done.returncode == 2
    assert done.stderr.startswith("limen: default has no such customer")


def test_an_unknown_tenant_is_one_clear_line(limen) -> None:
    done = limen("customer", "sign-out", ANN, "--tenant", "nowhere")
    assert done.returncode == 2
    assert "there is no tenant nowhere" in done.stderr
