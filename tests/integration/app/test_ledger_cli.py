"""``limen ledger``: an export that verifies with neither settings nor database."""

import subprocess
from pathlib import Path

import pytest

from limen.identity.consents.export import header
from limen.identity.consents.receipt import Controller, Material, receipt, signed_receipt
from tests.integration.app.test_cli import LIMEN, environment, limen
from tests.support.commands import run_here
from tests.unit.identity.consents.books import ABOUT, NOW, Book, purpose, signer

__all__ = ["environment", "limen"]
BARE = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def alone(tmp_path: Path):
    """The command in an empty folder, without one setting."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_here("ledger", "verify", *arguments, environment=BARE, folder=tmp_path)

    return run


def test_a_ledger_is_verified_by_its_public_key_alone_and_the_first_bad_record_is_named(alone, tmp_path: Path) -> None:
    book = Book(3, 2)
    (tmp_path / "ledger").write_bytes(b"".join(book.lines()))
    done = alone("ledger", "--key", book.signer.kid)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("whole: the ledger of https://id.example; 5 records, 2 checkpoints; key ")
    command = [LIMEN, "ledger", "verify", "ledger"]
    process = subprocess.run(command, cwd=tmp_path, env=BARE, capture_output=True, text=True, timeout=60, check=False)
    assert (process.returncode, process.stdout) == (0, done.stdout)
    lines = book.lines()
    lines[4] = lines[4].replace(b"given", b"gived")
    (tmp_path / "bad").write_bytes(b"".join(lines))
    done = alone("bad")
    assert done.returncode == 1
    assert done.stdout.startswith("BROKEN at line 5, record 2: its hash does not follow")


def test_a_ledger_may_have_more_texts_than_a_proof_is_long(alone, tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(header(ABOUT, None, [bytes([1]) * 32] * 16_000, signer(), NOW))
    assert alone("ledger").stdout == "BROKEN at the end: text 1 is missing\n"


def test_a_thumbprint_that_begins_with_a_hyphen_is_no_option(alone, tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(b"".join(Book(1).lines()))
    done = alone("ledger", "--key", "-j_og7P-uR28sglDjgOGto7IOP92djClapNGiwoxzFE")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("BROKEN at ")


def test_a_ledger_is_held_to_an_earlier_export(alone, tmp_path: Path) -> None:
    for name, batches in (("before", (3,)), ("after", (3, 2))):
        (tmp_path / name).write_bytes(b"".join(Book(*batches).lines()))
    assert alone("after", "--earlier", "before").returncode == 0
    done = alone("before", "--earlier", "after")
    assert (done.returncode, done.stdout) == (1, "BROKEN at the end: 5 records were exported earlier\n")


def test_a_receipt_is_verified_too(alone, tmp_path: Path) -> None:
    book = Book(1)
    material = Material(
        Controller("https://id.example", "Shop"), book.records[0], purpose().kind, purpose().current, None
    )
    (tmp_path / "receipt").write_text(signed_receipt(receipt(material, book.signer), book.signer))
    done = alone("receipt")
    assert done.returncode == 0
    (tmp_path / "kept").write_bytes(book.kept()[0])
    assert "the receipt names no checkpoint" in alone("receipt", "--witness", "kept").stderr
    assert done.stdout.startswith("genuine: receipt of rec_0 by https://id.example; it had no place in the ledger yet")


def test_a_ledger_is_held_to_what_a_witness_kept(alone, tmp_path: Path) -> None:
    book = Book(3, 1, 5)
    (tmp_path / "kept").write_bytes(b"".join(book.kept()))
    (tmp_path / "others").write_bytes(Book(2, seed=2).kept()[0].replace(b"ten_1", b"ten_2"))
    for name, made in (("whole", book), ("short", Book(3, 1)), ("rewritten", Book(3, 1, 5, since=3))):
        (tmp_path / name).write_bytes(b"".join(made.lines()))
        assert alone(name).returncode == 0
    done = alone("whole", "--witness", "kept", "--key", book.signer.kid)
    assert done.returncode == 0
    assert "9 records, 3 checkpoints; held to 3 of the witness's; key " in done.stdout
    done = alone("short", "--witness", "kept")
    assert done.stdout.startswith("BROKEN at the end, record 5: record 5 is missing: the witness holds checkpoint 3")
    done = alone("rewritten", "--witness", "kept")
    assert (done.returncode, done.stdout.endswith("record 4 is not what the witness's checkpoint 2 covers\n")) == (
        1,
        True,
    )
    done = alone("whole", "--witness", "others")
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 1 of the witness's file is no checkpoint that its key signed" in done.stderr


def test_a_witness_of_another_ledger_holds_to_nothing_and_is_told(alone, tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"\n")
    (tmp_path / "whole").write_bytes(b"".join(Book(1).lines()))
    done = alone("whole", "--witness", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds no checkpoint of this ledger" in done.stderr
    assert "cannot be read" in alone("whole", "--witness", "nowhere").stderr


def test_a_file_that_is_not_there_is_told(alone) -> None:
    done = alone("nowhere")
    assert done.returncode == 2
    assert "nowhere cannot be read" in done.stderr


def test_a_tenants_ledger_is_exported_even_while_it_is_empty(limen, alone, tmp_path: Path) -> None:
    assert limen("admin", "create").returncode == 0
    assert limen("ledger", "export", "--out", str(tmp_path / "ledger")).returncode == 0
    assert "0 records" in alone("ledger").stdout
    assert limen("ledger", "export", "--tenant", "nobody").returncode == 2
    done = limen("ledger", "checkpoint", "--out", "kept")
    assert (done.returncode, done.stdout) == (0, "0 checkpoints written to kept.\n")
    assert limen("ledger", "checkpoint", "--tenant", "nobody").returncode == 2
