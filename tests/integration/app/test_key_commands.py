"""``limen keys …`` and ``limen tenant destroy``."""

import sqlite3
from pathlib import Path

import pytest

from tests.integration.app.test_cli import environment, limen

__all__ = ["environment", "limen"]
MINUTES = 60 * 1_000_000
ACME = """
tenant:
  slug: acme
  name: Acme
"""


def keyring_file(folder: Path) -> Path:
    return folder / "data" / "limen.keyring"


def test_a_root_key_is_rotated_and_the_old_one_goes_ten_minutes_later(limen, tmp_path: Path) -> None:
    limen("admin", "create")
    done = limen("keys", "rotate-root")
    assert (done.returncode, done.stderr) == (0, "")
    old = done.stdout.split()[-1]
    assert old.startswith("root:")
    assert "1 tenant keys are wrapped under it" in done.stdout
    assert "root_not_settled" in limen("keys", "destroy-root", old).stderr
    assert "root_is_active" in limen("keys", "destroy-root", done.stdout.split()[0]).stderr
    assert "root_not_found" in limen("keys", "destroy-root", "root:00000000").stderr
    file = keyring_file(tmp_path)
    text = file.read_text()
    retired = text.partition('"retired_at":')[2].split(",")[0].split("}")[0].strip()
    file.write_text(text.replace(retired, str(int(retired) - 11 * MINUTES), 1))
    gone = limen("keys", "destroy-root", old)
    assert (gone.returncode, gone.stdout) == (0, f"{old} is gone.\n")
    assert limen("admin", "create").returncode == 0  # everything still opens
    assert limen("audit", "verify").returncode == 0


def test_a_root_key_from_the_environment_is_not_ours_to_rotate(limen) -> None:
    root = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY"
    limen("admin", "create", LIMEN_ROOT_KEY=root)
    done = limen("keys", "rotate-root", LIMEN_ROOT_KEY=root)
    assert done.returncode == 2
    assert "comes from LIMEN_ROOT_KEY" in done.stderr


def test_a_tenants_key_is_rotated_once_in_a_while(limen) -> None:
    limen("admin", "create")
    assert "it seals in ten minutes" in limen("keys", "rotate-tenant", "default").stdout
    assert limen("keys", "rotate-tenant", "default").returncode == 2
    assert "no new key for nobody" in limen("keys", "rotate-tenant", "nobody").stderr


@pytest.fixture
def acme(limen, tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(ACME)
    assert limen("apply", "acme.yaml").returncode == 0
    assert limen("admin", "create", "--tenant", "acme", "--email", "ann@example.org").returncode == 0
    return tmp_path / "data"


def test_a_tenant_is_destroyed_with_all_its_keys_only_for_who_says_so_twice(limen, acme: Path) -> None:
    refused = limen("tenant", "destroy", "acme")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    done = limen("tenant", "destroy", "acme", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "acme is destroyed, and 1 keys of its customers and journeys with it.\n"
    with sqlite3.connect(acme / "limen-keys.db") as keys:
        assert keys.execute("SELECT count(*) FROM tenant_keys WHERE length(wrapped) > 0").fetchone() == (1,)
        assert keys.execute("SELECT count(*) FROM subject_keys").fetchone() == (0,)


def test_after_a_tenant_is_destroyed_the_house_goes_on(limen, acme: Path) -> None:
    limen("tenant", "destroy", "acme", "--yes")
    assert limen("tenant", "destroy", "acme", "--yes").returncode == 0
    assert limen("keys", "rotate", "--urgent").returncode == 0
    assert limen("audit", "checkpoint").returncode == 0
    whole = limen("audit", "verify")
    assert whole.returncode == 0
    assert "acme: whole" in whole.stdout
    assert limen("keys", "rotate-root").returncode == 0


def test_nobody_destroys_the_default_tenant_or_one_that_is_not_there(limen, acme: Path) -> None:
    assert "default_tenant" in limen("tenant", "destroy", "default", "--yes").stderr
    assert "tenant_not_found" in limen("tenant", "destroy", "nobody", "--yes").stderr
