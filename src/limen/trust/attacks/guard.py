"""What follows from the counters: a pure table, and the guard that asks it."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from limen.identity.tenants.attacks import AttackSettings
from limen.identity.tenants.networks import NetworkSettings
from limen.trust.attacks.counters import NO_COUNTS, Counters, Counts
from limen.trust.attacks.records import FREE, Attempt, Bar, Verdict
from limen.trust.attacks.tallies import Tallies
from limen.trust.attacks.watch import Watch
from limen.trust.threats.reputation import BY_HAND, Reputation, Standing

BLOCK_SECONDS: Final = 900
_LONGEST_WAIT: Final = 900
_HARDER: Final = 4


def judge(counts: Counts, settings: AttackSettings) -> Verdict:
    """Return what *counts* ask of a try from a device that is not known."""
    attack = settings.bar == "raised" or is_attack(counts, settings)
    rows = (
        (counts.address >= settings.address_block, Bar.BLOCK, "address"),
        (counts.network >= settings.network_block, Bar.BLOCK, "network"),
        (counts.device >= settings.device_block, Bar.BLOCK, "device"),
        (counts.password >= settings.spray_block, Bar.BLOCK, "spraying"),
        (counts.account >= settings.account_proof, Bar.WAIT, "account"),
        (counts.password >= settings.spray_proof, Bar.PROOF, "spraying"),
        (attack, Bar.PROOF, "attack"),
        (counts.address >= settings.address_proof, Bar.PROOF, "address"),
        (counts.network >= settings.network_proof, Bar.PROOF, "network"),
        (counts.device >= settings.device_proof, Bar.PROOF, "device"),
    )
    due = [(bar, reason) for holds, bar, reason in rows if holds]
    if not due:
        return FREE
    bar = due[0][0]
    return Verdict(
        bar=bar,
        reasons=tuple(dict.fromkeys(reason for _, reason in due)),
        work=settings.work * (_HARDER if attack or bar is Bar.WAIT else 1),
        retry_after=BLOCK_SECONDS if bar is Bar.BLOCK else 0,
        is_doubted=attack or counts.account >= settings.account_proof or counts.password >= settings.spray_proof,
        is_attack=attack,
    )


def is_attack(counts: Counts, settings: AttackSettings) -> bool:
    """Tell whether the tenant is under attack: most of what comes from unknown devices fails.

    In the last minute, so that many who pass do not hide it for long; in ten minutes; or over the day.
    """
    windows = (
        (counts.now_failed, counts.now_passed, settings.attack_failures),
        (counts.failed, counts.passed, settings.attack_failures),
        (counts.slow_failed, counts.slow_passed, settings.slow_failures),
    )
    for failed, passed, least in windows:
        if failed >= least and _share(failed, passed) >= settings.attack_percent:
            return True
    return False


def turn_seconds(counts: Counts, settings: AttackSettings) -> int:
    """Return how far apart strangers' tries for one account have to be: twice as far with each that fails."""
    beyond = counts.account - settings.account_proof
    return min(_LONGEST_WAIT, 2 ** min(beyond + 1, 16)) if beyond >= 0 else 0


def graver(listed: Verdict, counted: Verdict) -> Verdict:
    """Return the verdict that asks for more, doubting where either doubts."""
    graver, other = (counted, listed) if counted.bar >= listed.bar else (listed, counted)
    if not other.bar:
        return graver
    reasons = tuple(dict.fromkeys((*graver.reasons, *other.reasons)))
    doubted = graver.is_doubted or other.is_doubted
    return replace(graver, reasons=reasons, work=max(graver.work, other.work), is_doubted=doubted)


def _share(failed: int, passed: int) -> float:
    return 100 * failed / (failed + passed) if failed else 0.0


class Judged(msgspec.Struct, frozen=True):
    """What a try has to take, the counts it rests on, and what it would have to in earnest (shadow mode)."""

    verdict: Verdict = FREE
    counts: Counts = NO_COUNTS
    shadow: Verdict = FREE


@dataclass(frozen=True, slots=True)
class AttackGuard:
    """Stands before the hash, for one tenant."""

    counters: Counters
    settings: AttackSettings
    watch: Watch
    reputation: Reputation
    networks: NetworkSettings
    tallies: Tallies

    def standing(self, address: str) -> Standing:
        """Return what the tenant and the feeds know of *address*."""
        return self.reputation.of(address, self.networks)

    def listed(self, address: str, *, is_known: bool = False) -> Verdict:
        """Return what is asked because of where *address* is; a known device is kept out by hand alone."""
        standing = self.standing(address)
        if standing.action is None or (is_known and BY_HAND not in standing.sources):
            return FREE
        if standing.action == "block":
            return Verdict(Bar.BLOCK, ("listed",), retry_after=BLOCK_SECONDS)
        if standing.action == "challenge":
            return Verdict(Bar.PROOF, ("listed",), self.settings.work, is_doubted=True)
        return FREE

    async def judge(self, attempt: Attempt) -> Judged:
        """Return what *attempt* has to take."""
        listed = graver(self.listed(attempt.address, is_known=attempt.is_known), self._unlisted(attempt))
        if self.settings.mode == "off" or attempt.is_known or listed.bar is Bar.BLOCK:
            return Judged(listed)
        counts = await self.counters.of(attempt)
        self.watch.note(self.counters.tenant_id, is_attack=is_attack(counts, self.settings))
        counted = judge(counts, self.settings)
        if self.settings.mode == "shadow":
            return Judged(listed, counts, counted)
        return Judged(graver(listed, counted), counts)

    def _unlisted(self, attempt: Attempt) -> Verdict:
        """Return what is asked because a feed is missing that might know the address: as much as in an attack."""
        if attempt.is_known or not self.reputation.is_lacking(self.networks, attempt.address):
            return FREE
        return Verdict(Bar.PROOF, ("feed_missing",), self.settings.work * _HARDER, is_doubted=True)

    async def turn(self, attempt: Attempt, counts: Counts) -> int:
        """Take a turn for the account; return how many seconds to wait, 0 for not at all."""
        seconds = turn_seconds(counts, self.settings)
        following = turn_seconds(msgspec.structs.replace(counts, account=counts.account + 1), self.settings)
        return await self.counters.may_come(attempt.account, seconds, following) if seconds else 0

    async def has_begun(self, attempt: Attempt) -> bool:
        """Tell whether an attack shows itself now that the password of *attempt* has been compared.

        Tries count once they are answered, or a crowd that comes at once would be an attack. So those of an attack that
        come at once are judged before the first has failed: whoever's password is right is judged once more.
        """
        if self.settings.mode != "on" or attempt.is_known:
            return False
        return is_attack(await self.counters.of_now(), self.settings)

    async def refused(self, attempt: Attempt) -> None:
        """Count a try that was refused before its password was compared."""
        if self.settings.mode != "off" and not attempt.is_known:
            await self.counters.refused()

    async def failed(self, attempt: Attempt) -> None:
        """Count a wrong password."""
        if self.settings.mode != "off" and not attempt.is_known:
            await self.counters.failed(attempt)
            await self.note("wrong", attempt.network)

    async def note(self, kind: str, network: str = "") -> None:
        """Tally one of *kind* for whoever watches."""
        await self.tallies.note(self.counters, kind, network)

    async def passed(self, attempt: Attempt) -> None:
        """Count a right one."""
        if self.settings.mode != "off" and not attempt.is_known:
            await self.counters.passed(self.tallies.one(self.counters, "right"))

    @property
    def work(self) -> int:
        """Return the work that a page asks for before anything is typed: none, unless the bar is raised."""
        is_attacked = (
            self.settings.bar == "raised"
            or self.watch.is_attacked(self.counters.tenant_id)
            or self.reputation.is_lacking(self.networks)
        )
        return self.settings.work * _HARDER if self.settings.mode == "on" and is_attacked else 0
