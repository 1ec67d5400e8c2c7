"""What the doctor says of the guards: what is missing, damaged, stale, and what tenants have switched off."""

import asyncio
import os

import msgspec
import pytest

from limen.app.doctor import examined
from limen.app.settings.sections.guarding import GeographySection, ThreatsSection
from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.breaches import BreachSettings
from limen.kernel.secret import Secret
from tests.integration.attacks.kit import set_up
from tests.support.mmdb import mmdb

pytestmark = pytest.mark.anyio


async def said(house, **threats) -> str:
    given = msgspec.structs.replace(house.basis.settings, threats=ThreatsSection(**threats))
    return "\n".join(f"{one.severity}: {one.what}" for one in (await examined(given)).findings)


async def test_sets_and_feeds_are_read_as_the_server_would(house, tmp_path):
    feed, damaged = tmp_path / "drop.txt", tmp_path / "bad.set"
    feed.write_text("192.0.2.0/24\nnonsense\n")
    damaged.write_bytes(b"no set")
    words = await said(
        house, passwords=str(damaged), feeds=(f"drop block cidr {feed}", "x block cidr https://x.example/l")
    )
    assert f"wrong: threats.passwords: {damaged} is no set of ours" in words
    assert "wrong: threats.feeds: drop is refused (line 2" in words
    assert "weak: threats.feeds: x is not there: threats.when_missing says what holds" in words
    assert "wrong: threats.feeds names a feed that is none" in await said(house, feeds=("nonsense",))
    assert "only the 30,000 commonest" in await said(house)
    agents = tmp_path / "agents.json"
    agents.write_bytes(b"{}")
    assert "wrong: threats.signed_agents is refused (Object missing" in await said(house, signed_agents=str(agents))
    who = tmp_path / "credentials"
    who.write_text("cert Basic dXNlcjpwYXNz\ncert\n")
    assert "wrong: threats.feed_credentials cannot be read (line 2" in await said(house, feed_credentials=str(who))


async def test_a_stale_copy_is_named(house, tmp_path):
    copy = tmp_path / "feeds" / "x.cidr"
    copy.parent.mkdir()
    copy.write_text("192.0.2.0/24\n")
    await asyncio.to_thread(os.utime, copy, (1, 1))
    assert "weak: threats.feeds: x is stale" in await said(house, feeds=("x block cidr https://x.example/l",))


async def test_what_a_tenant_switched_off_is_named(house):
    assert "attacks.mode" not in await said(house)
    await set_up(house, attacks=AttackSettings(mode="shadow"), breaches=BreachSettings(online=True))
    words = await said(house)
    assert "weak: attacks.mode is not on: passwords are tried without end, at default" in words
    assert "weak: breaches.online fails open" in words


async def test_clients_that_rest_on_a_nonce_are_named(house):
    assert "require_pkce" not in await said(house)
    client_id, _ = await house.register_client(require_pkce=False)
    assert f"weak: require_pkce is off: a nonce alone guards codes, at default: {client_id}" in await said(house)


async def test_databases_of_geography_are_read_as_the_server_would(house, tmp_path):
    good, bad = tmp_path / "good.mmdb", tmp_path / "bad.mmdb"
    good.write_bytes(mmdb({"203.0.113.0/24": {"country_code": "DE"}}, built=1_500_000_000))
    bad.write_bytes(b"no database")
    given = GeographySection(databases=(str(good), str(bad), str(tmp_path / "none.mmdb")))
    settings = msgspec.structs.replace(house.basis.settings, geography=given)
    words = "\n".join(f"{one.severity}: {one.what}" for one in (await examined(settings)).findings)
    assert f"weak: geography.databases: {good} was made" in words
    assert f"wrong: geography.databases: {bad} is refused" in words
    assert "none.mmdb cannot be read (FileNotFoundError)" in words
    settings = msgspec.structs.replace(house.basis.settings, geography=GeographySection(base="off"))
    assert "geography: no country is known" in "\n".join(one.what for one in (await examined(settings)).findings)


async def test_dns_is_asked_where_mail_leaves_and_its_silence_is_named(house, monkeypatch):
    monkeypatch.setattr("limen.integration.outgoing.mail_domains._SECONDS", 0.05)
    mails = msgspec.structs.replace(house.basis.settings.smtp, url=Secret("smtp+plain://localhost:25"))
    for resolver, words in (
        ("", "weak: threats.resolver is empty"),
        ("127.0.0.1", "wrong: DNS does not answer: sign_up.dns_away says"),
        ("dns.example", "wrong: threats.resolver is no address"),
    ):
        threats = ThreatsSection(resolver=resolver)
        settings = msgspec.structs.replace(house.basis.settings, threats=threats, smtp=mails)
        assert words in "\n".join(f"{one.severity}: {one.what}" for one in (await examined(settings)).findings)
    assert "DNS" not in await said(house, resolver="127.0.0.1")  # no mail leaves


async def test_a_hook_for_lines_that_may_not_be_asked_is_named(house):
    sms = msgspec.structs.replace(house.basis.settings.sms, line_type_url="https://127.0.0.1/lines")
    settings = msgspec.structs.replace(house.basis.settings, sms=sms)
    assert "wrong: sms.line_type_url leads where nothing is asked" in "\n".join(
        f"{one.severity}: {one.what}" for one in (await examined(settings)).findings
    )
