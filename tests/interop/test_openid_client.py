"""openid-client, an independent relying party for Node, goes the whole way."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import CALLBACK, EMAIL, GOODBYE, PARTIES, Registered
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio
SCRIPT = Path(__file__).with_name("relying_party.mjs")


def told(party: Registered, issuer: str) -> str:
    known = {"issuer": issuer, "client_id": party.client_id, "method": party.method, "secret": party.secret,
             "alg": party.alg, "redirect_uri": CALLBACK, "goodbye": GOODBYE}  # fmt: skip
    if party.key is not None:
        known["jwk"] = party.key.as_dict(private=True)
    return json.dumps(known)


class Script:
    """The relying party's process, which speaks in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self) -> dict[str, Any]:
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        assert line, (await self.process.stderr.read()).decode()
        return json.loads(line)

    def hears(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n".encode())


@pytest.mark.parametrize("name", PARTIES)
async def test_the_whole_flow(node_path, place, person, name):
    pipe = asyncio.subprocess.PIPE
    words = (str(node_path), str(SCRIPT), told(place.parties[name], place.issuer))
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        script = Script(process)
        script.hears(await person.approve((await script.says())["url"]))
        found = await script.says()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    it_found_what_is_true(found, place.issuer, name)
    page = await person.leave(found["goodbye"])
    assert page.location == f"{GOODBYE}?state=till-then"


def it_found_what_is_true(found: dict[str, Any], issuer: str, name: str) -> None:
    assert (found["claims"]["iss"], found["claims"]["aud"]) == (issuer, name)
    assert found["claims"]["sub"] == found["userinfo"]["sub"] == found["refreshed_sub"]
    assert found["userinfo"]["email"] == EMAIL
    assert found["rotated"] is True
    assert found["after_revocation"] == "invalid_grant"
    if not name.startswith("public"):
        assert found["machine"]["active"] is True
        assert found["machine"]["scope"] == "stock:read"
        assert (found["active"], found["active_after"]) == (True, False)
