"""openid-client by PAR, JAR, JARM, DPoP, devices and CIBA; oauth4webapi by both profiles of FAPI 2.0."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tokens.kit import claims
from tests.interop.conftest import CALLBACK, EMAIL, PASSWORD, Person, Place
from tests.interop.test_openid_client import Script

pytestmark = pytest.mark.anyio
FURTHER = Path(__file__).with_name("further_party.mjs")
FAPI = Path(__file__).with_name("fapi_party.mjs")


@asynccontextmanager
async def speaking(node_path: Path, script: Path, place: Place, name: str, **more: Any) -> AsyncIterator[Script]:
    party = place.parties[name]
    told = {"issuer": place.issuer, "client_id": name, "secret": party.secret, "redirect_uri": CALLBACK, **more}
    if party.key is not None:
        told["jwk"] = party.key.as_dict(private=True)
    pipe = asyncio.subprocess.PIPE
    words = (str(node_path), str(script), json.dumps(told))
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield Script(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("way", ["par", "jar", "jarm", "dpop"])
async def test_openid_client_signs_in_by(node_path, place: Place, person: Person, way: str):
    async with speaking(node_path, FURTHER, place, "signing-requests", way=way) as script:
        url = (await script.says())["url"]
        assert ("request_uri=" in url, "request=" in url) == (way == "par", way == "jar")
        script.hears(await person.approve(url))
        found = await script.says()
    assert found["userinfo"]["email"] == EMAIL
    assert found["token_type"] == found["refreshed"] == ("dpop" if way == "dpop" else "bearer")
    assert claims(found["id_token"])["sub"] == found["userinfo"]["sub"]


@pytest.mark.parametrize("way", ["device", "ciba"])
async def test_openid_client_waits_for_a_person_elsewhere(node_path, place: Place, person: Person, way: str):
    async with speaking(node_path, FURTHER, place, "waiting", way=way, email=EMAIL) as script:
        begun = await script.says()
        page = await person.get(begun["url"])
        if "password" in page.fields:
            page = await person.sign_in(EMAIL, PASSWORD, page)
        if way == "ciba":
            page = await person.get("/approve")
        assert begun["user_code"] in page.text
        page = await person.post(page, decision="continue")
        if "password" in page.fields:
            page = await person.sign_in(EMAIL, PASSWORD, page)
        if any(name == "decision" for name, _ in page.form.buttons):
            page = await person.allow(page)
        script.hears("done")
        found = await script.says()
    assert found["has_token"] is True
    assert claims(found["id_token"])["aud"] == "waiting"


@pytest.mark.parametrize("name", ["fapi2_security", "fapi2_message_signing"])
async def test_oauth4webapi_keeps_fapi_2(node_path, place: Place, person: Person, name: str):
    signing = name == "fapi2_message_signing"
    async with speaking(node_path, FAPI, place, name, signing=signing) as script:
        callback = await person.approve((await script.says())["url"])
        assert ("response=" in callback) is signing
        script.hears(callback)
        found = await script.says()
    assert (found["token_type"], found["as_bearer"], found["rotated"]) == ("dpop", 401, False)
    assert found["userinfo"] == {**found["userinfo"], "sub": found["claims"]["sub"], "email": EMAIL}
    assert found["introspected"]["active"] is True
    assert set(found["introspected"]["cnf"]) == {"jkt"}
    assert 0 < found["expires_in"] < 600
