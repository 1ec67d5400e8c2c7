"""The copy to keep: asked for, made in the background, sealed, fetched behind a fresh proof, and gone."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import pyzipper

from limen.access.account import costs
from limen.app.jobs.upkeep import sweep
from limen.kernel.clock import DAY, SECOND
from limen.trust.limits import Limit
from tests.integration.consents.test_portal import PRIVACY, answered, publish, signed_in
from tests.integration.consents.test_rights import asked, board, customers, officer
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio

ANN = "ann@example.com"
PASSPHRASE = "larks anvil mustard ferry quilt"


async def pressed(ann, intent, **typed):
    page = await ann.get(PRIVACY)
    form = next((one for one in page.forms if ("intent", intent) in one.buttons), page.forms[0])
    return await ann.raw_post(page, form=form, intent=intent, **typed)


async def test_it_is_made_in_the_background_and_holds_everything_twice(house):
    await publish(house)
    ann, _ = await signed_in(house, house.walker(language="de"))
    await answered(ann, "give")
    await asked(ann, words="<b>My name</b> is Anne.")
    await pressed(ann, "ask_archive")
    await pressed(ann, "ask_archive")
    [mail] = [one for one in await house.mails(ANN) if "Kopie" in one.subject]
    assert "https://id.example/account/privacy" in mail.text
    answer = await pressed(ann, "fetch_archive")
    assert answer.headers["content-type"] == "application/zip"
    assert "no-store" in answer.headers["cache-control"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        document, page = json.loads(packed.read("account.json")), packed.read("account.html").decode()
    assert document["profile"]["email"] == ANN
    assert [one["purpose"] for one in document["decisions"]] == ["newsletter"]
    assert [one["words"] for one in document["privacy_requests"] if one["kind"] == "rectification"] == [
        "<b>My name</b> is Anne."
    ]
    assert page.startswith('<!doctype html>\n<html lang="de" dir="ltr">')
    assert ANN in page
    assert "&lt;b&gt;My name" in page
    assert "<b>My name" not in page
    assert (await house.events()).count("export.requested") == 1
    assert {"export.ready", "export.downloaded"} <= set(await house.events())
    async with officer(house) as http:
        assert [(one["kind"], one["state"]) for one in await board(http, "over")] == [("export", "done")]
    async with house.storage.database.read(house.tenant.id) as unit:
        stored = await unit.archives.content((await customers(house))[0], house.clock.now())
    assert b"account.json" not in stored.sealed


async def test_a_stale_session_proves_itself_first_and_nobody_else_has_it(house):
    ann, _ = await signed_in(house)
    assert (await pressed(ann, "fetch_archive")).status_code == 303  # there is none
    await pressed(ann, "ask_archive")
    await house.mails()
    house.clock.advance(3_600)
    assert says("account.data.prove") in (await ann.get(PRIVACY)).text
    page = await ann._follow(await pressed(ann, "fetch_archive"))
    assert page.h1 == says("sign_in.title")
    page = await ann.sign_in(ANN, PASSWORD, page)
    assert (await pressed(ann, "fetch_archive")).headers["content-type"] == "application/zip"
    await house.customer("bob@example.com")
    bob = house.walker()
    await bob.sign_in("bob@example.com", PASSWORD)
    assert (await pressed(bob, "fetch_archive")).status_code == 303


async def test_it_is_encrypted_with_a_passphrase_of_its_owners_that_is_kept_nowhere(
    house, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(costs, "JUDGED", Limit(3, 600, costs.JUDGED.name))
    ann, _ = await signed_in(house)
    await pressed(ann, "ask_archive")
    await house.mails()
    plain = (await pressed(ann, "fetch_archive")).content
    for typed, key in (
        ("Zimt und Vögel im hohen Ried", "error.passphrase_signs"),
        ("x" * 129, "error.passphrase_signs"),
        ("nine lofty larks", "error.passphrase_short"),
        ("passwordpasswordpassword", "error.passphrase_guessable"),
        (f"{ANN} {ANN}", "error.passphrase_guessable"),
    ):
        refused = await pressed(ann, "fetch_archive", passphrase=typed)
        assert (refused.status_code, says(key) in refused.text) == (400, True), typed
        assert typed not in refused.text
    fetched = await pressed(ann, "fetch_archive", passphrase=PASSPHRASE)
    assert fetched.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as packed:
        assert {one.compress_type for one in packed.infolist()} == {99}  # AE-x: AES, whatever an old reader makes of it
        assert {one.extra[8] for one in packed.infolist()} == {3}  # 256 bits
        assert {one.CRC for one in packed.infolist()} == {0}  # AE-2: nothing is told of what is in it
    assert ANN.encode() not in fetched.content
    assert len(fetched.content) < len(plain) + 300  # as small as the plain one, but for salts and seals
    with pyzipper.AESZipFile(io.BytesIO(fetched.content)) as packed, zipfile.ZipFile(io.BytesIO(plain)) as open_one:
        with pytest.raises(RuntimeError):
            packed.read("account.json", pwd=b"another passphrase of hers")
        for name in ("account.json", "account.html"):
            assert packed.read(name, pwd=PASSPHRASE.encode()) == open_one.read(name)
    again = await pressed(ann, "fetch_archive")
    assert again.content == plain  # what is kept is as it was
    limited = await pressed(ann, "fetch_archive", passphrase=PASSPHRASE)
    assert (limited.status_code, says("error.throttled") in limited.text) == (429, True)
    assert 0 < int(limited.headers["retry-after"]) <= 2 * 600  # until this window and a part of the next are over
    assert PASSPHRASE not in capsys.readouterr().out
    for file in filter(Path.is_file, tmp_path.rglob("*")):
        assert PASSPHRASE.encode() not in file.read_bytes()


async def test_it_expires_and_may_be_asked_for_anew(house):
    ann, _ = await signed_in(house)
    await pressed(ann, "ask_archive")
    await house.mails()
    house.clock.advance(8 * DAY / SECOND)
    assert (await pressed(ann, "fetch_archive")).status_code == 303
    assert says("export.ask") in (await ann.get(PRIVACY)).text
    await sweep(house.basis)
    assert (await house.rows())["archives"] == 0
    await pressed(ann, "ask_archive")
    await house.mails()
    assert says("export.until", at="").split("%")[0].strip(" .") in (await ann.get(PRIVACY)).text
