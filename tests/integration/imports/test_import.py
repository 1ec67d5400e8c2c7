"""An import: all good rows, once, however often it runs and wherever it was stopped."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest

from limen.access.factors.records import apps, open_secret
from limen.access.factors.totp import step_at
from limen.access.imports.export import Exporting
from limen.access.imports.records import Import, ImportState
from limen.access.imports.run import ROWS
from limen.app.imports import digest_of, rows_of
from limen.identity.administrators import SYSTEM
from limen.identity.customers.records import Contact, Identity
from limen.identity.profiles.records import ProfileSettings
from limen.identity.tenants.records import TenantSettings
from limen.identity.tenants.sign_in import SignInSettings
from limen.kernel.errors import Conflict
from tests.integration.imports.conftest import bring, bringing, refused
from tests.support.commands import run_here
from tests.support.house import PASSWORD, open_part, says

pytestmark = pytest.mark.anyio


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def reached(folder):
    """How far an import in another process has come."""
    with closing(sqlite3.connect(folder / "limen.db")) as connection:
        return connection.execute("SELECT coalesce(max(position), 0) FROM imports").fetchone()[0]


def people(count, **more):
    return [{"email": f"u{n}@example.com", "external_id": f"old-{n}", "name": f"Ann {n}", **more} for n in range(count)]


async def test_a_second_run_changes_nothing(house_on, tmp_path):
    house = house_on
    path = written(tmp_path / "people.jsonl", people(ROWS + 7))
    first = await bring(house, path, "jsonl")
    assert (first.created, first.present, first.state) == (ROWS + 7, 0, ImportState.FINISHED)
    before = await house.rows()
    second = await bring(house, path, "jsonl")
    assert (second.created, second.present, second.refused) == (0, ROWS + 7, 0)
    after = await house.rows()
    changed = {name for name, count in after.items() if count != before[name]}
    assert changed <= {"imports", "audit_records", "outbox", "audit_segments"}
    assert after["audit_records"] - before["audit_records"] == 2
    assert [name for name in await house.events() if name.startswith("import.")] == [
        "import.started",
        "import.finished",
    ] * 2


async def test_a_row_that_repeats_is_found_however_many_batches_are_under_way(house, tmp_path, monkeypatch):
    monkeypatch.setattr("limen.access.imports.run.ROWS", 2)
    rows = people(12)
    path = written(tmp_path / "people.jsonl", [one for row in range(12) for one in (rows[row], rows[row - row % 7])])
    async with bringing(house) as importing:
        with path.open("rb") as file:
            now = house.clock.now()
            rows = rows_of(file, "jsonl", None)
            tried = await importing.rehearse(Import("", "", "jsonl", now, now), rows, lambda *_: None)
    for done in (tried, await bring(house, path, "jsonl")):
        assert (done.position, done.created, done.present, done.refused) == (24, 12, 12, 0)


async def test_rows_that_repeat_or_meet_somebody_are_told_apart(house, tmp_path):
    await house.customer("here@example.com")
    rows = [
        {"email": "here@example.com"},  # signed up already
        {"email": "here@example.com", "external_id": "old-1"},  # the same address for an account of another name
        {"email": "new@example.com", "external_id": "old-2"},
        {"email": "NEW@example.com", "external_id": "old-3"},
        {"email": "moved@example.com", "external_id": "old-2"},
        {"email": "twice@example.com"},
        {"email": "twice@example.com"},
        {"email": "a@b", "locale": "?", "name": "x" * 300},
    ]
    path = written(tmp_path / "people.jsonl", rows)
    for created, present in ((2, 3), (0, 5)):
        done = await bring(house, path, "jsonl")
        assert (done.created, done.present, done.refused) == (created, present, 3)
        assert await refused(house, done) == [
            (2, 2, "email", "email.taken"),
            (4, 4, "email", "email.taken"),
            (8, 8, "email", "email.invalid"),
            (8, 8, "locale", "locale.invalid"),
            (8, 8, "name", "name.invalid"),
        ]
    records = [open_part(record) for record in await house.audit() if record.event == "customer.imported"]
    assert len(records) == 2
    assert "example.com" not in json.dumps(records)


async def test_an_import_that_was_stopped_goes_on_behind_its_last_commit(house, tmp_path):
    path = written(tmp_path / "people.jsonl", people(3 * ROWS))
    async with bringing(house) as importing:
        with path.open("rb") as file:
            started = await importing.start(digest_of(file), "jsonl", resume=False)

            def stop(at: Import) -> None:
                if at.position == 2 * ROWS:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                await importing.run(started, rows_of(file, "jsonl", None), stop)
    done = await bring(house, path, "jsonl", resume=True)
    assert (done.id, done.created, done.present) == (started.id, 3 * ROWS, 0)
    async with bringing(house) as importing:
        with path.open("rb") as file:
            assert await importing.run(started, rows_of(file, "jsonl", None)) == Conflict("import_elsewhere")


async def test_what_is_stored_before_the_one_before_it_is_committed_goes_when_that_fails(
    house_on, tmp_path, monkeypatch
):
    monkeypatch.setattr("limen.access.imports.run.ROWS", 3)
    path = written(
        tmp_path / "people.jsonl", people(12, password_hash="$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHQ$QUFBQUFBQUE")
    )
    async with bringing(house_on) as importing:
        with path.open("rb") as file:
            started = await importing.start(digest_of(file), "jsonl", resume=False)
            before = await house_on.rows()
            async with house_on.storage.database.begin(house_on.tenant.id) as unit:
                assert await unit.imports.advance(replace(started, position=1), 0)  # somebody else goes on with it
            assert await importing.run(started, rows_of(file, "jsonl", None)) == Conflict("import_elsewhere")
    assert await house_on.rows() == before


async def test_a_rehearsal_judges_and_writes_nothing(house, tmp_path):
    path = written(
        tmp_path / "people.jsonl", [*people(3), {"email": "no"}, {"email": "w@example.com", "password_hash": "0" * 32}]
    )
    before = await house.rows()
    told = []
    async with bringing(house) as importing:
        with path.open("rb") as file:
            now = house.clock.now()
            at = Import("", "", "jsonl", now, now)
            done = await importing.rehearse(at, rows_of(file, "jsonl", None), lambda _, some: told.extend(some))
    assert (done.created, done.refused) == (4, 1)
    assert [(one.row, one.code) for one in told] == [(4, "email.invalid")]
    assert await house.rows() == before


async def everybody(house, tenant):
    """All that a tenant holds of its customers, but for identifiers of its own and when it heard of what."""
    directory, found = house.directory(tenant), {}
    async with house.storage.database.read(tenant.id) as unit:
        sealed = await unit.customers.list(after="", limit=100)
        factors = {one.id: apps(await unit.factors.of_customer(one.id)) for one in sealed}
    for one in sealed:
        vault = await directory.vault_of(one.id)
        customer = await directory.open(one, vault)
        profile = msgspec.structs.asdict(customer.profile)
        for name in ("since", "email_since", "updated_at"):
            profile.pop(name)
        for name in ("emails", "phones"):
            profile[name] = [contact.value for contact in profile[name]]
        profile["identities"] = [(who.issuer, who.subject, who.label) for who in profile["identities"]]
        held = [open_secret(vault, factor) for factor in factors[one.id]]
        found[customer.profile.email] = (profile, customer.may_sign_in, customer.created_at, held)
    return found


async def test_an_export_with_secrets_comes_in_elsewhere_whole_and_signs_in(house, exports, tmp_path):
    rules = msgspec.structs.replace(
        TenantSettings(),
        sign_in=SignInSettings(usernames="optional"),
        profile=ProfileSettings(attributes={"shoe_size": {"type": "string"}, "sizes": {"type": "array"}}),
    )
    here, other = await house.add_tenant("here", rules), await house.add_tenant("other", rules)
    await bring(house, exports / "keycloak-realm.json", "keycloak", tenant=here)
    now = house.clock.now()
    await house.customer(
        "zoe@example.com",
        name="Zoë Ray",
        tenant=here,
        username="zoe",
        emails=(Contact("e1", "zoe@work.example", now), Contact("e2", "zoe@home.example", now)),
        phones=(Contact("p1", "+436641234567", now), Contact("p2", "+436641234568", now)),
        identities=(Identity("i1", "https://idp.example", "z-1", now, "zoe@idp.example"),),
        attributes={"sizes": [41, {"left": 0}]},
        picture="https://zoe.example/me.png",
    )

    async def export(*, with_secrets):
        database = house.storage.database
        exporting = Exporting(here.id, database.begin, database.read, house.directory(here), SYSTEM)
        return [line async for line in exporting.lines(with_secrets=with_secrets)]

    path = tmp_path / "all.jsonl"
    path.write_bytes(b"".join(await export(with_secrets=True)))
    ann = next(line for line in map(json.loads, path.read_text().splitlines()) if line["email"] == "ann@example.com")
    assert ann["address"] == {"street_address": "Weg 1", "locality": "Wien", "postal_code": "1010", "country": "AT"}
    assert (ann["birthdate"], "updated_at" in ann) == ("1990-05-17", False)
    again = await bring(house, path, "jsonl", tenant=here)
    assert (again.created, again.present, again.refused) == (0, 4, 0)
    done = await bring(house, path, "jsonl", tenant=other)
    assert (done.created, done.refused, done.left_out) == (4, 0, {})
    before, after = await everybody(house, here), await everybody(house, other)
    assert after == before
    assert {email for email, (_, _, _, held) in before.items() if held} == {"ann@example.com"}
    assert {email for email, (_, may_sign_in, _, _) in before.items() if not may_sign_in} == {"cleo@example.com"}
    bare = b"".join(await export(with_secrets=False))
    assert b"argon2" not in bare
    assert b"password" not in bare
    assert b"totp" not in bare
    walker = house.walker(prefix="/t/other")
    assert (await walker.sign_in("zoe@example.com", PASSWORD)).response.url.path == "/t/other/account"
    assert (
        await house.walker(prefix="/t/other").sign_in("bob@example.com", "bob-old-password")
    ).response.status_code == 200
    walker = house.walker(prefix="/t/other")
    page = await walker.sign_in("ann@example.com", "ann-old-password")
    assert page.h1 == says("second_factor.ask.title")
    page = await walker.post(page, code=after["ann@example.com"][3][0].totp.code(step_at(house.clock.now())))
    assert page.path == "/t/other/account"
    page = await house.walker(prefix="/t/other").sign_in("zoe@work.example", PASSWORD)
    assert page.path == "/t/other/account"
    events = [record.event for record in await house.audit(here)]
    assert events.count("customers.export_started") == events.count("customers.exported") == 2


HELD = """
import os, time
from limen.access.imports import run
from limen.app.cli.entry import main

load, left = run.Importing._load, list(range(int(os.environ.get("BATCHES", "5"))))

async def held(*given):
    if not left:
        time.sleep(3600)  # whoever is to kill it was held up; there is to be something left
    left.pop()
    return await load(*given)

run.Importing._load, run.ROWS = held, 200
main()
"""
"""The command line, which comes no further than a few batches, of which each is small."""
FEW = 200


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(tmp_path):
    path = written(
        tmp_path / "people.jsonl",
        people(12 * FEW, password_hash="$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" + "A" * 43),
    )
    environment = os.environ | {
        "LIMEN_DATA_DIR": str(tmp_path),
        "LIMEN_ISSUER": "https://id.example",
    }
    limen = [sys.executable, "-c", HELD]
    subprocess.run([*limen, "migrate"], env=environment, check=True, capture_output=True)
    command = [*limen, "import", str(path), "--resume", "--report", str(tmp_path / "report.jsonl")]
    for _ in range(2):  # killed once a batch or more is in, wherever it is by then
        before = reached(tmp_path)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while reached(tmp_path) == before and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 2 * FEW <= reached(tmp_path) < 12 * FEW
    done = subprocess.run(command, env=environment | {"BATCHES": "99"}, check=False, capture_output=True, text=True)
    sums = json.loads((tmp_path / "report.jsonl").read_text().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert (sums["rows"], sums["created"], sums["present"], sums["refused"]) == (12 * FEW, 12 * FEW, 0, 0)
    assert (tmp_path / "report.jsonl").stat().st_mode & 0o077 == 0


def test_what_the_rest_of_a_document_hides_is_said_aloud(tmp_path):
    environment = {"LIMEN_DATA_DIR": str(tmp_path), "LIMEN_ISSUER": "https://id.example"}
    assert run_here("migrate", environment=environment, folder=tmp_path).returncode == 0
    hidden = '{"email": "bob@example.com", {"email": "zoe@example.com"}]'
    (tmp_path / "users.json").write_text('[{"email": "ann@example.com"}, ' + hidden)
    command = ("import", "users.json", "--format", "auth0", "--report", "report.jsonl")
    said = [
        run_here(*command, *more, environment=environment, folder=tmp_path)
        for more in (("--dry-run",), (), ("--resume",))
    ]
    assert [one.returncode for one in said] == [3, 3, 3], said
    assert all(f"NOT READ: the last {len(hidden)} bytes of the file, from line 1 on" in one.stdout for one in said)
    report = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert report[0] == {"row": 2, "line": 1, "field": f"{len(hidden)} bytes", "code": "rest.unread"}
    assert (report[1]["rows"], report[1]["refused"]) == (2, 1)
