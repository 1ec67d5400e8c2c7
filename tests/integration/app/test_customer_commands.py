"""``limen customer …``."""

import pytest

from tests.integration.app.test_cli import environment, limen

__all__ = ["environment", "limen"]
ANN = "ann@example.com"


def test_a_customer_is_signed_out_everywhere_by_address(limen) -> None:
    limen("admin", "create", "--email", ANN)
    done = limen("customer", "sign-out", "Ann@Example.com")
    assert (done.returncode, done.stdout) == (0, "Signed out everywhere.\n")


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
