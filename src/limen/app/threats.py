"""Threat intelligence of a process: where its files lie, and whom it asks."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from limen.access.outgoing import NO_WAY_OUT, Outgoing
from limen.app.basis import Basis, default_tenant
from limen.app.settings import Settings
from limen.integration.outgoing.captcha import HttpCaptcha
from limen.integration.outgoing.feed_fetching import Fetching
from limen.integration.outgoing.feeds import FeedKeeper, Keeping
from limen.integration.outgoing.mail_domains import SYSTEM, DnsMailDomains
from limen.integration.outgoing.ranges import Ranges
from limen.kernel.clock import Clock
from limen.kernel.encoding import framed, sha256
from limen.kernel.errors import Misconfigured
from limen.trust.bots.agents import AgentShelf
from limen.trust.bots.captcha import Captcha
from limen.trust.fraud.mail_domains import MailDomains
from limen.trust.threats.breaches import BreachSources, Count, Shelf
from limen.trust.threats.feeds import Feed, feed_of
from limen.trust.threats.reputation import Reputation

_PAIRS: Final = "breached-pairs"
"""The name of the sub-key under which breached pairs are hashed, of the default tenant and for all."""


def passwords_path(settings: Settings) -> Path:
    """Return where the set of breached passwords lies."""
    return Path(settings.threats.passwords or Path(settings.data_dir) / "passwords.set")


def pairs_path(settings: Settings) -> Path:
    """Return where the set of breached pairs lies."""
    return Path(settings.threats.pairs or Path(settings.data_dir) / "pairs.set")


async def pair_key(basis: Basis) -> bytes:
    """Return the key under which pairs are hashed: a rotation of what seals leaves it as it is."""
    tenant = await default_tenant(basis)
    return (await basis.keyring.tenant(tenant.id)).derive(_PAIRS)


def agents_of(settings: Settings, clock: Clock) -> AgentShelf | None:
    """Return who may sign as a good bot, where the settings name a directory."""
    return AgentShelf(Path(settings.threats.signed_agents), clock) if settings.threats.signed_agents else None


def captcha_of(settings: Settings, outgoing: Outgoing, clock: Clock) -> Captcha | None:
    """Return the CAPTCHA vendor that the settings name, or None."""
    captcha = settings.captcha
    if not captcha.vendor:
        return None
    return HttpCaptcha(captcha.vendor, captcha.site_key, captcha.secret, outgoing, clock)


def mail_domains_of(settings: Settings, clock: Clock, count: Callable[[str], None]) -> MailDomains | None:
    """Return what asks DNS about the domains of sign-ups; None where no mail leaves, or nobody is to be asked.

    Raises:
        Misconfigured: a resolver that is named is no address.
    """
    named = settings.threats.resolver.split()
    if not named or not settings.smtp.url:
        return None
    resolver = DnsMailDomains(() if named == [SYSTEM] else named)
    return MailDomains(resolver, clock, count)


def feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """Return the feeds that the settings name.

    Raises:
        Misconfigured: a line names none, or two have one name.
    """
    feeds = [feed_of(text) for text in settings.threats.feeds]
    found = tuple(feed for feed in feeds if feed is not None)
    if len(found) < len(feeds) or len({feed.name for feed in found}) < len(found):
        raise Misconfigured("threats.feeds names a feed that is none, or twice", "NAME ACTION [KIND] FORMAT LOCATION")
    return found


def feeds_folder(settings: Settings) -> Path:
    """Return where copies of what was fetched lie."""
    return Path(settings.data_dir) / "feeds"


def feed_keeper(basis: Basis, reputation: Reputation, outgoing: Outgoing, count: Count) -> FeedKeeper:
    """Return what keeps the feeds current."""
    settings, clock = basis.settings, basis.clock
    folder, credentials = feeds_folder(settings), settings.threats.feed_credentials
    machine = sha256(framed(socket.gethostname(), str(folder.resolve()))).hex()[:16]

    async def lease(name: str, microseconds: int) -> bool:
        return await basis.storage.leases.take(f"feed:{machine}:{name}", microseconds)

    fetching = Fetching(outgoing, clock, Path(credentials) if credentials else None)
    raises = settings.threats.when_missing == "raise"
    keeping = Keeping(folder, settings.threats.feed_seconds, fetching, lease, count, raises)
    return FeedKeeper(feeds_of(settings), reputation, clock, keeping)


async def breach_sources(basis: Basis, outgoing: Outgoing, count: Count) -> BreachSources:
    """Return what is known of breaches."""
    settings, clock = basis.settings, basis.clock
    return BreachSources(
        passwords=Shelf(passwords_path(settings), "passwords", clock),
        pairs=Shelf(pairs_path(settings), "pairs", clock),
        ranges=Ranges(outgoing, settings.threats.range_url),
        pair_key=await pair_key(basis),
        count=count,
    )


async def feeds_here(basis: Basis) -> Reputation:
    """Return what feeds say of addresses, by what lies here; nothing is fetched."""
    known = Reputation()
    await feed_keeper(basis, known, NO_WAY_OUT, lambda _name, _outcome: None).open()
    return known
