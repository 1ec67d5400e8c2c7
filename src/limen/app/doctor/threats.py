"""What the doctor says of the guards: which files they have, and how old those are."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.settings import Settings
from limen.app.threats import feeds_folder, feeds_of, mail_domains_of, pairs_path, passwords_path
from limen.integration.outgoing.feed_fetching import read_credentials
from limen.integration.outgoing.feeds import STALE, copy_of
from limen.kernel.clock import DAY, SECOND, SystemClock
from limen.kernel.errors import Corrupted, Misconfigured
from limen.trust.bots.agents import BadDirectory, read_directory
from limen.trust.threats.feeds import Feed, read_feed
from limen.trust.threats.records import BadFeed
from limen.trust.threats.sets import CompactSet, Kind

_OLD: Final = 366 * DAY


def set_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is missing, damaged or old of the sets of what is known from breaches."""
    yield from _set(passwords_path(settings), "passwords", is_named=bool(settings.threats.passwords))
    yield from _set(pairs_path(settings), "pairs", is_named=bool(settings.threats.pairs))


def feed_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is missing, damaged or stale of the feeds, and of who asks for them."""
    try:
        feeds = feeds_of(settings)
    except Misconfigured as error:
        yield wrong(str(error), error.hint)
        return
    for feed in feeds:
        yield from _feed(feed, settings)
    yield from _credentials(settings)


async def resolver_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is wrong with DNS: one question is asked, who serves the root."""
    if settings.smtp.url and not settings.threats.resolver.split():
        words = "threats.resolver is empty: whoever signs up with a domain that takes no mail is not recognised"
        yield weak(words, "threats.resolver = system")
    try:
        domains = mail_domains_of(settings, SystemClock(), lambda _outcome: None)
    except Misconfigured as error:
        yield wrong(str(error), error.hint)
        return
    if domains is not None and not await domains.resolver.answers():
        yield wrong("DNS does not answer: sign_up.dns_away says what holds for who signs up", "see threats.resolver")


def agent_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the directory of agents that sign."""
    named = settings.threats.signed_agents
    if not named:
        return
    try:
        read_directory(Path(named).read_bytes())
    except (OSError, BadDirectory) as error:
        why = str(error) if isinstance(error, BadDirectory) else type(error).__name__
        yield wrong(
            f"threats.signed_agents is refused ({why}): nobody is verified after the next start", f"mend {named}"
        )


def _credentials(settings: Settings) -> Iterator[Finding]:
    named = settings.threats.feed_credentials
    if not named:
        return
    try:
        path = Path(named)
        read_credentials(path.read_text())
        if path.stat().st_mode & 0o077:
            yield weak(f"threats.feed_credentials: {path} is open to others", f"chmod 600 {path}")
    except (OSError, UnicodeDecodeError, Misconfigured) as error:
        why = str(error) if isinstance(error, Misconfigured) else type(error).__name__
        yield wrong(f"threats.feed_credentials cannot be read ({why}): no feed is fetched", f"mend {named}")


def _feed(feed: Feed, settings: Settings) -> Iterator[Finding]:
    """Read the feed as the server would: its file, or the copy of what was fetched last."""
    path = copy_of(feed, feeds_folder(settings)) if feed.is_remote else Path(feed.location)
    name, now = f"threats.feeds: {feed.name}", SystemClock().now()
    if not path.exists():
        finding = weak if feed.is_remote else wrong
        yield finding(f"{name} is not there: threats.when_missing says what holds", f"see {feed.location}")
        return
    try:
        read_feed(feed.format, path.read_bytes(), now)
    except (BadFeed, OSError) as error:
        yield wrong(f"{name} is refused ({error}); the last good one stays until the next start", f"mend {path}")
    age = now - path.stat().st_mtime_ns // 1_000
    if feed.is_remote and age > STALE * settings.threats.feed_seconds * SECOND:
        yield weak(f"{name} is stale: {age // (3_600 * SECOND)} hours old; it stays in force", f"see {feed.location}")


def _set(path: Path, kind: Kind, *, is_named: bool) -> Iterator[Finding]:
    hint = f"limen threats build-corpus {'--pairs ' if kind == 'pairs' else ''}FILE"
    if not path.exists():
        if is_named:
            yield wrong(f"threats.{kind}: {path} is not there; nothing is refused by it", hint)
        elif kind == "passwords":
            yield weak("of breached passwords only the 30,000 commonest are known here", hint)
        return
    try:
        found = CompactSet.open(path)
    except (Corrupted, OSError):
        yield wrong(f"threats.{kind}: {path} is no set of ours, or not whole", hint)
        return
    if found.about.kind != kind:
        yield wrong(f"threats.{kind}: {path} holds {found.about.kind}", hint)
    elif found.about.made_at < SystemClock().now() - _OLD:
        yield weak(f"threats.{kind}: {path} is more than a year old", hint)
