"""What lies in the database files after a full run: nothing by which anybody could be known, or entered as."""

import base64
import json
import re

import pytest

from limen.app.cli.admin import setup_link
from tests.support.house import PASSWORD, code_in, link_in, open_house
from tests.support.walker import SAFARI, VERIFIER

pytestmark = pytest.mark.anyio
ANN, BOB, ROOT = "ann.lee.sealed@example.com", "bob.sealed@example.com", "root.sealed@example.com"
NAME, NEW = "Annabella Sealedson", "another sealed horse battery"
ADDRESS = "203.0.113.211"


async def test_the_files_hold_no_address_name_password_token_code_or_secret(build_house, tmp_path):
    async with build_house() as house:
        secrets = await full_run(house)
        held = [path for path in tmp_path.iterdir() if path.is_file()]
        assert {path.name for path in held} >= {"limen.db", "limen-keys.db", "limen.keyring"}
        found = {path.name: path.read_bytes() for path in held}  # while it runs: what waits in the -wal counts too
    found |= {f"{path.name}, closed": path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert len(secrets) > 25
    for what, secret in secrets.items():
        for form in forms_of(secret):
            assert not [name for name, content in found.items() if form in content], what


async def test_the_same_search_finds_what_is_not_sealed(house, tmp_path):
    """The search can fail: what is stored in the open on purpose is found by it."""
    shop = await house.register_client(client_name="The Open Shop")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("limen.db"))
    assert b"The Open Shop" in written
    assert shop[0].encode() in written


def forms_of(secret):
    """A secret as text, and as it might be encoded."""
    raw = secret.encode()
    forms = {raw, raw.lower(), raw.hex().encode(), secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode()}
    if len(raw) > 8:
        forms |= {base64.b64encode(raw)[:-4], base64.urlsafe_b64encode(raw)[:-4]}
    return forms


async def full_run(house):
    """Everything the first administrator, two customers and a shop do; return all that must not be found."""
    said = {
        "address": ANN,
        "other address": BOB,
        "name": NAME,
        "password": PASSWORD,
        "new password": NEW,
        "ip": ADDRESS,
    }
    shop = await house.register_client()
    said["client secret"] = shop[1]
    link = await setup_link(house.basis, house.tenant)
    root = house.walker()
    said |= {"setup token": link.rpartition("/")[2], "administrator": ROOT}
    page = await root.post(await root.post(await root.get(link), email=ROOT, password=PASSWORD))
    said["console token"] = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", page.text)[0]

    ann = house.walker(address=ADDRESS, user_agent=SAFARI)
    page = await ann.authorize(shop[0], login_hint=ANN, state="the-sealed-state", nonce="the-nonce")
    said |= {"state": "the-sealed-state", "first cookie": ann.cookie.partition(".")[2]}
    page = await ann.post(page, email=ANN, password="a wrong sealed password")
    said["wrong password"] = "a wrong sealed password"
    page = await ann.post(page, intent="sign_up", email=None, password=None)
    page = await ann.post(page, email=ANN, password=PASSWORD, name=NAME)
    mail = (await house.mails(ANN))[-1]
    said["link token"] = link_in(mail).rpartition("/")[2]
    elsewhere = house.walker()
    await elsewhere.post(await elsewhere.get(link_in(mail)))
    page = await ann.post(page, code=code_in(mail))
    page = await ann.allow(page)
    said |= {"cookie": ann.cookie.partition(".")[2], "code": page.answer["code"], "verifier": VERIFIER}
    tokens = await ann.tokens(shop, page)
    again = await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    for name, answer in (("first", tokens), ("second", again)):
        said |= {f"{name} {kind}": answer[kind] for kind in ("access_token", "refresh_token", "id_token")}

    said["left open"] = "left.open.sealed@example.com"  # a sign-up that nobody finished, a taken one, an unknown one
    await house.walker().begin_sign_up("left.open.sealed@example.com", "left open password", "Left Sealedson")
    said |= {"left open name": "Left Sealedson", "left open password": "left open password"}
    await house.walker().begin_sign_up(ANN, PASSWORD)
    await house.walker().begin_recovery("unknown.sealed@example.com")
    said["unknown address"] = "unknown.sealed@example.com"
    await house.walker().sign_in(BOB, "wrong sealed guess")
    said["guess"] = "wrong sealed guess"
    said["reset link"] = ""
    page = await ann.begin_recovery(ANN)
    mail = (await house.mails(ANN))[-1]
    said["reset link"] = link_in(mail).rpartition("/")[2]
    page = await ann.post(page, code=code_in(mail))
    await ann.post(page, password=NEW)
    said["last cookie"] = ann.cookie.partition(".")[2]
    waiting = house.walker()
    page = await waiting.begin_sign_up(BOB, PASSWORD, "Bob Sealedman")  # and one whose mail is on its way
    said["other name"] = "Bob Sealedman"
    await house.mails()
    assert "password.changed" in await house.events()
    return said


async def test_what_was_sealed_can_be_read_again_after_a_restart(build_house, house_files, tmp_path):
    async with build_house() as house:
        await house.walker().sign_up(ANN, PASSWORD, NAME)
        entropy = house.basis.entropy
    async with open_house(tmp_path, entropy=entropy) as house:
        page = await house.walker().sign_in(ANN, PASSWORD)
        assert NAME in page.text
