"""``limen audit``: verification and the witness."""

import json
import sqlite3
from pathlib import Path

import pytest

from limen.app.jobs import checkpoints
from tests.integration.app.test_cli import environment, limen

__all__ = ["environment", "limen"]


@pytest.fixture
def data(limen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoints, "_APART", 0)  # commands here follow one another faster than operators type
    assert limen("admin", "create").returncode == 0
    assert limen("admin", "create").returncode == 0
    return tmp_path / "data" / "limen.db"


def test_a_whole_log_is_told_with_what_there_is_of_it(limen, data) -> None:
    assert limen("audit", "checkpoint").returncode == 0
    done = limen("audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("default: whole; ")
    assert "1 checkpoints" in done.stdout


@pytest.mark.parametrize("changed", ["event = 'setup_link.used'", "at = at + 1"])
def test_a_changed_record_is_named_and_the_status_is_1(limen, data, changed) -> None:
    with sqlite3.connect(data) as connection:
        connection.execute("DROP TRIGGER audit_records_no_update")
        connection.execute(f"UPDATE audit_records SET {changed} WHERE event = 'setup_link.made' AND seq = 1")
    done = limen("audit", "verify")
    assert done.returncode == 1
    assert "default: BROKEN at record seg_" in done.stdout
    assert "is not what was hashed" in done.stdout


def test_a_checkpoint_signed_with_a_key_that_is_not_ours_is_found(limen, data) -> None:
    limen("audit", "checkpoint")
    with sqlite3.connect(data) as connection:
        connection.execute("UPDATE signing_keys SET sealed_private = x'00' WHERE purpose = 'checkpoints'")
    done = limen("audit", "verify")
    assert done.returncode == 1
    assert "BROKEN at checkpoint 1: it bears no signature" in done.stdout


def test_a_database_set_back_is_told_by_the_witness(limen, data, tmp_path: Path) -> None:
    limen("audit", "checkpoint", "--out", "witness.jsonl")
    limen("admin", "create")
    assert "1 checkpoints written" in limen("audit", "checkpoint", "--out", "witness.jsonl").stdout
    assert limen("audit", "verify", "--witness", "witness.jsonl").returncode == 0
    with sqlite3.connect(data) as connection:  # whoever owns the database cuts the end off, checkpoint and all
        for table in ("audit_records", "audit_checkpoints", "audit_segments"):
            connection.execute(f"DROP TRIGGER {table}_no_delete")
        connection.execute("DELETE FROM audit_checkpoints WHERE number = 2")
        newest = "(SELECT id FROM audit_segments ORDER BY id DESC LIMIT 2)"
        connection.execute(f"DELETE FROM audit_records WHERE segment_id IN {newest}")
        connection.execute(f"DELETE FROM audit_segments WHERE id IN {newest}")
    assert limen("audit", "verify").returncode == 0
    done = limen("audit", "verify", "--witness", "witness.jsonl")
    assert done.returncode == 1
    assert "BROKEN at checkpoint 2: the witness holds it, and the database does not" in done.stdout


def test_another_database_than_the_witness_saw_is_told(limen, data, tmp_path: Path) -> None:
    limen("audit", "checkpoint", "--out", "witness.jsonl")
    elsewhere = str(tmp_path / "elsewhere")
    limen("admin", "create", LIMEN_DATA_DIR=elsewhere)
    done = limen("audit", "verify", "--witness", "witness.jsonl", LIMEN_DATA_DIR=elsewhere)
    assert done.returncode == 1
    assert "the database has no such tenant" in done.stdout


def test_what_is_no_witness_file_and_no_tenant_is_one_line(limen, data, tmp_path: Path) -> None:
    (tmp_path / "witness.jsonl").write_text("nonsense\n")
    done = limen("audit", "verify", "--witness", "witness.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 1 of the witness's file" in done.stderr
    assert "cannot be read" in limen("audit", "verify", "--witness", "none").stderr
    assert "no tenant acme" in limen("audit", "verify", "--tenant", "acme").stderr


def test_the_doctor_tells_of_logs_that_nobody_signs_or_verified(limen, data) -> None:
    fine = limen("doctor").stdout.partition("\nGuards:")[0]
    assert "audit" not in fine
    with sqlite3.connect(data) as connection:
        connection.execute("UPDATE tenants SET created_at = created_at - 2 * 86400 * 1000000")
        connection.execute("DROP TRIGGER audit_records_no_update")
        connection.execute("UPDATE audit_records SET at = at - 600 * 1000000")
    weak = limen("doctor").stdout
    assert "nobody ever verified, or not for 35 days, the audit log of default" in weak
    assert "no checkpoint covers the newest audit records of default (10 minutes)" in weak


def test_a_log_is_read_from_the_command_line(limen, data):
    done = limen("audit", "query", "--event", "setup_link.made", "--since", "2020-01-01")
    line, _ = [json.loads(line) for line in done.stdout.splitlines()]
    assert (line["event"], line["actor"], line["personal_state"]) == ("setup_link.made", "system", "none")
    assert limen("audit", "query", "--event", "token.issued").returncode == 2
    assert limen("audit", "query", "--tenant", "nobody").returncode == 2


def test_an_exported_log_verifies_with_neither_database_nor_settings_and_a_cut_one_does_not(
    limen, data, tmp_path: Path
) -> None:
    done = limen("audit", "export", "log.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o077 == 0
    limen("audit", "checkpoint", "--out", "witness.jsonl")
    data.rename(tmp_path / "away.db")
    done = limen("audit", "verify", "log.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("whole: the audit log of ")
    kid = done.stdout.rstrip().rpartition(" ")[2]
    assert limen("audit", "verify", "log.jsonl", "--key", kid, "--witness", "witness.jsonl").returncode == 0
    done = limen("audit", "verify", "log.jsonl", "--key", f"-{kid[1:]}x")
    assert (done.returncode, done.stderr) == (1, "")
    assert "--key is held against a file" in limen("audit", "verify", "--key", kid).stderr
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines(keepends=True)
    assert any(b"audit.exported" in line for line in lines)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:-1]))
    done = limen("audit", "verify", "cut.jsonl")
    assert (done.returncode, done.stdout) == (1, "BROKEN at the end: checkpoint 1 is missing\n")
