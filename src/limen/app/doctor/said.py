"""What the settings say by themselves."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

import msgspec

from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.settings import Settings, require_servable
from limen.app.settings.derived import database_urls, is_loopback
from limen.kernel.errors import Misconfigured

_LEAST_MEMORY_KIB: Final = 7_168
_LEAST_WORK: Final = 35_840
"""In KiB, and in KiB times passes: OWASP's weakest choices of Argon2id (7 MiB, t=5)."""
_WIDEST: Final = {4: 8, 6: 16}
_EPOCH_DAYS: Final = 30


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is weaker than the default, and what contradicts itself."""
    try:
        require_servable(settings)
    except Misconfigured as error:
        yield wrong(str(error), error.hint)
    if settings.insecure_http:
        yield weak(
            "insecure_http: cookies and tokens travel in the clear", "use an https issuer; for this machine alone"
        )
    if settings.development_mailbox:
        yield weak("development_mailbox: whoever reads it can take any account", "set LIMEN_SMTP_URL")
    yield from _outgoing(settings)
    yield from _mail(settings)
    yield from _passwords(settings)
    yield from _limits(settings)
    yield from _proxies(settings)
    if settings.server.workers > 1 and not settings.cache.url.reveal():
        yield weak(
            "several workers and no cache.url: each counts tries, limits and proofs by itself",
            "set LIMEN_CACHE_URL to a Valkey or Redis, or server.workers to 1",
        )
    urls = database_urls(settings)
    if urls.data == urls.keys:
        yield wrong(
            "data and keys share a database: a backup of it undoes erasure", "set LIMEN_KEYSTORE_URL to another"
        )
    if settings.keyring.epoch_days > _EPOCH_DAYS:
        yield weak(
            f"keyring.epoch_days: erasure takes {settings.keyring.epoch_days} days in key backups", "30 or fewer"
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    url = settings.smtp.url.reveal()
    if not url and not settings.development_mailbox:
        yield wrong("no mail relay: nobody can verify an address or recover an account", "set LIMEN_SMTP_URL")
    parts = urlsplit(url)
    if parts.scheme == "smtp+plain" and not is_loopback(parts.hostname):
        yield weak("mail crosses the network in the clear", "use smtp:// (STARTTLS) or smtps://")


def _outgoing(settings: Settings) -> Iterator[Finding]:
    if settings.outgoing.loopback:
        yield weak("outgoing.loopback: clients can make us ask what listens on this machine", "leave it out")
    if settings.outgoing.networks:
        named = ", ".join(settings.outgoing.networks)
        yield weak(f"outgoing.networks: clients can make us ask {named}", "name no more than their own servers")


def _passwords(settings: Settings) -> Iterator[Finding]:
    cost = settings.passwords
    if cost.memory_kib < _LEAST_MEMORY_KIB or cost.memory_kib * cost.time_cost < _LEAST_WORK:
        yield weak(
            f"passwords: Argon2id at {cost.memory_kib} KiB, {cost.time_cost} passes, is cheap to attack",
            "19456 KiB and 2",
        )


def _limits(settings: Settings) -> Iterator[Finding]:
    for name in msgspec.structs.fields(type(settings.limits)):
        if getattr(settings.limits, name.name).is_off:
            yield weak(f"limits.{name.name} is off", "leave it out, or give count/seconds")


def _proxies(settings: Settings) -> Iterator[Finding]:
    for text in settings.proxies.networks:
        try:
            network = ip_network(text)
        except ValueError:
            yield wrong(f"proxies.networks: {text} is no network", "such as 10.0.0.0/8 or 192.0.2.7")
            continue
        if network.prefixlen < _WIDEST[network.version]:
            yield wrong(f"proxies.networks: {text} lets strangers say who they are", "name the proxies themselves")
