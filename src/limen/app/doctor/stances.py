"""The rows of the table of guards: whether whom each asks answers now, and who has chosen which stance.

All are asked at the same time, for a few seconds at the most.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

from limen.app.doctor.asking import Looked, Looking
from limen.app.doctor.findings import Finding, Severity, wrong
from limen.app.doctor.parts import Parts
from limen.app.doctor.table import GUARDS, Chosen, Fixed, Guard, Operated
from limen.app.settings import Settings
from limen.identity.tenants.records import TenantSettings
from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings
from limen.kernel.clock import SystemClock

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Stance:
    """What holds where a guard cannot be asked.

    Attributes:
        value: of the row's setting; empty where nobody chooses.
        words: what it means.
        at: the tenants that have it; none where it is fixed, for all, or no tenant can be read: then it is a new one's.
        why: why it is fixed.
        is_for_all: whether the operator chose it, for all tenants.
    """

    value: str
    words: str
    at: tuple[str, ...] = ()
    why: str = ""
    is_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one guard.

    Attributes:
        guard: its name.
        asks: whom.
        answers: ``yes``, ``no``, or ``nobody`` where nobody is to be asked.
        setting: the setting that decides the stance; empty where it is fixed.
        stances: those in force; none where no tenant has it asked.
        findings: what is weak or wrong.
    """

    guard: str
    asks: str
    answers: str
    setting: str
    stances: tuple[Stance, ...]
    findings: tuple[Finding, ...]


async def stances(settings: Settings, parts: Parts) -> list[Row]:
    """Return a row for each guard."""
    allowed = settings.outgoing
    policy = AddressPolicy.of(allowed.networks, loopback=allowed.loopback)
    outgoing = LazyOutgoing(OutgoingSettings(policy), SystemClock(), lambda _purpose, _outcome: None)
    looking = Looking(settings, parts.tenants, parts.findings, outgoing)
    begun = [guard.look(looking) for guard in GUARDS]  # files are read before anybody's time runs
    try:
        looked = await asyncio.gather(*map(_within, begun, GUARDS))
    finally:
        await outgoing.aclose()
    return [_row(guard, one, looking) for guard, one in zip(GUARDS, looked, strict=True)]


async def _within(begun: Awaitable[Looked] | Looked, guard: Guard) -> Looked:
    if isinstance(begun, Looked):
        return begun
    try:
        async with asyncio.timeout(_SECONDS):
            return await begun
    except TimeoutError:
        return Looked([wrong(f"{guard.name}: no answer in time", f"see {guard.settings[0]}")])
    except Exception as error:  # noqa: BLE001 - one guard that cannot be looked at hides no other
        return Looked([wrong(f"{guard.name}: {type(error).__name__}", f"see {guard.settings[0]}")])


def _row(guard: Guard, looked: Looked, of: Looking) -> Row:
    is_wrong = any(finding.severity is Severity.WRONG for finding in looked.findings)
    answers = "no" if is_wrong else "yes" if looked.is_asked else "nobody"
    stance = guard.stance
    setting = "" if isinstance(stance, Fixed) else stance.setting
    return Row(guard.name, guard.asks, answers, setting, _held(stance, of), tuple(looked.findings))


def _held(stance: Chosen | Operated | Fixed, of: Looking) -> tuple[Stance, ...]:
    if isinstance(stance, Fixed):
        return (Stance("", stance.words, why=stance.why),)
    if isinstance(stance, Operated):
        value = _value(stance.setting, of.settings)
        return (Stance(value, stance.words[value], is_for_all=True),)
    if of.tenants is None:
        value = _value(stance.setting, TenantSettings())
        return (Stance(value, stance.words[value]),) if value in stance.words else ()
    at: dict[str, list[str]] = {}
    for tenant in of.tenants:
        if stance.counts(tenant.settings):
            at.setdefault(_value(stance.setting, tenant.settings), []).append(tenant.slug)
    return tuple(Stance(value, stance.words[value], tuple(at[value])) for value in sorted(at))


def _value(setting: str, settings: TenantSettings | Settings) -> str:
    section, _, name = setting.partition(".")
    return str(getattr(getattr(settings, section), name))
